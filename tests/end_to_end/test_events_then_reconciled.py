"""A whole account told by webhooks alone, then reconciled: what no event tells is named, and nothing else; then all is
as a backfill has it.

The home's first run is of the account as it was before its first event, which is empty: a company that is connected on
its first day. From then on events bring everything, and a run's sweep would find only the last thirty days of them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingestion.profile import Profile
from ingestion.stripe.drift import DriftReport
from ingestion.stripe.reconcile.flow import reconcile
from ingestion.stripe.reconcile.scope import EVERY_OBJECT
from ingestion.stripe.resources import EVENT, RESOURCES, TABLES
from revops.warehouse import Published
from sandbox.stripe import running
from tests.cli.conftest import start
from tests.cli.test_serve import started
from tests.ingestion.landed import KEY, NEWEST, from_api, land, newest, rows
from tests.revops.http.deliveries import PATH, sign

pytestmark = pytest.mark.pipeline

# An hour after the account's last event: nothing is on its way any more.
NOW = datetime(2026, 10, 1, 1, tzinfo=UTC)
Verdicts = dict[str, dict[str, set[str]]]


@dataclass(frozen=True)
class Told:
    """What was before, what the report said, and what is after; `differing` is computed from the files."""

    differing: Verdicts
    reported: Verdicts
    counts: list[dict[str, Any]]
    again: DriftReport
    after: Profile
    backfilled: Profile


def _lines(folder: Path, name: str) -> list[bytes]:
    with gzip.open(folder / f"{name}.jsonl.gz") as lines:
        return [line.strip() for line in lines if line.strip()]


def _settings(url: str) -> dict[str, str]:
    return {
        "LEAKS_HOME": "home",
        "STRIPE_API_KEY": KEY,
        "STRIPE_API_BASE": url,
        "STRIPE_REQUESTS_PER_SECOND": "1000000",
        "STRIPE_REQUESTS_PER_SECOND_PER_ENDPOINT": "1000000",
    }


def _leaks(place: Path, url: str, *arguments: str) -> str:
    done = start(place, *arguments, **_settings(url))
    assert done.returncode == 0, done.stderr
    assert "batch_failed" not in done.stderr, done.stderr
    return done.stdout


def _deliver(place: Path, events: list[bytes]) -> None:
    """In their own order, signed, to `leaks serve`."""
    with started(place) as (_, url), closing(httpx.Client(base_url=url, trust_env=False, timeout=30)) as client:
        for body in events:
            answer = client.post(PATH, content=body, headers={"Stripe-Signature": sign(body)})
            assert answer.status_code == 200, answer.text


def _differing(folder: Path, profile: Profile) -> Verdicts:
    """Per type, ids that the files have and we have not, that differ, and that we have and the files have not."""
    found: Verdicts = {}
    for resource in RESOURCES:
        if not (folder / f"{resource.name}.jsonl.gz").exists():
            continue
        theirs = {one["id"]: one for one in map(json.loads, _lines(folder, resource.name))}
        theirs = {id: one for id, one in theirs.items() if one.get("livemode") is not False and not one.get("deleted")}
        ours = {id: one for id, one in newest(profile, resource.name).items() if not one.get("deleted")}
        verdicts = {
            "missing": {*theirs} - {*ours},
            "different": {id for id in {*theirs} & {*ours} if theirs[id] != ours[id]},
            "gone": {*ours} - {*theirs},
        }
        if any(verdicts.values()):
            found[resource.name] = verdicts
    return found


def _reported(place: Path) -> Verdicts:
    found: Verdicts = {}
    with Published.open(place / "home") as published:
        for row in published.query("select resource, object_id, verdict from drift_objects"):
            verdicts = found.setdefault(row["resource"], {"missing": set(), "different": set(), "gone": set()})
            verdicts[row["verdict"]].add(row["object_id"])
    return found


@pytest.fixture(scope="module")
def told(acme_200: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The account's events through receiver and worker, then `leaks reconcile --all`; and a backfill beside it."""
    place = tmp_path_factory.mktemp("told")
    profile, backfilled = Profile(place / "home"), Profile(place / "backfilled")
    events = _lines(acme_200, "event")
    first = min(json.loads(body)["created"] for body in events)
    with running(as_of=datetime.fromtimestamp(first, UTC) - timedelta(hours=1), is_frozen=True) as empty:
        _leaks(place, empty.url, "run")
    with running(acme_200, as_of=NOW, is_frozen=True) as sandbox:
        _deliver(place, events)
        _leaks(place, sandbox.url, "worker", "--once")
        differing = _differing(acme_200, profile)
        report = json.loads(_leaks(place, sandbox.url, "reconcile", "--all", "--format", "json"))
        reported = _reported(place)
        again = reconcile(profile, from_api(sandbox.url), EVERY_OBJECT, is_repairing=False)
        land(backfilled, from_api(sandbox.url))
    yield Told(differing, reported, report["objects"], again, profile, backfilled)


def test_the_report_named_exactly_what_differed(told: Told) -> None:
    assert told.reported == told.differing
    assert told.reported["balance_transaction"]["missing"], "a type without events drifts"


def test_the_report_counts_both_sides_of_every_type(told: Told) -> None:
    assert {one["resource"] for one in told.counts} == set(TABLES)
    for one in told.counts:
        missing, gone = one["missing"]["count"], one["gone"]["count"]
        assert one["stripe"] - one["ours"] == missing - gone, one["resource"]
        assert one["difference"] == missing + gone + one["different"]["count"], one["resource"]
        assert one["unread_reason"] is None


def test_no_event_within_stripes_memory_was_missed(told: Told) -> None:
    (events,) = [one for one in told.counts if one["resource"] == EVENT.name]
    assert events["difference"] == 0
    assert events["stripe"] > 100


@pytest.mark.parametrize("table", [table for table in TABLES if table != EVENT.name])
def test_the_current_state_of_every_object_is_the_backfills(told: Told, table: str) -> None:
    """By payload hash; of a deleted object a backfill learns only that it is deleted."""
    sql = f"""
        select id, if(payload ->> '$.deleted' = 'true', 'deleted', payload_hash) as state
        from stripe.{table} qualify {NEWEST} order by id
    """
    assert rows(told.after, sql) == rows(told.backfilled, sql)


def test_every_event_that_a_backfill_reads_is_there(told: Told) -> None:
    assert set(newest(told.backfilled, EVENT.name)) <= set(newest(told.after, EVENT.name))


def test_a_second_look_finds_nothing(told: Told) -> None:
    assert [one for one in told.again.drifts if one.difference] == []
