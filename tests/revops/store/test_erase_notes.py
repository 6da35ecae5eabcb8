"""An erased customer's notes go, the chain says who erased them, and everything else stays as it was."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from revops.settings import Settings
from revops.store import SecretKeyError, Store
from revops.store.anchors import verify_kept
from revops.store.decisions import Decisions
from revops.store.erase_notes import erase_notes, erase_notes_of_copy
from revops.store.secrets import new_key
from revops.store.signing_keys import Signer, load_signer
from revops.store.tables import actions, leaks
from tests.revops.store.deciding import decide
from tests.revops.store.filled import AT, put

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

JANE = "jane@roe.example"


@pytest.fixture
def signer(store_settings: Settings) -> Signer:
    return load_signer(store_settings)


@pytest.fixture
def told(store: Store, signer: Signer) -> Store:
    """Jane is cus_1, with a leak and an action; another customer has one each too."""
    with store.tenant("default") as connection:
        for number in (1, 2):
            ids = {"leak_id": f"leak_{number}", "root_cause": f"cause_{number}"}
            put(connection, leaks, "default", **ids, customer_id=f"cus_{number}")
            put(connection, actions, "default", **ids, action_id=f"act_{number}")
    decide(store, signer, subject_id="act_1", note="her husband will pay")
    decide(store, signer, subject_type="leak", subject_id="leak_1", note="dismissed after a call")
    decide(store, signer, subject_id="act_2", note=f"same card as {JANE}")
    decide(store, signer, subject_id="act_2", note="nothing about her")
    decide(store, signer, subject_id="act_1")
    return store


def wash(given: str) -> str:
    return given.replace(JANE, "-")


def erase(store: Store, signer: Signer) -> int:
    return erase_notes(store, signer, "default", "cus_1", wash, actor="ada", at=AT)


def test_notes_about_the_customer_and_notes_that_name_them_go(told: Store, signer: Signer) -> None:
    assert erase(told, signer) == 3
    kept = list(Decisions(told).read("default"))
    assert [one.told("note") for one in kept] == [None, None, None, "nothing about her", None, None]
    assert {one.told("actor") for one in kept} == {"slack:T1:U1", "cli:ada"}


def test_the_chain_is_whole_and_says_what_was_erased_by_whom_and_when(
    told: Store, signer: Signer, store_settings: Settings
) -> None:
    erase(told, signer)
    verdict = verify_kept(store_settings, told, "default")
    assert verdict.fault is None
    erased = list(Decisions(told).read("default"))[-1].record
    assert (erased.kind, erased.subject.id, erased.number) == ("erased", "cus_1", 6)
    assert [one.sentence for one in verdict.erased] == [
        f"the note of record {number} was erased on 2026-11-01T12:30:00.123Z by {erased.actor.id}"
        for number in (1, 2, 3)
    ]


def test_a_second_time_does_nothing(told: Store, signer: Signer) -> None:
    erase(told, signer)
    assert erase(told, signer) == 0
    assert len(list(Decisions(told).read("default"))) == 6


def test_nothing_is_erased_that_no_record_can_tell_of(told: Store, store_settings: Settings) -> None:
    stranger = load_signer(store_settings.model_copy(update={"leaks_secret_key": SecretStr(new_key())}))
    with pytest.raises(SecretKeyError):
        erase(told, stranger)
    assert next(one.told("note") for one in Decisions(told).read("default")) == "her husband will pay"


def test_a_backup_whose_key_is_lost_is_erased_all_the_same(
    told: Store, store_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = load_signer(store_settings.model_copy(update={"leaks_secret_key": SecretStr(new_key())}))
    assert erase_notes_of_copy(told, stranger, "default", "cus_1", wash, actor="ada", at=AT) == 3
    assert "without_a_record" in capsys.readouterr().out
    fault = verify_kept(store_settings, told, "default").fault
    assert fault is not None
    assert "no record says who erased it" in fault.sentence


def test_a_backup_whose_key_is_there_has_a_record_of_it(told: Store, signer: Signer, store_settings: Settings) -> None:
    assert erase_notes_of_copy(told, signer, "default", "cus_1", wash, actor="ada", at=AT) == 3
    assert verify_kept(store_settings, told, "default").fault is None


def test_a_backup_of_an_earlier_schema_has_no_notes(sqlite_store: Store, sqlite_settings: Settings) -> None:
    with sqlite_store.everyone() as connection:
        for table in ("slack_messages", "decision_personal"):
            connection.execute(text(f"drop table if exists {table}"))
    assert erase(sqlite_store, load_signer(sqlite_settings)) == 0
