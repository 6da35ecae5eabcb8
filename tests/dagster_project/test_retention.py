"""Pruning keeps to its days for every tenant, and the worker's daily turn survives a failure."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import duckdb
import pytest

from dagster_project.retention import Daily, prune
from ingestion.errors import WarehouseBusyError
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from revops.domain.received import ReceivedEvent
from revops.settings import Settings, SettingsError, load_settings
from revops.store import Store
from revops.store.bodies import Bodies
from revops.store.inbox import Inbox
from revops.store.tenants import Tenants
from tests.ingestion.landed import rows
from tests.revops.store.filled import AT


def receive(store: Store, tenant: str, days_ago: int) -> None:
    at = AT - timedelta(days=days_ago)
    row = ReceivedEvent(tenant, "live", "stripe", f"evt_{days_ago}", "x", None, None, at, at, b"{}")
    Inbox(store).append([row])
    Inbox(store).mark_done(tenant, [one.sequence for one in Inbox(store).claim(tenant, 10)], at)


def refuse(profile: Profile, at: datetime) -> None:
    """One row was refused."""
    profile.tenant_dir.mkdir(parents=True)
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.execute(
            "create schema stripe; create table stripe.quarantine (raw_text text, quarantined_at timestamp)"
        )
        connection.execute("insert into stripe.quarantine values ('{', ?)", [at.replace(tzinfo=None)])


def texts(profile: Profile) -> int:
    """How many refused rows still say what they said."""
    return int(rows(profile, "select count(*) as n from stripe.quarantine where raw_text <> ''")[0]["n"])


def test_bodies_of_all_tenants_go_after_the_days_that_are_set(
    sqlite_settings: Settings, open_new: Callable[[Settings], Store]
) -> None:
    store = open_new(sqlite_settings)
    Tenants(store).add("gone", None, actor="ada", at=AT)
    for tenant in ("default", "gone"):
        for days in (399, 400, 401):
            receive(store, tenant, days)
    Tenants(store).remove("gone", actor="ada", at=AT)
    done = prune(sqlite_settings, store, AT)
    assert (done.bodies, done.texts, done.before) == (2, 0, AT - timedelta(days=400))
    assert [len(Bodies(store).read(tenant, 0, 10)) for tenant in ("default", "gone")] == [2, 2]


def test_a_warehouse_in_use_holds_up_no_other_tenants_and_is_named(
    sqlite_settings: Settings, open_new: Callable[[Settings], Store]
) -> None:
    store = open_new(sqlite_settings)
    profiles = [Profile(sqlite_settings.leaks_home, tenant_id=tenant) for tenant in ("acme", "default")]
    for profile in profiles:
        if profile.tenant_id != "default":
            Tenants(store).add(profile.tenant_id, None, actor="ada", at=AT)
        receive(store, profile.tenant_id, 401)
        refuse(profile, AT - timedelta(days=401))
    with (
        writer_lock(profiles[0]),
        pytest.raises(WarehouseBusyError, match=r"Refused rows of acme keep their texts.*All else"),
    ):
        prune(sqlite_settings, store, AT, lock_seconds=0)
    assert [texts(profile) for profile in profiles] == [1, 0]
    assert [len(Bodies(store).read(profile.tenant_id, 0, 10)) for profile in profiles] == [0, 0]


def test_keeping_for_ever_is_refused() -> None:
    with pytest.raises(SettingsError, match="LEAKS_KEEP_BODIES_DAYS"):
        load_settings(_env_file=None, leaks_keep_bodies_days=0)


def test_a_daily_turn_comes_at_once_and_then_once_a_day_also_after_a_failure() -> None:
    done: list[int] = []

    def work() -> None:
        done.append(1)
        raise RuntimeError("the disk is away")

    now = [0.0]
    daily = Daily(work, clock=lambda: now[0])
    for hours in (0, 12, 23, 25, 26):
        now[0] = hours * 3_600.0
        with ThreadPoolExecutor(1) as pool:
            daily.start_if_due(pool)
    assert len(done) == 2
