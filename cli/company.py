"""The demo's steps: company, sandbox, pipeline, pages."""

import os
import re
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.demo_deciding import (
    WEB_PERSON,
    add_people,
    make_tokens,
    start_linear,
    start_mail,
    start_slack,
    write_policy,
)
from cli.moments import iso
from cli.processes import ChildFailedError, Children, answers, free_port
from cli.progress import Bars
from revops.settings import TENANT

_MARK = "this-is-a-demo"
_LOGS = "product"
# As many as let the first leak be on the screen within a minute.
_CUSTOMERS = 160
_SEED = 20
_OURS = ("LEAKS_", "STRIPE_", "SLACK_", "SMTP_", "LINEAR_", "DATABASE_URL", "PROFILE", "DAGSTER_HOME")
_START_SECONDS = 120.0
_PAGES = Path(__file__).resolve().parents[1] / "streamlit_app" / "app.py"


def run_demo(home: Path, *, is_serving: bool) -> None:
    """Do it all; returns when the result is printed (or, serving, at Ctrl-C or SIGTERM).

    Raises ChildFailedError and whatever the pipeline raises.
    """
    _empty(home)
    now = datetime.now(UTC).replace(microsecond=0)
    with _ending_on_signals(), Children(home / "logs") as children, Bars() as bars:
        # Built here, so that nothing that looks like a key is ever stored.
        key = f"sk_live_{secrets.token_hex(12)}"
        webhook_secret = f"whsec_{secrets.token_hex(16)}"
        bars.step("company", 0, 1)
        receiver = free_port(8000) if is_serving else None
        base = _start_sandbox(children, home, now, key, webhook_secret, receiver)
        bars.step("company", 1, 1)
        # The demo's folder has no .env: what the person has set up for a real account stays out of it.
        os.chdir(home)
        for name in [name for name in os.environ if name.startswith(_OURS)]:
            del os.environ[name]
        os.environ.update(_settings(home, key, base, webhook_secret))
        write_policy(home / _LOGS / "policy.yml", home / "policy.yml")
        stand_ins = _start_stand_ins(children, home, receiver) if receiver is not None else {}
        add_people()
        if receiver is not None:
            _leaks(children, "receiver", home, "serve", "--port", str(receiver))
        _run_pipeline(home, bars)
        if receiver is not None:
            _serve(children, home, stand_ins)


def _leaks(children: Children, name: str, home: Path, *arguments: str) -> Path:
    return children.start(name, [sys.executable, "-m", "cli.app", *arguments], cwd=home, env=_environment())


def _settings(home: Path, key: str, base: str, webhook_secret: str) -> dict[str, str]:
    logs = home / _LOGS
    return {
        "LEAKS_HOME": str(home),
        "LEAKS_POLICY": str(home / "policy.yml"),
        "LEAKS_WEB_PERSON": WEB_PERSON,
        "LEAKS_PRODUCT_USAGE": f"{logs / 'login.jsonl'},{logs / 'usage.jsonl'}",
        "STRIPE_API_KEY": key,
        # In earnest this is another key, one that may write; the stand-in takes one for everything.
        "STRIPE_ACTIONS_API_KEY": key,
        "STRIPE_API_BASE": base,
        "STRIPE_WEBHOOK_SECRET": webhook_secret,
    }


def _empty(home: Path) -> None:
    if home.exists():
        if any(home.iterdir()) and not (home / _MARK).exists():
            raise typer.BadParameter(f"{home} is not empty and no demo made it; choose another --home.")
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / _MARK).touch()


def _start_sandbox(
    children: Children, home: Path, now: datetime, key: str, webhook_secret: str, receiver: int | None
) -> str:
    command = [
        *(sys.executable, "-m", "cli.sandbox", "serve", "--customers", str(_CUSTOMERS), "--seed", str(_SEED)),
        *("--as-of", iso(now), "--key", key, "--ledger", str(home / "ledger.jsonl"), "--logs", str(home / _LOGS)),
    ]
    if receiver is not None:
        command += ["--webhook-url", f"http://127.0.0.1:{receiver}/webhooks/stripe/{TENANT}"]
        command += ["--webhook-secret", webhook_secret]
    # The sandbox notes its address in the demo's folder, where `leaks sandbox advance` finds it.
    environment = {**_environment(), "LEAKS_HOME": str(home)}
    log = children.start("sandbox", command, cwd=home, env=environment)
    found: list[str] = []

    def has_address() -> bool:
        found.extend(re.findall(r"http://127\.0\.0\.1:\d+", log.read_text(errors="replace")))
        return bool(found)

    _wait(children, "the sandbox", has_address)
    return found[0]


def _start_stand_ins(children: Children, home: Path, receiver: int) -> dict[str, str]:
    """Slack, a mail server and Linear, which we talk to from then on; the addresses of their pages by name."""
    tokens = make_tokens()
    environment = {**_environment(), "LEAKS_HOME": str(home)}

    def wait(is_ready: Callable[[], bool]) -> None:
        _wait(children, "a stand-in of the sandbox", is_ready)

    slack = start_slack(children, home, tokens, receiver, environment, wait)
    inbox, mail = start_mail(children, home, environment, wait)
    issues, linear = start_linear(children, home, environment, wait)
    os.environ.update(
        SLACK_API_BASE=f"{slack}/api/", SLACK_BOT_TOKEN=tokens.bot_token, SLACK_SIGNING_SECRET=tokens.signing_secret
    )
    os.environ.update(mail | linear)
    return {"Slack": slack, "Inbox": inbox, "Linear": issues}


def _run_pipeline(home: Path, bars: Bars) -> None:
    from cli.result import as_text, read_result
    from dagster_project.run import run_pipeline

    outcome = run_pipeline(as_of=None, since=None, full=False, progress=bars)
    bars.close()
    for line in outcome.failed_checks:
        typer.echo(line, err=True)
    typer.echo(as_text(read_result(home, None, is_new=outcome.is_published)))


def _serve(children: Children, home: Path, stand_ins: Mapping[str, str]) -> None:
    page_port, dagster_port = free_port(8501), free_port(3000)
    os.environ["LEAKS_DASHBOARD_URL"] = f"http://127.0.0.1:{page_port}"
    environment = _environment()
    pages = [
        *(sys.executable, "-m", "streamlit", "run", str(_PAGES), "--server.address", "127.0.0.1"),
        *("--server.port", str(page_port), "--server.headless", "true"),
        *("--browser.gatherUsageStats", "false"),
    ]
    orchestration = [
        *(sys.executable, "-m", "dagster", "dev", "-m", "dagster_project.definitions"),
        *("-h", "127.0.0.1", "-p", str(dagster_port)),
    ]
    _leaks(children, "worker", home, "worker")
    children.start("dashboard", pages, cwd=home, env=environment)
    children.start("dagster", orchestration, cwd=home, env=environment)
    _wait(children, "the dashboard", lambda: answers(page_port))
    typer.echo(f"\nDashboard  http://127.0.0.1:{page_port}")
    _wait(children, "Dagster", lambda: answers(dagster_port))
    typer.echo(f"Dagster    http://127.0.0.1:{dagster_port}")
    for name, address in stand_ins.items():
        typer.echo(f"{name:<10} {address}")
    typer.echo("Ctrl-C ends all of it.")
    typer.echo(
        "\nDecide on proposals in Slack or on the dashboard: a retry is carried out at the stand-in for Stripe, and a\n"
        "letter comes to the inbox; its links lead to pages where the customer pays or takes another card.\n"
        f"Let a payment fail and reload the dashboard some seconds later:\n"
        f"  LEAKS_HOME={home} leaks sandbox fail-payment {_good_customer(home)}\n"
        f"Its time moves on request:\n"
        f"  LEAKS_HOME={home} leaks sandbox advance 3d"
    )
    sys.stdout.flush()
    waiting = threading.Event()
    while not waiting.wait(1.0):
        children.check()


def _good_customer(home: Path) -> str:
    """Somebody who pays and of whom nothing leaks."""
    from revops.warehouse import Published

    with Published.open(home) as published:
        rows = published.query(
            "select min(customer_id) as customer_id from subscriptions where status = 'active' "
            "and net_monthly_minor > 0 and customer_id not in (select customer_id from leak_findings)"
        )
    return str(rows[0]["customer_id"])


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "1"}


def _wait(children: Children, what: str, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    pause = threading.Event()
    while not is_ready():
        children.check()
        if time.monotonic() > deadline:
            raise ChildFailedError(f"{what} did not start within {_START_SECONDS:.0f} seconds.")
        pause.wait(0.1)


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """SIGTERM and Ctrl-C leave the block in order, so that children end; that is a good end, code 0."""

    def leave(_number: int, _frame: object) -> None:
        raise typer.Exit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
