"""Erasing a customer on both engines of the store: who waits, what is left, and who keeps an address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from dagster_project import erase as erasing
from dagster_project.erase import Outcome, erase_customer
from dagster_project.erasures import bring_erasures, strip_bodies
from ingestion.erasure.pseudonyms import is_erased
from ingestion.errors import UnknownCustomerError, WarehouseBusyError
from ingestion.lock import writer_lock
from ingestion.operations.erasures import read_erased
from ingestion.profile import Profile
from revops.domain.received import ReceivedEvent
from revops.settings import Settings
from revops.store import Store, open_store
from revops.store.anchors import verify_kept
from revops.store.backup import backup, restore
from revops.store.bodies import Bodies
from revops.store.decisions import Decisions
from revops.store.erasures import Erasures
from revops.store.inbox import Inbox
from revops.store.restored_anchors import note_restored
from revops.store.security_log import SecurityLog
from revops.store.signing_keys import load_signer
from revops.store.tenants import Tenants
from tests.ingestion.landed import customer, event, from_export, invoice, land, newest, write_lines
from tests.revops.store.deciding import decide
from tests.revops.store.filled import AT

JANE = "jane@roe.example"
JOHN = "john@doe.example"
WHO = {"email": JANE, "name": "Jane Roe", "phone": "+1 555 0100"}
Made = Callable[[Settings], Profile]


@pytest.fixture
def home(tmp_path: Path) -> Made:
    """Lands two customers of the tenant `default` and delivers two events, of which one is finished."""

    def make(settings: Settings) -> Profile:
        write_lines(tmp_path / "export" / "customer.jsonl", [customer(1, **WHO), customer(2, email=JOHN)])
        write_lines(tmp_path / "export" / "invoice.jsonl", [invoice(1, customer_email=JANE)])
        profile = Profile(settings.leaks_home)
        land(profile, from_export(tmp_path / "export"))
        with open_store(settings, upgrade=True) as store:
            receive(store, 1, 2)
            Inbox(store).mark_done("default", [Inbox(store).claim("default", 1)[0].sequence], AT)
        return profile

    return make


def receive(store: Store, *numbers: int, tenant: str = "default") -> None:
    told = [event(number, 1_800_000_000, "customer.updated", customer(1, **WHO)) for number in numbers]
    fields: dict[str, Any] = {"integration_mode": "live", "source": "stripe", "account_id": None}
    fields |= {"object_id": "cus_1", "event_created_at": AT, "received_at": AT}
    Inbox(store).append(
        [
            ReceivedEvent(
                tenant_id=tenant, event_id=one["id"], event_type=one["type"], body=orjson.dumps(one), **fields
            )
            for one in told
        ]
    )


def run(settings: Settings, customer_id: str = "cus_1") -> Outcome:
    return erase_customer(settings, "default", customer_id, actor="ada", at=AT)


def bodies(settings: Settings, tenant: str = "default") -> list[bytes]:
    with open_store(settings) as store:
        return [body for body, _ in Bodies(store).read(tenant, 0, 100).values()]


def test_the_person_goes_from_warehouse_and_inbox_and_the_log_says_so(store_settings: Settings, home: Made) -> None:
    profile = home(store_settings)
    done = run(store_settings)
    assert (done.left, done.also, done.bodies) == ((), (), 2)
    assert newest(profile, "customer")["cus_1"]["name"] == "[erased]"
    assert newest(profile, "customer")["cus_2"]["email"] == JOHN
    (left,) = bodies(store_settings)
    assert b"roe.example" not in left
    assert orjson.loads(left)["data"]["object"]["id"] == "cus_1"
    with open_store(store_settings) as store:
        (line,) = SecurityLog(store).search("default", event="erased")
        assert (line.actor, line.detail) == ("ada", {"customer_id": "cus_1"})
        assert JANE not in repr(Erasures(store).read("default"))


def test_doing_it_again_changes_nothing_more(store_settings: Settings, home: Made) -> None:
    home(store_settings)
    first = run(store_settings)
    again = run(store_settings)
    assert first.rows > 0
    assert (again.rows, again.bodies, again.left) == (0, 0, ())


def test_another_tenants_same_address_stays_and_is_no_finding(store_settings: Settings, home: Made) -> None:
    home(store_settings)
    with open_store(store_settings) as store:
        Tenants(store).add("rival", None, actor="ada", at=AT)
        receive(store, 9, tenant="rival")
    (store_settings.leaks_home / "rival").mkdir()
    (store_settings.leaks_home / "rival" / "notes.txt").write_text(JANE)
    assert run(store_settings).left == ()
    assert JANE.encode() in bodies(store_settings, "rival")[0]
    assert (store_settings.leaks_home / "rival" / "notes.txt").read_text() == JANE


def test_a_file_that_cannot_be_rewritten_is_named(sqlite_settings: Settings, home: Made) -> None:
    profile = home(sqlite_settings)
    stray = profile.tenant_dir / "notes.bin"
    stray.write_bytes(b"\xff" + JANE.encode())
    assert run(sqlite_settings).left == (stray.absolute(),)


def test_an_address_of_two_customers_stays_with_the_other_who_is_named(
    sqlite_settings: Settings, home: Made, tmp_path: Path
) -> None:
    profile = home(sqlite_settings)
    write_lines(tmp_path / "export" / "customer.jsonl", [customer(1, **WHO), customer(3, email=JANE)])
    land(profile, from_export(tmp_path / "export"))
    done = run(sqlite_settings)
    assert (done.also, done.left) == (("cus_3",), ())
    assert newest(profile, "customer")["cus_3"]["email"] == JANE
    assert is_erased(newest(profile, "customer")["cus_1"]["email"])


def test_an_unknown_customer_changes_nothing(store_settings: Settings, home: Made) -> None:
    home(store_settings)
    before = bodies(store_settings)
    with pytest.raises(UnknownCustomerError):
        run(store_settings, "cus_9")
    assert bodies(store_settings) == before
    with open_store(store_settings) as store:
        assert Erasures(store).read("default") == []
        assert SecurityLog(store).search("default", event="erased") == []


def test_who_writes_the_warehouse_is_waited_for_and_then_named(
    sqlite_settings: Settings, home: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = home(sqlite_settings)
    monkeypatch.setattr(erasing, "LOCK_SECONDS", 0.05)
    with writer_lock(profile), pytest.raises(WarehouseBusyError, match="another run"):
        run(sqlite_settings)
    assert newest(profile, "customer")["cus_1"]["email"] == JANE


def test_dagsters_history_and_logs_are_rewritten(sqlite_settings: Settings, home: Made) -> None:
    home(sqlite_settings)
    log = sqlite_settings.dagster_home / "storage" / "run.out"
    log.parent.mkdir(parents=True)
    log.write_text(f"could not read {JANE}\n")
    assert run(sqlite_settings).left == ()
    assert "erased-" in log.read_text()


def test_a_new_home_knows_from_the_store_whom_it_must_not_land(
    store_settings: Settings, home: Made, tmp_path: Path
) -> None:
    home(store_settings)
    run(store_settings)
    fresh = Profile(tmp_path / "fresh")
    with open_store(store_settings) as store, writer_lock(fresh):
        bring_erasures(store, fresh)
    land(fresh, from_export(tmp_path / "export"))
    assert is_erased(newest(fresh, "customer")["cus_1"]["email"])
    assert newest(fresh, "customer")["cus_2"]["email"] == JOHN


def test_nothing_is_made_where_nobody_was_erased(sqlite_store: Store, tmp_path: Path) -> None:
    bring_erasures(sqlite_store, Profile(tmp_path / "fresh"))
    assert not (tmp_path / "fresh").exists()


def test_what_the_worker_has_done_of_an_erased_customer_is_stripped(store_settings: Settings, home: Made) -> None:
    profile = home(store_settings)
    run(store_settings)
    with open_store(store_settings) as store:
        receive(store, 5)
        claimed = Inbox(store).claim("default", 10)
        assert any(JANE.encode() in one.event.body for one in claimed)
        strip_bodies(read_erased(profile), Bodies(store), "default", claimed)
        assert not any(JANE.encode() in one.event.body for one in Inbox(store).claim("default", 10))
        strip_bodies(None, Bodies(store), "default", claimed)


def test_what_was_written_with_decisions_goes_and_the_log_stays_right(store_settings: Settings, home: Made) -> None:
    home(store_settings)
    with open_store(store_settings) as store:
        for note in (f"call {JANE} first", f"call {JOHN} first"):
            decide(store, load_signer(store_settings), note=note)
    assert run(store_settings).left == ()
    with open_store(store_settings) as store:
        assert [one.told("note") for one in Decisions(store).read("default")] == [None, f"call {JOHN} first", None]
        verdict = verify_kept(store_settings, store, "default")
    assert verdict.sentence.startswith("All 3 records are right, anchored up to 3")
    assert [one.number for one in verdict.erased] == [1]


def test_a_backup_that_is_restored_after_it_has_no_note_either(sqlite_settings: Settings, home: Made) -> None:
    home(sqlite_settings)
    with open_store(sqlite_settings) as store:
        decide(store, load_signer(sqlite_settings), note=f"call {JANE} first")
    archive = backup(sqlite_settings, None, AT)
    assert run(sqlite_settings).left == ()
    restore(sqlite_settings, archive, AT)
    with open_store(sqlite_settings) as store:
        note_restored(sqlite_settings, store, "default", by="ada", at=AT)
        assert [one.told("note") for one in Decisions(store).read("default")] == [None, None]
        assert verify_kept(sqlite_settings, store, "default").fault is None
