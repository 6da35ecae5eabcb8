"""The commands and Dagster around a comparison with Stripe, and around webhook endpoints that deliver nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import dagster as dg
import pytest

from revops.warehouse import Published
from sandbox.stripe import Running, running
from tests.cli.conftest import start
from tests.contracts.fixtures import COMPANY_NOW
from tests.ingestion.landed import KEY, UNLIMITED
from tests.sandbox.clients import client_for

pytestmark = [
    pytest.mark.pipeline,
    # Dagster reads pydantic's old names.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
]
URL = "http://127.0.0.1:9/webhooks/stripe/default"
RENAMED = "Renamed in silence"


@dataclass(frozen=True)
class Story:
    """What was said by each command, in this order, and the home they left."""

    home: Path
    customer: str
    payments: list[str]
    run: CompletedProcess[str]
    looked: CompletedProcess[str]
    untouched: list[dict[str, Any]]
    mended: CompletedProcess[str]

    def published(self, sql: str) -> list[dict[str, Any]]:
        with Published.open(self.home) as present:
            return present.query(sql)


def _drift_away(sandbox: Running) -> tuple[str, list[str]]:
    """A customer is renamed and twelve payments begin, of which no event tells."""
    store = sandbox.stand_in.account().store
    *_, customer = (one for one in store.all("customer") if one["livemode"])
    sandbox.upsert({**customer, "name": RENAMED})
    payment = next(one for one in store.all("invoice_payment") if one["livemode"])
    payments = [f"inpay_unheard{n:02d}" for n in range(12)]
    for id in payments:
        sandbox.upsert({**payment, "id": id, "created": sandbox.clock.now() - 3600})
    return customer["id"], payments


@pytest.fixture(scope="module")
def story(company_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A first run, then drift that is looked at, then mended."""
    place = tmp_path_factory.mktemp("backstops")
    with running(company_folder, as_of=COMPANY_NOW, is_frozen=True) as sandbox:
        settings = {
            "LEAKS_HOME": str(place / "home"),
            "STRIPE_API_KEY": KEY,
            "STRIPE_API_BASE": sandbox.url,
            **{name.upper(): str(limit) for name, limit in UNLIMITED.items()},
        }
        endpoints = client_for(sandbox, KEY).v1.webhook_endpoints
        made = endpoints.create({"url": URL, "enabled_events": ["*"]})
        endpoints.update(made.id, {"disabled": True})
        run = start(place, "run", **settings)
        sandbox.clock.advance(timedelta(days=1).total_seconds())
        customer, payments = _drift_away(sandbox)
        looked = start(place, "reconcile", "--no-repair", **settings)
        with Published.open(place / "home") as present:
            untouched = present.query("select * from drift")
        sandbox.clock.advance(60)
        mended = start(place, "reconcile", "--all", "--format", "json", **settings)
    yield Story(place / "home", customer, payments, run, looked, untouched, mended)


def test_without_repair_drift_is_told_with_exit_code_0_and_nothing_is_published(story: Story) -> None:
    assert story.looked.returncode == 0, story.looked.stderr
    said = story.looked.stdout
    assert "Compared with Stripe at 2026-10-02T12:00:00Z: changed since 2026-09-29T12:00:00Z." in said
    (row,) = [line.split() for line in said.splitlines() if line.startswith("invoice_payment  ")]
    assert row[3:] == ["12", "12", "0", "0"]
    assert int(row[2]) - int(row[1]) == 12
    assert f"invoice_payment, missing here: {', '.join(story.payments[:10])} and 2 more" in said
    assert story.customer not in said, "it was made long ago, and no event names it"
    assert said.rstrip().endswith("Nothing was changed; `leaks reconcile` without --no-repair mends it.")
    assert story.untouched == []


def test_every_object_is_compared_and_what_differed_is_published(story: Story) -> None:
    assert story.mended.returncode == 0, story.mended.stderr
    report = json.loads(story.mended.stdout)
    assert (report["since"], report["is_repaired"]) == (None, True)
    of = {one["resource"]: one for one in report["objects"]}
    assert of["customer"]["different"] == {"count": 1, "ids": [story.customer], "more": 0}
    assert of["invoice_payment"]["missing"] == {"count": 12, "ids": story.payments[:10], "more": 2}
    assert of["invoice_payment"]["stripe"] - of["invoice_payment"]["ours"] == of["invoice_payment"]["difference"] == 12
    named = story.published(f"select name from customers where customer_id = '{story.customer}'")
    assert named == [{"name": RENAMED}]


def test_reports_are_published_and_each_object_of_the_last(story: Story) -> None:
    rows = story.published("select * from drift where resource = 'invoice_payment' order by reconciled_at")
    assert [(row["is_repaired"], row["missing_count"], row["difference_count"]) for row in rows] == [
        (False, 12, 12),
        (True, 12, 12),
    ]
    ids = story.published("select object_id from drift_objects where verdict = 'missing' order by 1")
    assert [row["object_id"] for row in ids] == story.payments


def test_dagster_shows_both_sides(story: Story) -> None:
    with dg.DagsterInstance.from_config(str(story.home / "dagster")) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["stripe", "drift"]))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert metadata["difference"].value == json.loads(story.mended.stdout)["difference"]
    assert metadata["compared"].value == "every object"
    assert "| invoice_payment | " in str(metadata["drift"].value)


def test_a_disabled_endpoint_fails_no_run_and_is_seen(story: Story) -> None:
    assert story.run.returncode == 0, story.run.stderr
    (row,) = story.published("select url, state from webhook_endpoints")
    assert row == {"url": URL, "state": "disabled"}
    key = dg.AssetCheckKey(dg.AssetKey(["stripe", "webhook_endpoints"]), "webhooks_arrive")
    with dg.DagsterInstance.from_config(str(story.home / "dagster")) as instance:
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    (evaluation,) = [one.event.dagster_event.event_specific_data for one in records if one.event is not None]
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert f"{URL} is disabled" in evaluation.description


def test_what_cannot_be_compared_says_what_to_do(tmp_path: Path, story: Story) -> None:
    with running(as_of=COMPANY_NOW) as sandbox:
        account = {"STRIPE_API_KEY": KEY, "STRIPE_API_BASE": sandbox.url}
        new = start(tmp_path, "reconcile", LEAKS_HOME=str(tmp_path / "home"), **account)
    export = start(tmp_path, "reconcile", LEAKS_HOME=str(story.home), STRIPE_EXPORT=str(tmp_path))
    for done, code, said in ((new, 1, "run `leaks run` once"), (export, 2, "an export cannot be asked")):
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr
