"""`leaks decisions`: the log is listed, checked, played again and handed out; its keys change."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.decision_checks import check_decisions
from revops.settings import Settings
from revops.store import open_store
from revops.store.anchors import anchor
from revops.store.signing_keys import load_signer
from tests.cli.conftest import Leaks
from tests.revops.store.deciding import decide
from tests.revops.store.fixtures import make_settings


@pytest.fixture
def settings(tmp_path: Path, secret_key: str) -> Settings:
    return make_settings(tmp_path / "home", secret_key)


@pytest.fixture
def where(settings: Settings, secret_key: str) -> dict[str, str]:
    """A home in which three decisions were made, and anchored; the last one has a note."""
    with open_store(settings, upgrade=True) as store:
        signer = load_signer(settings)
        for number in range(1, 4):
            decide(store, signer, subject_id=f"act_{number}", note="Jane asked" if number == 3 else None)
        anchor(settings, store, "default")
    return {"LEAKS_HOME": str(settings.leaks_home), "LEAKS_SECRET_KEY": secret_key}


def write_database(where: dict[str, str], *statements: str) -> None:
    with closing(sqlite3.connect(Path(where["LEAKS_HOME"]) / "operations.db")) as connection:
        for name in ("no_update", "no_delete", "no_replace"):
            connection.execute(f"drop trigger decision_records_{name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def said(leaks: Leaks, where: dict[str, str], *arguments: str, code: int = 0) -> str:
    done = leaks("decisions", *arguments, **where)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_decisions_are_listed_with_who_and_why(leaks: Leaks, where: dict[str, str]) -> None:
    lines = json.loads(said(leaks, where, "list", "--format", "json"))
    assert [(one["number"], one["subject"], one["note"]) for one in lines] == [
        (1, "action act_1 v1", None),
        (2, "action act_2 v1", None),
        (3, "action act_3 v1", "Jane asked"),
    ]
    assert lines[0] == {
        "number": 1,
        "at": "2026-11-01T12:30:00.123000Z",
        "kind": "action.approve",
        "subject": "action act_1 v1",
        "actor": "slack:T1:U1",
        "role": "approver",
        "channel": "slack",
        "note": None,
    }
    (one,) = json.loads(said(leaks, where, "list", "--format", "json", "--about", "act_2"))
    assert one["number"] == 2
    assert "Jane asked" in said(leaks, where, "list", "--limit", "1")
    assert json.loads(said(leaks, where, "list", "--since", "2999-01-01", "--format", "json")) == []


def test_a_log_that_nobody_touched_verifies(leaks: Leaks, where: dict[str, str]) -> None:
    assert said(leaks, where, "verify").startswith(
        "All 3 records are right, anchored up to 3 (2026-11-01T12:30:00.123Z)."
    )
    result = json.loads(said(leaks, where, "verify", "--format", "json"))
    assert (result["is_right"], result["records"], result["anchored"], result["fault"]) == (True, 3, 3, None)


def test_verifying_anchors_what_is_right(leaks: Leaks, where: dict[str, str], settings: Settings) -> None:
    (settings.leaks_home / "anchors" / "default.jsonl").unlink()
    assert "not anchored" in said(leaks, where, "verify")
    assert "anchored up to 3" in said(leaks, where, "verify")


def test_a_changed_record_is_found_with_exit_code_1(leaks: Leaks, where: dict[str, str]) -> None:
    write_database(where, "update decision_records set record = replace(record, 'act_2', 'act_9') where number = 2")
    assert "Record 2 is where it goes wrong (flip)" in said(leaks, where, "verify", code=1)
    result = json.loads(said(leaks, where, "verify", "--format", "json", code=1))
    assert (result["fault"]["number"], result["fault"]["kind"], result["records"]) == (2, "flip", 1)


def test_a_record_that_is_none_any_more_hides_no_other(leaks: Leaks, where: dict[str, str]) -> None:
    write_database(where, "update decision_records set record = 'nothing' where number = 2")
    lines = json.loads(said(leaks, where, "list", "--format", "json"))
    assert [(one["number"], one["kind"]) for one in lines] == [
        (1, "action.approve"),
        (2, "unreadable"),
        (3, "action.approve"),
    ]
    assert "Record 2 cannot be read." in said(leaks, where, "replay", code=1)


def test_newest_records_that_are_gone_are_found(leaks: Leaks, where: dict[str, str]) -> None:
    write_database(
        where, "delete from decision_personal where number = 3", "delete from decision_records where number = 3"
    )
    assert "Record 3 is where it goes wrong (cut)" in said(leaks, where, "verify", code=1)


def test_an_exported_file_is_checked_without_a_store(leaks: Leaks, where: dict[str, str], tmp_path: Path) -> None:
    (key,) = json.loads(said(leaks, where, "keys", "list", "--format", "json"))
    file = tmp_path / "log.jsonl"
    assert "3 records" in said(leaks, where, "export", str(file))
    elsewhere = {"LEAKS_HOME": str(tmp_path / "elsewhere")}
    checked = said(leaks, elsewhere, "verify", "--file", str(file), "--public-key", key["public_key"])
    assert checked.startswith("All 3 records are right, anchored up to 3")
    assert not (tmp_path / "elsewhere").exists()
    assert said(leaks, where, "export").splitlines()[2:5] == file.read_text().splitlines()[2:5]
    assert "Jane" not in said(leaks, where, "export", "--without-personal")
    file.write_text(file.read_text().replace("act_2", "act_9"))
    assert "(flip)" in said(leaks, elsewhere, "verify", "--file", str(file), code=1)


def test_records_of_actions_that_are_not_there_differ_from_the_tables(leaks: Leaks, where: dict[str, str]) -> None:
    lines = said(leaks, where, "replay", code=1).splitlines()
    assert lines[0] == "Record 1 (action.approve of act_1) begins at drafted, while None was reached."
    result = json.loads(said(leaks, where, "replay", "--format", "json", code=1))
    assert len(result["differences"]) == 3


def test_nothing_decided_is_equal_to_empty_tables(leaks: Leaks, tmp_path: Path) -> None:
    where = {"LEAKS_HOME": str(tmp_path / "new")}
    assert "give 0 actions and 0 leaks, equal to the tables" in said(leaks, where, "replay")
    assert "There is no record yet." in said(leaks, where, "verify")


def test_a_key_is_rotated_and_the_log_stays_right(leaks: Leaks, where: dict[str, str]) -> None:
    before = json.loads(said(leaks, where, "keys", "list", "--format", "json"))
    assert f"{before[0]['key_id']} is retired" in said(leaks, where, "keys", "rotate")
    keys = json.loads(said(leaks, where, "keys", "list", "--format", "json"))
    assert [key["retired_at"] is None for key in keys] == [False, True]
    assert "All 4 records are right, anchored up to 4" in said(leaks, where, "verify")
    assert "All 4 records are right" in said(leaks, where, "verify", "--public-key", before[0]["public_key"])


def test_a_lost_key_is_replaced(leaks: Leaks, where: dict[str, str], secret_key: str) -> None:
    other = where | {"LEAKS_SECRET_KEY": secret_key[::-1].replace("=", "A")[:43] + "="}
    assert "keys rotate --tenant default --lost" in said(leaks, other, "keys", "rotate", code=2)
    assert "is retired" in said(leaks, other, "keys", "rotate", "--lost")
    assert "All 4 records are right, anchored up to 4" in said(leaks, other, "verify")


def test_a_restored_backup_is_told_and_is_no_fault(
    leaks: Leaks, where: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    archive = tmp_path / "store.tar"
    assert leaks("db", "backup", str(archive), **where).returncode == 0
    with open_store(settings) as store:
        decide(store, load_signer(settings))
        anchor(settings, store, "default")
    assert "Nothing to note" in said(leaks, where, "restored")
    done = leaks("db", "restore", str(archive), **where)
    assert done.returncode == 0, done.stderr
    assert "the records 4 to 4 of before are gone" in done.stderr
    lines = said(leaks, where, "verify").splitlines()
    assert lines[0].startswith("All 3 records are right, anchored up to 3")
    assert "A backup was restored on" in lines[-1]


def test_the_doctor_says_how_far_a_log_is_anchored_and_when_its_end_is_gone(
    where: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAKS_HOME", where["LEAKS_HOME"])
    with open_store(settings) as store:
        decide(store, load_signer(settings))
    (found,) = check_decisions()
    assert (found.state, found.message) == ("ok", "4 records, anchored up to 3")
    write_database(where, "delete from decision_personal", "delete from decision_records where number > 2")
    (found,) = check_decisions()
    assert found.state == "broken"
    assert "record 3 is not the one that was anchored; run `leaks decisions verify --tenant default`" in found.message
    (settings.leaks_home / "anchors" / "default.jsonl").unlink()
    (found,) = check_decisions()
    assert (found.state, found.message.partition(":")[0]) == ("off", "2 records, not anchored yet")


def test_the_doctor_says_nothing_where_nothing_was_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAKS_HOME", str(tmp_path / "home"))
    assert list(check_decisions()) == []
    open_store(make_settings(tmp_path / "home", ""), upgrade=True).close()
    assert list(check_decisions()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("list", "--tenant", "nobody"), "leaks tenants list"),
        (("list", "--since", "soon"), "is no date or time"),
        (("verify", "--anchors", "x"), "goes with --file"),
        (("verify", "--public-key", "x"), "is no public key"),
        (("verify", "--file", "nowhere"), "cannot be read"),
        (("export", "/"), "exists already"),
        (("keys", "rotate", "--tenant", "nobody"), "leaks tenants list"),
    ],
)
def test_bad_input_is_exit_code_2(
    leaks: Leaks, where: dict[str, str], arguments: tuple[str, ...], message: str
) -> None:
    assert message in said(leaks, where, *arguments, code=2)
