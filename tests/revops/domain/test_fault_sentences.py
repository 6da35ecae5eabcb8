"""What people read of each fault, to the letter; and which fault it is where a log could be called several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from revops.domain.decision_record import canonical, hash_of
from revops.domain.kept_records import KeptRecord, Personal
from revops.domain.record_faults import Fault, Reached
from revops.domain.verify_records import verify
from tests.revops.domain.logs import SALT, Log, key_id, new_key, sealed

KEYS = [new_key(), new_key()]
FIRST, OTHER = (key_id(key) for key in KEYS)


def made(count: int = 4) -> Log:
    """Records of one key, the second with a note; anchored in the middle and at the end."""
    log = Log([KEYS[0]])
    for number in range(1, count + 1):
        log.add(note="said" if number == 2 else None)
        if number in (2, count):
            log.anchor()
    return log


def put(place: int, **changes: object) -> Callable[[Log], None]:
    def change(log: Log) -> None:
        log.records[place] = replace(log.records[place], **changes)  # type: ignore[arg-type]

    return change


def rewritten(place: int, key: int = 0, **changes: object) -> Callable[[Log], None]:
    """A record sealed anew with other fields."""

    def change(log: Log) -> None:
        kept = log.records[place]
        log.records[place] = sealed(replace(kept.record, **changes), KEYS[key], kept.personal)  # type: ignore[arg-type]

    return change


def without(*places: int) -> Callable[[Log], None]:
    def change(log: Log) -> None:
        log.records = [one for place, one in enumerate(log.records) if place not in places]

    return change


def swapped(log: Log) -> None:
    log.records[1], log.records[2] = log.records[2], log.records[1]


def exchanged(log: Log) -> None:
    log.records[1], log.records[2] = replace(log.records[2], number=2), replace(log.records[1], number=3)


def again(log: Log) -> None:
    log.records.insert(3, log.records[1])


def unreadable_again(log: Log) -> None:
    log.records.insert(3, replace(log.records[1], text="{}"))


def continued_twice(log: Log) -> None:
    other = log.copy()
    del other.records[3:]
    log.records.append(other.add("action.deny"))


def unsigned_twice(log: Log) -> None:
    continued_twice(log)
    log.records[-1] = replace(log.records[-1], signature="0" * 128)


def badly_hashed_twice(log: Log) -> None:
    continued_twice(log)
    log.records[-1] = replace(log.records[-1], hash="0" * 64)


def of_elsewhere_twice(log: Log) -> None:
    other = Log([KEYS[0]])
    for _ in range(4):
        other.add("action.deny")
    log.records.append(other.records[-1])


def of_a_stranger_twice(log: Log) -> None:
    continued_twice(log)
    log.records[-1] = sealed(replace(log.records[-1].record, key_id=OTHER), KEYS[1])


def column(place: int, name: str, value: object) -> Callable[[Log], None]:
    def change(log: Log) -> None:
        columns = log.records[place].columns
        assert columns is not None
        log.records[place] = replace(log.records[place], columns={**columns, name: value})

    return change


def resigned(log: Log) -> None:
    log.keys.append(KEYS[1])
    rewritten(2, key=1, key_id=OTHER)(log)


def unknown(log: Log) -> None:
    log.records[0] = sealed(replace(log.records[0].record, key_id=OTHER), KEYS[1])


def forged(log: Log) -> None:
    kept = log.records[2]
    text = kept.text.replace("1999", "2999")
    log.records[2] = replace(kept, text=text, hash=hash_of(text))


CASES: dict[str, tuple[Callable[[Log], None], int, str, str]] = {
    "one missing": (without(1), 2, "drop", "record 2 is missing."),
    "two missing": (without(1, 2), 2, "drop", "records 2 to 3 are missing."),
    "the first missing": (without(0), 1, "drop", "record 1 is missing."),
    "swapped": (swapped, 2, "reorder", "record 3 stands in its place."),
    "exchanged": (exchanged, 2, "reorder", "it says that it is record 3."),
    "again": (again, 2, "insert", "there is a second record 2."),
    "again, unreadable": (unreadable_again, 2, "insert", "there is a second record 2."),
    "twice": (
        continued_twice,
        4,
        "fork",
        "two signed records 4 follow the same one: the log was continued twice.",
    ),
    "twice, not signed": (unsigned_twice, 4, "insert", "there is a second record 4."),
    "twice, wrong hash": (badly_hashed_twice, 4, "insert", "there is a second record 4."),
    "twice, of a stranger": (of_a_stranger_twice, 4, "insert", "there is a second record 4."),
    "twice, of elsewhere": (of_elsewhere_twice, 4, "insert", "there is a second record 4."),
    "no record": (put(2, text="{}"), 3, "flip", "its text is no record any more."),
    "hash": (put(2, hash="0" * 64), 3, "flip", "its content is not what was hashed."),
    "number": (rewritten(2, number=9), 9, "drop", "records 3 to 8 are missing."),
    "said number": (
        lambda log: put(2, **{**vars_of(sealed(replace(log.records[2].record, number=9), KEYS[0])), "number": 3})(log),
        3,
        "flip",
        "it says that it is record 9.",
    ),
    "tenant": (rewritten(2, tenant_id="rival"), 3, "insert", "it is of another tenant (rival)."),
    "column kind": (
        column(2, "kind", "x"),
        3,
        "flip",
        "the column kind beside it says something else than the record.",
    ),
    "column at": (column(2, "at", None), 3, "flip", "the column at beside it says something else than the record."),
    "column tenant": (
        column(2, "tenant_id", "rival"),
        3,
        "flip",
        "the column tenant_id beside it says something else than the record.",
    ),
    "column type": (
        column(2, "subject_type", "leak"),
        3,
        "flip",
        "the column subject_type beside it says something else than the record.",
    ),
    "column id": (
        column(2, "subject_id", "act_2"),
        3,
        "flip",
        "the column subject_id beside it says something else than the record.",
    ),
    "another key": (resigned, 3, "re-sign", f"it is signed with {OTHER}, while {FIRST} was the key then."),
    "unknown key": (unknown, 1, "re-sign", f"nobody knows the key {OTHER} that it is signed with."),
    "signature": (
        put(1, signature="0" * 128),
        2,
        "flip",
        "its signature was changed; its content is what the next record names.",
    ),
    "last signature": (
        put(3, signature="0" * 128),
        4,
        "re-sign",
        f"its signature is not by {FIRST}: somebody without that key wrote it.",
    ),
    "forged": (forged, 3, "re-sign", f"its signature is not by {FIRST}: somebody without that key wrote it."),
    "history": (
        rewritten(2, previous_hash="0" * 64),
        3,
        "fork",
        "it is signed, but it follows another record than the one before it: of another history.",
    ),
    "a note more": (
        put(2, personal=(Personal("note", SALT, canonical("x")),)),
        3,
        "insert",
        "it was made without a note, and one lies beside it.",
    ),
    "another note": (
        put(1, personal=(Personal("note", SALT, canonical("x")),)),
        2,
        "flip",
        "its note is not what was hashed.",
    ),
    "two notes": (
        lambda log: put(1, personal=log.records[1].personal * 2)(log),
        2,
        "insert",
        "it was made without a note, and one lies beside it.",
    ),
    "note without salt": (
        put(1, personal=(Personal("note", None, canonical("said")),)),
        2,
        "flip",
        "its note is gone, and no record says who erased it.",
    ),
    "note gone": (
        put(1, personal=(Personal("note", None, None),)),
        2,
        "flip",
        "its note is gone, and no record says who erased it.",
    ),
    "note row gone": (put(1, personal=()), 2, "flip", "its note is gone, with the place where it lay."),
}


def vars_of(kept: KeptRecord) -> dict[str, object]:
    """The fields of a record as it is kept."""
    return {name: getattr(kept, name) for name in ("text", "hash", "signature", "columns")}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_told_where_and_how(name: str) -> None:
    change, number, kind, sentence = CASES[name]
    log = made()
    change(log)
    fault = log.verified(with_anchors=False).fault
    wanted = (number if name != "number" else 3, kind, sentence, False)
    assert fault is not None
    assert (fault.number, fault.kind, fault.sentence, fault.is_told_by_anchor) == wanted


def test_a_whole_log_of_another_key_is_told() -> None:
    log = Log([KEYS[1]])
    log.add()
    assert log.verified(trusted=[made().public_keys[0]]).fault == Fault(
        1,
        "re-sign",
        f"the log is signed with {OTHER}, which is none of the keys that are trusted: it may have been written anew as "
        "a whole.",
    )


def test_what_anchors_alone_tell_is_told() -> None:
    log = made(5)
    del log.records[3:]
    assert log.verified().fault == Fault(
        4,
        "cut",
        "the log ends with 3, and 5 records were anchored: the newest are gone. A restored backup looks the same.",
        is_told_by_anchor=True,
    )
    log.anchors.pop()
    assert log.verified().fault is None
    log.records[1:] = []
    assert (log.verified().fault or Fault(0, "drop", "")).sentence.startswith("the log ends with 1, and 2 records")


def test_a_log_that_was_written_anew_is_told_by_its_anchors() -> None:
    log = made(4)
    del log.records[3:]
    log.add("action.deny")
    log.add()
    at = log.anchors[1].at
    sentence = f"another one was anchored on {at}. Everything after record 2 may have been written anew."
    assert log.verified().fault == Fault(4, "fork", sentence, is_told_by_anchor=True)
    foreign = Log([KEYS[1]])
    for _ in range(4):
        foreign.add()
    foreign.anchors = log.anchors
    fault = foreign.verified(trusted=[]).fault
    assert fault is not None
    assert (fault.number, fault.kind) == (2, "re-sign")
    assert fault.sentence.endswith("Everything after record 0 may have been written anew.")


@pytest.mark.parametrize("change", [{"hash": "0" * 64}, {"tenant_id": "rival"}, {"key_id": OTHER}, {"public_key": "x"}])
def test_an_anchor_that_was_changed_is_told(change: dict[str, str]) -> None:
    log = made()
    log.anchors[0] = replace(log.anchors[0], **change)  # type: ignore[arg-type]
    assert log.verified().fault == Fault(
        2, "flip", "the anchor of it was changed: it is not signed by the key that it names.", is_told_by_anchor=True
    )


def test_an_end_of_a_log_that_goes_wrong_before_is_not_called_cut() -> None:
    log = made(5)
    del log.records[3:]
    put(2, hash="0" * 64)(log)
    fault = log.verified().fault
    assert (fault.number, fault.kind) == (3, "flip")  # type: ignore[union-attr]


def test_a_log_is_followed_up_to_its_fault() -> None:
    log = made()
    put(2, hash="0" * 64)(log)
    verdict = log.verified()
    assert verdict.reached == Reached(2, log.records[1].hash, FIRST)
    assert verdict.sentence == "Record 3 is where it goes wrong (flip): its content is not what was hashed."
    assert verdict.key_ids == (FIRST,)


def test_where_nothing_was_checked_before_no_key_is_asked_for() -> None:
    """What is checked from the middle on may be signed by keys that nobody trusts: the beginning was checked before."""
    log = made()
    since = Reached(2, log.records[1].hash, FIRST)
    rest = verify("acme", log.records[2:], known_keys=log.public_keys, trusted_keys=[bytes(32)], since=since)
    assert rest.fault is None
