"""`leaks sandbox`: a made-up company and stand-ins for other people's systems, on this machine."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.sandbox_address import ask, forget, note
from cli.sandbox_linear import linear
from cli.sandbox_mail import mail
from cli.sandbox_slack import slack

if TYPE_CHECKING:
    from sandbox.simulator import Plan

app = typer.Typer(
    help="A made-up company and stand-ins for Stripe, Slack, a mail server and Linear, on this machine.",
    no_args_is_help=True,
)
app.command()(slack)
app.command()(mail)
app.command()(linear)

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_CUSTOMERS = 200
Customers = Annotated[int, typer.Option(min=1, help="How many customers the made-up company has.")]
Seed = Annotated[int, typer.Option(help="The same seed and time make the same company.")]
Identity = Annotated[
    str, typer.Option(help="How the product's logs name customers: stripe, metadata, email or domain.")
]
Url = Annotated[str | None, typer.Option(help="The sandbox's address; by default that of the one started last.")]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no time; write 2026-10-01 or 2026-10-01T00:00:00Z") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _key(text: str) -> tuple[str, list[str]]:
    key, _, permissions = text.partition("=")
    names = [name.strip() for name in permissions.split(",") if name.strip()]
    if names and not key.startswith("rk_"):
        raise typer.BadParameter(f"{key[:8]}... takes no permissions: only restricted keys (rk_...) do")
    return key, names


def _plan(customers: int, seed: int, moment: datetime, identity: str) -> Plan:
    from sandbox.simulator import IDENTITIES, Plan

    if identity not in IDENTITIES:
        raise typer.BadParameter(f"{identity} is none of {', '.join(IDENTITIES)}", param_hint="--identity")
    return Plan(seed, customers, int(moment.timestamp()), IDENTITIES[identity])


def _duration(text: str) -> int:
    parts = re.fullmatch(r"(\d+)([smhdw])", text.strip())
    if parts is None:
        raise typer.BadParameter(f"{text} is no length of time; write 90m, 6h, 3d or 2w")
    return int(parts[1]) * _SECONDS[parts[2]]


@app.command()
def serve(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of JSON-lines of Stripe objects (customer.jsonl[.gz|.zst], ...)."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    as_of: Annotated[str | None, typer.Option(help="The sandbox's clock starts at this time (UTC).")] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A key that exists: sk_live_x, or rk_live_x=invoice_read,customer_read. Repeatable."),
    ] = None,
    ledger: Annotated[Path | None, typer.Option(help="File that records the money moved.")] = None,
    customers: Customers = _CUSTOMERS,
    seed: Seed = 1,
    identity: Identity = "stripe",
    logs: Annotated[
        Path | None, typer.Option(help="Folder for the company's logins, usage, policy and labels, kept up to date.")
    ] = None,
    webhook_url: Annotated[
        str | None, typer.Option(help="Where events are sent, e.g. http://127.0.0.1:8000/webhooks/stripe.")
    ] = None,
    webhook_secret: Annotated[
        str | None, typer.Option(help="Signs them: whsec_...; without it one is made and shown.")
    ] = None,
    webhook_any_host: Annotated[
        bool, typer.Option("--webhook-any-host", help="Allow a URL on another machine.")
    ] = False,
    webhook_faults: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of deliveries that come late, twice, out of order, never or unsigned."),
    ] = 0.0,
) -> None:
    """Serve a Stripe account over HTTP until Ctrl-C: a folder, or without --data a company that lives on."""
    from sandbox.simulator import Living
    from sandbox.stripe import serve as serve_stripe
    from sandbox.stripe.folder import DataFolderError
    from sandbox.stripe.webhooks import WebhookAddressError

    moment = _moment(as_of) if as_of else None
    start = partial(
        serve_stripe,
        keys=dict(map(_key, key)) if key else None,
        ledger_path=ledger,
        on_ready=note,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        is_any_webhook_host_allowed=webhook_any_host,
        webhook_faults=webhook_faults,
        seed=seed,
    )
    try:
        if data is not None:
            start(data, port, moment)
            return
        now = moment or datetime.now(UTC).replace(microsecond=0)
        plan = _plan(customers, seed, now, identity)
        start(None, port, now, company=lambda stand_in: Living(plan, stand_in.account(), logs))
    except (DataFolderError, WebhookAddressError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        typer.echo(f"cannot listen on port {port}: {error.strerror}. Choose another with --port.", err=True)
        raise typer.Exit(1) from error
    finally:
        forget()


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it is missing; a company in it is replaced.")],
    customers: Customers = _CUSTOMERS,
    seed: Seed = 1,
    as_of: Annotated[
        str | None, typer.Option(help="The end of its 18 months of history (UTC); now by default.")
    ] = None,
    identity: Identity = "stripe",
) -> None:
    """Write a made-up company as JSON-lines: Stripe's objects, events, logins and usage, policy, and labels.

    labels.jsonl says which leaks were put into it and what only looks like one.
    """
    from sandbox.simulator import write as write_company

    moment = _moment(as_of) if as_of else datetime.now(UTC)
    try:
        write_company(folder, _plan(customers, seed, moment, identity))
    except OSError as error:
        typer.echo(f"cannot write {folder}: {error.strerror}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{customers} customers as of {moment:%Y-%m-%d %H:%M} UTC in {folder}")


@app.command()
def advance(
    length: Annotated[str, typer.Argument(metavar="TIME", help="How far: 90m, 6h, 3d, 2w.")],
    url: Url = None,
) -> None:
    """Move the running sandbox's time forward; what its customers do meanwhile happens, with its events."""
    answer = ask(url, "advance", {"seconds": _duration(length)})
    now = datetime.fromtimestamp(answer["now"], UTC)
    typer.echo(f"It is {now:%Y-%m-%d %H:%M} UTC in the sandbox; {answer['events']} events happened.")


@app.command("fail-payment")
def fail_payment(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its id, cus_...")],
    url: Url = None,
) -> None:
    """Let a customer's next charge in the running sandbox fail now: its open invoice, or the next one early."""
    invoice = ask(url, "fail-payment", {"customer": customer})["invoice"]
    typer.echo(
        f"{invoice['id']} was declined: {invoice['amount_remaining']} {invoice['currency']} (minor units) remain."
    )


if __name__ == "__main__":
    app()
