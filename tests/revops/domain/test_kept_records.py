"""Lines of anchors as a crash, a restored backup or somebody else may have left them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from revops.domain.decision_record import DecisionRecordError
from revops.domain.kept_records import Anchors, Personal, Restored, anchor_of, read_anchors
from tests.revops.domain.logs import written

LOG = written(9)
FIRST, LAST = LOG.anchors
RESTORED = Restored("acme", 3, 9, "2026-11-02T00:00:00.000Z", "ada")


def test_an_anchor_and_a_restored_backup_are_read_as_they_were_written() -> None:
    assert read_anchors(f"{FIRST.line}\n{LAST.line}\n") == Anchors((FIRST, LAST))
    assert json.loads(FIRST.line) == asdict(FIRST)
    assert list(json.loads(RESTORED.line)) == sorted(asdict(RESTORED))
    assert read_anchors("") == Anchors()
    assert read_anchors("\n  \n") == Anchors()


@pytest.mark.parametrize(
    "line",
    [
        FIRST.line[:-1],
        "[]",
        "7",
        "null",
        "[" * 100_000,
        json.dumps({**asdict(FIRST), "number": "3"}),
        json.dumps({**asdict(FIRST), "number": True}),
        json.dumps({**asdict(FIRST), "hash": None}),
        json.dumps({**asdict(FIRST), "more": 1}),
        json.dumps({name: value for name, value in asdict(FIRST).items() if name != "at"}),
        json.dumps({**asdict(RESTORED), "lost": "9"}),
    ],
)
def test_a_line_that_is_none_is_counted_and_spoils_no_other(line: str) -> None:
    assert read_anchors(f"{FIRST.line}\n{line}\n{LAST.line}\n{line}\n") == Anchors((FIRST, LAST), 2)


def test_a_restored_backup_ends_anchors_after_it_and_none_before_or_later() -> None:
    text = "\n".join((FIRST.line, LAST.line, RESTORED.line))
    assert read_anchors(text) == Anchors((FIRST,), 0, (RESTORED,))
    assert read_anchors(f"{text}\n{LAST.line}") == Anchors((FIRST, LAST), 0, (RESTORED,))
    earlier = replace(RESTORED, number=2)
    assert read_anchors(f"{text}\n{earlier.line}") == Anchors((), 0, (RESTORED, earlier))
    assert RESTORED.sentence == (
        "A backup was restored on 2026-11-02T00:00:00.000Z by ada: the records 4 to 9 of before are gone."
    )


def test_two_places_that_say_the_same_say_it_once() -> None:
    one, other = Anchors((FIRST,), 1, (RESTORED,)), Anchors((FIRST, LAST), 2, (RESTORED,))
    assert one + other == Anchors((FIRST, LAST), 3, (RESTORED,))
    assert (one + other).newest == LAST
    assert Anchors().newest is None


def test_a_key_that_is_none_has_no_bytes() -> None:
    assert len(FIRST.key) == 32
    for text in ("x", "é", "ab cd", FIRST.public_key + "!"):
        assert replace(FIRST, public_key=text).key == b""


def test_an_anchor_is_made_of_a_record_under_its_own_number() -> None:
    kept = LOG.records[2]
    assert anchor_of(kept, FIRST.public_key) == FIRST
    with pytest.raises(DecisionRecordError, match="Record 4 says it is record 3"):
        anchor_of(replace(kept, number=4), FIRST.public_key)


def test_a_part_is_told_until_it_was_erased() -> None:
    kept = replace(LOG.records[5], personal=(Personal("note", "00", '"why"'), Personal("actor", None, None)))
    assert (kept.told("note"), kept.told("actor")) == ("why", None)
    assert replace(kept, personal=()).told("note") is None
