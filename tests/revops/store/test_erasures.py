"""An erased customer leaves the store: events, free texts, freed pages, backups. The logs stay."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from revops.domain.erasure import Erasure
from revops.domain.received import ReceivedEvent
from revops.service.erase_events import ErasedEvents, erase_events
from revops.settings import Settings
from revops.store import Store
from revops.store.backup import backup, restore
from revops.store.bodies import Bodies
from revops.store.compact import compact
from revops.store.erase_backups import erase_backups
from revops.store.erasures import Erasures
from revops.store.free_texts import wash_texts
from revops.store.inbox import Inbox
from revops.store.metadata import FILES
from revops.store.security_log import SecurityLog
from revops.store.tables import outbox
from tests.revops.store.filled import AT, TABLES, put

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

JANE = b"jane@roe.example"
ERASURE = Erasure("cus_1", "5a17", ("a-1",), ("d1",), ("d2",), AT)


class Jane:
    """Knows Jane by her address."""

    def concerns(self, raw: bytes) -> bool:
        return JANE in raw

    def event(self, body: bytes) -> bytes:
        return body.replace(JANE, b"-")

    def text(self, text: str) -> str:
        return text.replace(JANE.decode(), "-")


def received(store: Store, *bodies: bytes, tenant: str = "default") -> list[int]:
    """Events with these bodies; their sequences."""
    fields: dict[str, Any] = {"integration_mode": "live", "source": "stripe", "event_type": "customer.updated"}
    fields |= {"object_id": None, "account_id": None, "event_created_at": AT, "received_at": AT}
    events = [
        ReceivedEvent(tenant_id=tenant, event_id=f"evt_{number}_{body.hex()}", body=body, **fields)
        for number, body in enumerate(bodies)
    ]
    Inbox(store).append(events)
    return [one.sequence for one in Inbox(store).claim(tenant, 100)]


def bodies_of(store: Store, tenant: str = "default") -> list[bytes]:
    return [body for body, _ in Bodies(store).read(tenant, 0, 100).values()]


def test_an_erasure_is_kept_and_what_is_learned_later_is_added(store: Store) -> None:
    erasures = Erasures(store)
    assert erasures.read("default") == []
    erasures.add("default", ERASURE, actor="ada")
    more = replace(ERASURE, accounts=("a-2",), email_digests=("d1", "d3"))
    whole = erasures.add("default", more, actor="ada")
    assert whole == replace(ERASURE, accounts=("a-1", "a-2"), email_digests=("d1", "d3"))
    assert erasures.read("default") == [whole]


def test_the_security_log_has_a_line_of_each_erasure_and_no_address(store: Store) -> None:
    Erasures(store).add("default", ERASURE, actor="ada")
    (line,) = SecurityLog(store).search("default", event="erased")
    assert (line.actor, line.detail) == ("ada", {"customer_id": "cus_1"})


def test_all_erasures_of_a_tenant_share_a_salt_and_tenants_do_not(store: Store) -> None:
    erasures = Erasures(store)
    assert erasures.salt("default") != erasures.salt("default"), "random until the first"
    erasures.add("default", ERASURE, actor="ada")
    assert erasures.salt("default") == "5a17"


def test_finished_events_lose_their_body_and_others_what_names_the_person(store: Store) -> None:
    first, *_ = received(store, JANE + b" 1", JANE + b" 2", b"somebody else")
    Inbox(store).mark_done("default", [first], AT)
    assert erase_events(Bodies(store), "default", Jane()) == ErasedEvents(deleted=1, rewritten=1)
    assert bodies_of(store) == [b"- 2", b"somebody else"]
    assert [one.event.body for one in Inbox(store).claim("default", 10)] == [b"- 2", b"somebody else"]
    assert erase_events(Bodies(store), "default", Jane()) == ErasedEvents()


def test_a_repetition_of_an_erased_event_is_still_known_as_one(store: Store) -> None:
    sequences = received(store, JANE)
    Inbox(store).mark_done("default", sequences, AT)
    erase_events(Bodies(store), "default", Jane())
    assert received(store, JANE) == []


def test_another_tenants_events_keep_their_bodies(store: Store) -> None:
    received(store, JANE)
    received(store, JANE, tenant="rival")
    erase_events(Bodies(store), "default", Jane())
    assert (bodies_of(store), bodies_of(store, "rival")) == ([b"-"], [JANE])


def test_free_texts_are_rewritten_where_they_name_the_person(store: Store) -> None:
    with store.tenant("default") as connection:
        put(connection, TABLES["outbox"], "default", payload=f"to {JANE.decode()}")
    assert wash_texts(store, "default", Jane().text) == 1
    with store.tenant("default", is_read_only=True) as connection:
        assert connection.scalars(select(outbox.c.payload).where(outbox.c.tenant_id == "default")).all() == ["to -"]


def test_no_freed_page_and_no_journal_keeps_what_was_deleted(sqlite_store: Store, sqlite_settings: Settings) -> None:
    sequences = received(sqlite_store, *(JANE + b"x" * 3_000 + bytes([number]) for number in range(50)))
    Inbox(sqlite_store).mark_done("default", sequences[:25], AT)
    erase_events(Bodies(sqlite_store), "default", Jane())
    compact(sqlite_settings)
    found = [path.name for path in sqlite_settings.leaks_home.iterdir() if JANE in path.read_bytes()]
    assert found == []
    assert len(bodies_of(sqlite_store)) == 25


def test_postgres_vacuums_with_its_own_role(postgres_store: Store, postgres_settings: Settings) -> None:
    received(postgres_store, JANE)
    erase_events(Bodies(postgres_store), "default", Jane())
    compact(postgres_settings)
    assert bodies_of(postgres_store) == [b"-"]


def test_a_backup_is_rewritten_and_restores_as_erased(
    sqlite_settings: Settings, open_new: Callable[[Settings], Store]
) -> None:
    store = open_new(sqlite_settings)
    first, _ = received(store, JANE, b"somebody else")
    Inbox(store).mark_done("default", [first], AT)
    archive = backup(sqlite_settings, None, AT)
    assert JANE in _unpacked(archive)

    def erase(copy: Store) -> None:
        erase_events(Bodies(copy), "default", Jane())

    assert erase_backups(sqlite_settings, "default", [ERASURE], erase, actor="ada") == [archive]
    assert JANE not in _unpacked(archive)
    store.close()
    restore(sqlite_settings, archive, AT)
    again = open_new(sqlite_settings)
    assert Erasures(again).read("default") == [ERASURE]
    assert bodies_of(again) == [b"somebody else"]


def _unpacked(archive: Path) -> bytes:
    with tarfile.open(archive) as tar:
        assert tar.getnames() == [f"{file}.db" for file in reversed(FILES)]
        return b"".join(tar.extractfile(member).read() for member in tar.getmembers())  # type: ignore[union-attr]
