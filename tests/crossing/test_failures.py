"""What one tenant suffers holds up no other: a Stripe that keeps it waiting or refuses it, a warehouse that is damaged.

Each tenant has a sandbox of its own, so that what goes wrong at one goes wrong there alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dagster_project import worker as module
from dagster_project.batch import Batches
from dagster_project.worker import Worker
from revops import bootstrap
from revops.domain.received import ReceivedEvent
from revops.settings import Settings
from revops.store import Store, open_store
from revops.store.inbox import Inbox
from revops.warehouse import Published
from sandbox.stripe import Running, running
from tests.cli.conftest import clean_environment
from tests.crossing.companies import ANCHOR, A, B, Tenant
from tests.crossing.conftest import PLATFORM_KEY, Installation
from tests.ingestion.landed import event
from tests.revops.store.test_inbox import states

pytestmark = pytest.mark.pipeline

SECONDS = 300.0


@pytest.fixture
def of_a(installation: Installation) -> Iterator[Running]:
    """A second sandbox, which A's requests go to."""
    with running(installation.folder / "companies", as_of=datetime.fromtimestamp(ANCHOR, UTC)) as one:
        yield one


@pytest.fixture(scope="module")
def batches() -> Batches:
    """Warm dbt and dlt, as one worker has them for all tenants."""
    return Batches()


def begin(installation: Installation, tenant: Tenant, sandbox: Running) -> subprocess.Popen[str]:
    """A run that reads from a sandbox, not waited for."""
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "leaks"), "run", "--tenant", tenant.tenant_id],
        cwd=installation.folder,
        env={**clean_environment(), **installation.environment, "STRIPE_API_BASE": sandbox.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_run_that_stripe_keeps_waiting_and_then_limits_holds_up_no_other(
    installation: Installation, of_a: Running
) -> None:
    gate = of_a.fail_next("*", "held")
    assert gate is not None
    of_a.fail_next("*", "429", times=1_000_000)
    suffering = begin(installation, A, of_a)
    assert gate.reached.wait(SECONDS)
    installation.leaks("run", "--tenant", B.tenant_id)
    assert suffering.poll() is None, "it waits all the time"
    gate.release()
    _, said = suffering.communicate(timeout=SECONDS)
    assert suffering.returncode == 1
    assert "tried 8 times" in said
    with Published.open(installation.home, tenant=A.tenant_id) as published:
        assert published.query("select 1 from leak_findings limit 1"), "what was published stays"


@pytest.fixture
def home(installation: Installation, tmp_path: Path) -> Path:
    """A copy of the installation, which a test may spoil."""
    return shutil.copytree(installation.home, tmp_path / "home")


@pytest.fixture
def settings(installation: Installation, home: Path) -> Settings:
    changes = {"leaks_home": home, "stripe_connect_api_key": PLATFORM_KEY}
    return Settings.model_validate({**installation.settings.model_dump(exclude_none=True), **changes})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(settings) as one:
        yield one


def limited(of_a: Running, _home: Path) -> None:
    of_a.fail_next("*", "429", times=1_000_000)


def damaged(_of_a: Running, home: Path) -> None:
    (home / A.tenant_id / "warehouse.duckdb").write_bytes(b"no database at all" * 1000)


def findings(home: Path, tenant: Tenant) -> list[str]:
    """The invoices that are alerts."""
    with Published.open(home, tenant=tenant.tenant_id) as published:
        sql = "select object_id from leak_findings where object_type = 'invoice' and confidence >= 0.5 order by 1"
        return [row["object_id"] for row in published.query(sql)]


def invoice(installation: Installation, tenant: Tenant, id: str) -> dict[str, Any]:
    found: dict[str, Any] = installation.sandbox.get("invoice", id, account=tenant.account_id)
    return found


def receive(store: Store, tenant: Tenant, *events: dict[str, Any]) -> None:
    """What the receiver does with verified webhooks."""
    now = datetime.now(UTC)
    told = [(one["id"], one["type"], one["data"]["object"]["id"], tenant.account_id) for one in events]
    Inbox(store).append(
        [
            ReceivedEvent(tenant.tenant_id, "live", "stripe", *what, now, now, json.dumps(one).encode())
            for what, one in zip(told, events, strict=True)
        ]
    )


@pytest.mark.parametrize("trouble", [limited, damaged])
def test_a_batch_that_fails_or_waits_holds_up_no_other(
    installation: Installation,
    of_a: Running,
    home: Path,
    settings: Settings,
    store: Store,
    batches: Batches,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[Running, Path], None],
) -> None:
    bases = {A.tenant_id: of_a.url, B.tenant_id: installation.sandbox.url}
    real = module.stripe_settings
    monkeypatch.setattr(
        module,
        "stripe_settings",
        lambda tenant, access: real(tenant, access).model_copy(update={"stripe_api_base": bases[tenant]}),
    )
    at = ANCHOR + 300
    before = findings(home, B)
    theirs, ours = invoice(installation, A, findings(home, A)[0]), invoice(installation, B, before[0])
    paid = {"status": "paid", "amount_remaining": 0, "amount_paid": ours["amount_due"]}
    # Two states of one second: which is the newer one, only Stripe can say.
    doubt = [event(n, at, "invoice.updated", {**theirs, "description": f"{n}"}) for n in (1, 2)]
    receive(store, A, *doubt)
    receive(store, B, event(3, at, "invoice.paid", {**ours, **paid}))
    trouble(of_a, home)
    stop, steps = threading.Event(), list[tuple[str, str]]()

    def step(tenant: str, name: str) -> None:
        steps.append((tenant, name))
        if (tenant, name) == (B.tenant_id, "marked"):
            stop.set()

    working = threading.Thread(
        target=Worker(settings, bootstrap.worker(store, settings), batches, step).run, args=(stop,)
    )
    working.start()
    assert stop.wait(SECONDS), steps
    working.join(SECONDS)
    assert (A.tenant_id, "claimed") in steps, "both were under way"
    assert (A.tenant_id, "opened") not in steps
    assert states(store, B.tenant_id) == {"evt_3": "done"}
    assert findings(home, B) == before[1:]
    assert set(states(store, A.tenant_id).values()) == {"received"}, "A's events wait for better times"
    if trouble is damaged:
        return
    of_a.faults.clear()
    Worker(settings, bootstrap.worker(store, settings), batches).drain()
    assert set(states(store, A.tenant_id).values()) == {"done"}
