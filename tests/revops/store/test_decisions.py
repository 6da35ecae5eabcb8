"""A decision and its record exist together or not at all; a tenant's records are one chain."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from revops.domain.decision_record import DecisionRecordError, hash_of, is_signed, part_hash
from revops.domain.tenant_id import TenantError
from revops.settings import Settings
from revops.store import Store
from revops.store.decision_tables import decision_people, decision_personal, decision_records
from revops.store.decisions import Decisions, append, pseudonym
from revops.store.signing_keys import Signer, load_signer, read_keys
from revops.store.tenants import Tenants
from tests.revops.store.deciding import APPROVED, decide, decide_often
from tests.revops.store.filled import AT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")


@pytest.fixture
def signer(store_settings: Settings) -> Signer:
    return load_signer(store_settings)


def test_records_are_numbered_and_each_names_the_one_before(store: Store, signer: Signer) -> None:
    signed = decide_often(store, signer, 5)
    kept = list(Decisions(store).read("default"))
    assert [one.number for one in kept] == [1, 2, 3, 4, 5]
    assert [one.text for one in kept] == [one.text for one in signed]
    assert kept[0].record.previous_hash is None
    assert all(later.record.previous_hash == earlier.hash for earlier, later in pairwise(kept))


def test_a_record_is_hashed_and_signed_with_the_tenants_key(store: Store, signer: Signer) -> None:
    signed = decide(store, signer)
    with store.tenant("default", is_read_only=True) as connection:
        (key,) = read_keys(connection, "default")
        public = signer.key(connection, "default", AT).public
    assert signed.record.key_id == key.key_id
    assert signed.hash == hash_of(signed.text)
    assert is_signed(signed.hash, signed.signature, public)
    assert not is_signed(hash_of("something else"), signed.signature, public)


def test_a_decision_that_is_taken_back_leaves_no_record(store: Store, signer: Signer) -> None:
    with pytest.raises(ZeroDivisionError), store.tenant("default") as connection:
        append(connection, signer, "default", APPROVED, AT)
        raise ZeroDivisionError
    assert list(Decisions(store).read("default")) == []


def test_a_key_whose_making_was_taken_back_signs_nothing(store: Store, signer: Signer) -> None:
    test_a_decision_that_is_taken_back_leaves_no_record(store, signer)
    signed = decide(store, signer)
    with store.tenant("default", is_read_only=True) as connection:
        assert [key.key_id for key in read_keys(connection, "default")] == [signed.record.key_id]


def test_several_records_of_one_transaction_are_a_chain(store: Store, signer: Signer) -> None:
    with store.tenant("default") as connection:
        first, second = (append(connection, signer, "default", APPROVED, AT) for _ in range(2))
    assert (second.record.number, second.record.previous_hash) == (2, first.hash)


def test_each_tenant_has_its_own_chain_and_key(store: Store, signer: Signer) -> None:
    for tenant in ("acme", "rival"):
        Tenants(store).add(tenant, None, actor="ada", at=AT)
    mine, theirs = decide(store, signer, "acme"), decide(store, signer, "rival")
    assert (mine.record.number, theirs.record.number) == (1, 1)
    assert mine.record.key_id != theirs.record.key_id
    assert [one.hash for one in Decisions(store).read("acme")] == [mine.hash]


def test_an_unknown_tenant_has_no_records(store: Store, signer: Signer) -> None:
    with pytest.raises(TenantError, match="leaks tenants add"):
        decide(store, signer, "nobody")


def test_who_decided_and_what_they_wrote_lie_apart_behind_salted_hashes(store: Store, signer: Signer) -> None:
    signed = decide(store, signer, actor_id="web:ada@example.com", note="Jane promised to pay")
    assert "ada" not in signed.text
    assert "Jane" not in signed.text
    (kept,) = Decisions(store).read("default")
    assert (kept.told("actor"), kept.told("note")) == ("web:ada@example.com", "Jane promised to pay")
    for one in kept.personal:
        assert one.salt is not None
        assert one.content is not None
        assert kept.record.personal[one.part] == part_hash(one.salt, one.content)
        assert len(one.salt) == 32


def test_the_same_note_twice_has_two_hashes(store: Store, signer: Signer) -> None:
    first, second = decide(store, signer, note="ok"), decide(store, signer, note="ok")
    assert first.record.personal["note"] != second.record.personal["note"]


def test_a_person_has_one_pseudonym_in_a_tenant_and_another_in_the_next(store: Store, signer: Signer) -> None:
    Tenants(store).add("rival", None, actor="ada", at=AT)
    first, again = decide(store, signer), decide(store, signer)
    other, elsewhere = decide(store, signer, actor_id="slack:T1:U2"), decide(store, signer, "rival")
    ids = [one.record.actor.id for one in (first, again, other, elsewhere)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    with store.tenant("default", is_read_only=True) as connection:
        assert pseudonym(connection, "default", "slack:T1:U2") == ids[2]


def test_a_part_of_the_program_stands_under_its_name(store: Store, signer: Signer) -> None:
    signed = decide(store, signer, actor_id="worker", actor_role="system", channel="worker")
    assert (signed.record.actor.id, dict(signed.record.personal)) == ("worker", {})
    with store.tenant("default", is_read_only=True) as connection:
        for table in (decision_people, decision_personal):
            assert connection.execute(select(table).where(table.c.tenant_id == "default")).all() == []


def test_what_strangers_type_is_kept_as_it_is_but_for_half_characters(store: Store, signer: Signer) -> None:
    typed = "<!channel> \x00 \U0001f600 & \ud800 " + "x" * 10_000
    decide(store, signer, note=typed)
    (kept,) = Decisions(store).read("default")
    assert kept.told("note") == typed.replace("\ud800", "?")


@pytest.mark.parametrize("value", [0.5, {"a": [1, 2.0]}, 2**53, AT, {1: 2}])
def test_what_two_programs_may_spell_differently_is_refused(store: Store, signer: Signer, value: object) -> None:
    with pytest.raises(DecisionRecordError, match="cannot hold"):
        decide(store, signer, data={"amount": value})
    assert list(Decisions(store).read("default")) == []


def test_columns_repeat_the_record_in_whole_milliseconds(store: Store, signer: Signer) -> None:
    decide(store, signer)
    (kept,) = Decisions(store).read("default")
    assert kept.record.at == AT.replace(microsecond=123_000)
    assert kept.columns == {
        "tenant_id": "default",
        "at": kept.record.at,
        "kind": "action.approve",
        "subject_type": "action",
        "subject_id": "act_1",
    }
    assert json.loads(kept.text)["at"] == "2026-11-01T12:30:00.123Z"


def test_reading_begins_at_a_time_or_after_a_number_and_goes_by_pages(
    store: Store, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_often(store, signer, 7)
    monkeypatch.setattr("revops.store.decisions._PAGE", 2)
    decisions = Decisions(store)
    assert [one.number for one in decisions.read("default")] == [1, 2, 3, 4, 5, 6, 7]
    assert [one.number for one in decisions.read("default", after=5)] == [6, 7]
    since = AT.replace(microsecond=0) + timedelta(minutes=4)
    assert [one.number for one in decisions.read("default", since=since)] == [5, 6, 7]
    assert [one.told("note") for one in decisions.read("default")][:4] == ["note 0", None, None, "note 3"]
    assert [one.number for one in decisions.newest("default", 3)] == [5, 6, 7]


def test_a_record_is_neither_changed_nor_deleted_nor_replaced(store: Store, signer: Signer) -> None:
    decide(store, signer)
    record = decision_records
    mine = record.c.tenant_id == "default"
    for statement in (record.update().where(mine).values(hash="0"), record.delete().where(mine)):
        with pytest.raises(Exception, match="decision_records is append-only"), store.everyone() as connection:
            connection.execute(statement)
