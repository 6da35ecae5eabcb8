"""The newest records cannot go without a file outside of the database knowing; a torn line of it is no fault."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from revops.domain.kept_records import read_anchors
from revops.settings import Settings
from revops.store import Store
from revops.store.anchors import anchor, anchor_files, read_anchor_files, verify_kept
from revops.store.restored_anchors import note_restored
from revops.store.rotate_keys import rotate
from revops.store.signing_keys import Signer, load_signer, new_signing_key
from tests.revops.store.deciding import decide, decide_often
from tests.revops.store.filled import AT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """Another folder, as a mounted bucket."""
    return tmp_path / "bucket"


@pytest.fixture
def settings(sqlite_settings: Settings, second: Path) -> Settings:
    return sqlite_settings.model_copy(update={"leaks_anchor_dir": second})


@pytest.fixture
def signer(settings: Settings) -> Signer:
    return load_signer(settings)


def write_as_owner(store: Store, *statements: str) -> None:
    """As somebody who may write the database, and takes the triggers away before."""
    with store.everyone() as connection:
        _without_triggers(connection)
        for statement in statements:
            connection.execute(text(statement))


def _without_triggers(connection: Connection) -> None:
    for name in ("no_update", "no_delete", "no_replace"):
        connection.execute(text(f"drop trigger if exists decision_records_{name}"))


def test_the_head_is_anchored_in_both_places(
    sqlite_store: Store, settings: Settings, signer: Signer, second: Path
) -> None:
    signed = decide_often(sqlite_store, signer, 3)
    done = anchor(settings, sqlite_store, "default")
    assert done.newest is not None
    assert (done.newest.number, done.newest.hash, done.problems) == (3, signed[-1].hash, ())
    files = anchor_files(settings, "default")
    assert files == [settings.leaks_home / "anchors" / "default.jsonl", second / "default.jsonl"]
    for path in files:
        assert read_anchors(path.read_text()).anchors == (done.newest,)
    assert json.loads(files[0].read_text())["at"] == "2026-11-01T12:32:00.123Z"


def test_nothing_new_writes_nothing(sqlite_store: Store, settings: Settings, signer: Signer) -> None:
    assert anchor(settings, sqlite_store, "default").newest is None
    decide(sqlite_store, signer)
    first, again = (anchor(settings, sqlite_store, "default") for _ in range(2))
    assert first == again
    assert len(anchor_files(settings, "default")[0].read_text().splitlines()) == 1


def test_several_that_anchor_at_once_write_heads_in_order(
    sqlite_store: Store, settings: Settings, signer: Signer
) -> None:
    def step(_number: int) -> None:
        decide(sqlite_store, signer)
        anchor(settings, sqlite_store, "default")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(step, range(20)))
    numbers = [one.number for one in read_anchors(anchor_files(settings, "default")[0].read_text()).anchors]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 20
    assert verify_kept(settings, sqlite_store, "default").fault is None


def test_a_line_that_a_crash_cut_short_does_not_swallow_the_next(
    sqlite_store: Store, settings: Settings, signer: Signer
) -> None:
    decide(sqlite_store, signer)
    anchor(settings, sqlite_store, "default")
    file = anchor_files(settings, "default")[0]
    line = file.read_text()
    file.write_text(line + line[:70])
    decide(sqlite_store, signer)
    anchor(settings, sqlite_store, "default")
    anchors = read_anchors(file.read_text())
    assert ([one.number for one in anchors.anchors], anchors.unreadable) == ([1, 2], 1)
    verdict = verify_kept(settings, sqlite_store, "default")
    assert (verdict.fault, verdict.anchored) == (None, 2)


def test_a_file_that_was_lost_is_made_up_for_by_the_other_place(
    sqlite_store: Store, settings: Settings, signer: Signer
) -> None:
    decide_often(sqlite_store, signer, 3)
    anchor(settings, sqlite_store, "default")
    anchor_files(settings, "default")[0].unlink()
    write_as_owner(sqlite_store, "delete from decision_personal", "delete from decision_records where number > 1")
    fault = verify_kept(settings, sqlite_store, "default").fault
    assert fault is not None


def test_a_place_that_cannot_be_written_holds_up_no_decision(
    sqlite_store: Store, settings: Settings, signer: Signer, second: Path
) -> None:
    second.write_text("a file where a folder should be")
    decide(sqlite_store, signer)
    done = anchor(settings, sqlite_store, "default")
    assert done.newest is not None
    assert len(done.problems) == 1
    assert str(second) in done.problems[0]
    assert verify_kept(settings, sqlite_store, "default").anchored == 1


def test_a_home_that_cannot_be_written_is_said_and_not_raised(
    sqlite_store: Store, settings: Settings, signer: Signer
) -> None:
    decide(sqlite_store, signer)
    (settings.leaks_home / "anchors").write_text("a file where a folder should be")
    done = anchor(settings, sqlite_store, "default")
    assert done.newest is None
    assert "cannot be written" in done.problems[0]


def test_an_end_that_is_gone_is_told_by_the_anchor(sqlite_store: Store, settings: Settings, signer: Signer) -> None:
    decide_often(sqlite_store, signer, 5)
    anchor(settings, sqlite_store, "default")
    write_as_owner(
        sqlite_store,
        "delete from decision_personal where number > 3",
        "delete from decision_records where number > 3",
    )
    fault = verify_kept(settings, sqlite_store, "default").fault
    assert fault is not None
    assert (fault.number, fault.kind, fault.is_told_by_anchor) == (4, "cut", True)
    done = anchor(settings, sqlite_store, "default")
    assert (done.fault is not None, done.newest and done.newest.number) == (True, 5)


def test_what_contradicts_the_last_anchor_is_not_anchored(
    sqlite_store: Store, settings: Settings, signer: Signer
) -> None:
    decide_often(sqlite_store, signer, 3)
    anchor(settings, sqlite_store, "default")
    write_as_owner(
        sqlite_store,
        "delete from decision_personal where number > 2",
        "delete from decision_records where number > 2",
    )
    decide_often(sqlite_store, signer, 4)
    done = anchor(settings, sqlite_store, "default")
    assert done.fault is not None
    assert [one.number for one in read_anchor_files(settings, "default").anchors] == [3]
    fault = verify_kept(settings, sqlite_store, "default").fault
    assert fault is not None
    assert (fault.number, fault.kind, fault.is_told_by_anchor) == (3, "fork", True)


def test_a_changed_column_is_found(sqlite_store: Store, settings: Settings, signer: Signer) -> None:
    decide_often(sqlite_store, signer, 3)
    write_as_owner(sqlite_store, "update decision_records set at = '2020-01-01 00:00:00' where number = 2")
    fault = verify_kept(settings, sqlite_store, "default").fault
    assert fault is not None
    assert (fault.number, fault.kind) == (2, "flip")


def test_a_key_of_somebody_with_the_database_alone_is_never_anchored(
    sqlite_store: Store, settings: Settings, signer: Signer
) -> None:
    decide_often(sqlite_store, signer, 3)
    anchor(settings, sqlite_store, "default")
    rotate(sqlite_store, signer, "default", is_lost=True, actor="cli:eve", role="operator", at=AT)
    decide(sqlite_store, signer)
    done = anchor(settings, sqlite_store, "default")
    assert done.fault is not None
    assert (done.fault.number, done.fault.kind) == (4, "re-sign")
    stranger = new_signing_key()
    assert anchor(settings, sqlite_store, "default", vouched=[stranger.public]).fault is not None


def test_a_lost_key_is_replaced_when_somebody_vouches_for_the_next(store: Store, store_settings: Settings) -> None:
    signer = load_signer(store_settings)
    decide_often(store, signer, 3)
    anchor(store_settings, store, "default")
    done = rotate(store, signer, "default", is_lost=True, actor="cli:ada", role="operator", at=AT)
    assert anchor(store_settings, store, "default", vouched=[done.key.public]).fault is None
    decide(store, signer)
    assert anchor(store_settings, store, "default").fault is None
    assert verify_kept(store_settings, store, "default").sentence.startswith(
        "All 5 records are right, anchored up to 5"
    )


def test_a_rotation_in_the_middle_verifies_and_is_anchored(store: Store, store_settings: Settings) -> None:
    signer = load_signer(store_settings)
    first = decide(store, signer)
    anchor(store_settings, store, "default")
    for _ in range(2):
        done = rotate(store, signer, "default", actor="cli:ada", role="operator", at=AT)
        anchor(store_settings, store, "default")
        assert decide(store, load_signer(store_settings)).record.key_id == done.key.key_id
        anchor(store_settings, store, "default")
    verdict = verify_kept(store_settings, store, "default")
    assert verdict.sentence.startswith("All 5 records are right, anchored up to 5")
    assert len(verdict.key_ids) == 3
    assert verdict.key_ids[0] == first.record.key_id


def test_a_signer_that_knows_the_former_key_signs_with_the_next(store: Store, store_settings: Settings) -> None:
    """A worker that runs for weeks beside `leaks decisions keys rotate`."""
    worker, person = load_signer(store_settings), load_signer(store_settings)
    decide(store, worker)
    done = rotate(store, person, "default", actor="cli:ada", role="operator", at=AT)
    assert decide(store, worker).record.key_id == done.key.key_id
    assert verify_kept(store_settings, store, "default").fault is None


def test_a_restored_backup_is_no_tampering_once_somebody_says_so(
    sqlite_store: Store, settings: Settings, signer: Signer, second: Path
) -> None:
    decide_often(sqlite_store, signer, 3)
    anchor(settings, sqlite_store, "default")
    assert note_restored(settings, sqlite_store, "default", by="ada", at=AT) is None
    decide_often(sqlite_store, signer, 3)
    anchor(settings, sqlite_store, "default")
    write_as_owner(
        sqlite_store,
        "delete from decision_personal where number > 4",
        "delete from decision_records where number > 4",
    )
    done = note_restored(settings, sqlite_store, "default", by="ada", at=AT)
    assert done is not None
    assert (done.number, done.lost) == (3, 6)
    assert note_restored(settings, sqlite_store, "default", by="ada", at=AT) is None
    for path in (settings.leaks_home / "anchors" / "default.jsonl", second / "default.jsonl"):
        assert read_anchors(path.read_text()).restored == (done,)
    decide_often(sqlite_store, signer, 4)
    assert anchor(settings, sqlite_store, "default").fault is None
    verdict = verify_kept(settings, sqlite_store, "default")
    assert verdict.sentence.startswith("All 8 records are right, anchored up to 8")
    assert verdict.notes == (
        "A backup was restored on 2026-11-01T12:30:00.123Z by ada: the records 4 to 6 of before are gone.",
    )


def test_a_backup_from_before_the_first_anchor_leaves_none(
    sqlite_store: Store, settings: Settings, signer: Signer
) -> None:
    decide_often(sqlite_store, signer, 2)
    anchor(settings, sqlite_store, "default")
    write_as_owner(sqlite_store, "delete from decision_personal", "delete from decision_records")
    done = note_restored(settings, sqlite_store, "default", by="ada", at=AT)
    assert done is not None
    assert (done.number, done.lost) == (0, 2)
    assert read_anchor_files(settings, "default").newest is None
