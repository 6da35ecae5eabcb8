"""No log that was tampered with passes; one that was not does, also with rotated keys and erased notes."""

from __future__ import annotations

import base64
import random
from collections import Counter
from dataclasses import replace

import pytest

from revops.domain.kept_records import Anchors, read_anchors
from revops.domain.record_faults import Fault, Reached, Verdict
from revops.domain.verify_records import verify
from tests.revops.domain.logs import AT, Log, key_id, new_key, public, written
from tests.revops.domain.tampering import WAYS, Way, tampered

RUNS = 12
CHAOS_RUNS = 10_000


@pytest.mark.parametrize("count", [1, 2, 5, 6, 23])
def test_a_log_that_nobody_touched_is_right(count: int) -> None:
    log = written(count)
    verdict = log.verified()
    assert verdict.fault is None
    assert verdict.reached == Reached(count, log.records[-1].hash, key_id(log.keys[-1]))
    assert (verdict.anchored, verdict.anchored_at) == (count, f"2026-11-01T12:{30 + count}:00.000Z")
    assert verdict.sentence == f"All {count} records are right, anchored up to {count} ({verdict.anchored_at})."
    assert verdict.notes == ()


def test_an_empty_log_is_right() -> None:
    assert Log().verified().sentence == "There is no record yet."


def test_without_anchors_it_says_so() -> None:
    assert written(3).verified(with_anchors=False).sentence == "All 3 records are right, not anchored."


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_tampering_is_found_and_named(way: Way) -> None:
    for seed in range(RUNS):
        log = tampered(way, random.Random(seed))
        verdict = log.verified()
        assert verdict.fault is not None, seed
        assert verdict.fault.kind in way.kinds, (seed, verdict.fault)
        assert verdict.sentence.startswith(f"Record {verdict.fault.number} is where it goes wrong")


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_only_something_outside_tells_passes_without_it(way: Way) -> None:
    for seed in range(RUNS):
        log = tampered(way, random.Random(seed))
        inside = log.verified(with_anchors=False, trusted=[])
        assert (inside.fault is None) == bool(way.needs), (seed, inside.fault)
        if way.needs == "anchor":
            assert log.verified().fault == replace(log.verified().fault, is_told_by_anchor=True)  # type: ignore[type-var]
        if way.needs == "trusted key":
            found = log.verified(with_anchors=False).fault
            assert found is not None
            assert "none of the keys that are trusted" in found.sentence


@pytest.mark.chaos
def test_ten_thousand_tampered_logs_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    found, by_anchor, by_key, undetected = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for seed in range(CHAOS_RUNS):
        name = [*WAYS][seed % len(WAYS)]
        log = tampered(WAYS[name], random.Random(seed))
        if log.verified(with_anchors=False, trusted=[]).fault is not None:
            found[name] += 1
        elif log.verified(with_anchors=False).fault is not None:
            by_key[name] += 1
        elif log.verified().fault is not None:
            by_anchor[name] += 1
        else:
            undetected[name] += 1
    with capsys.disabled():
        print(f"\n{CHAOS_RUNS} tampered logs: undetected {undetected.total()}")  # noqa: T201
        for name in WAYS:
            print(  # noqa: T201
                f"  {name:35} by the log {found[name]:4}  by a trusted key alone {by_key[name]:4}"
                f"  by an anchor alone {by_anchor[name]:4}  not {undetected[name]:4}"
            )
    assert undetected.total() == 0
    assert {name for name, count in by_anchor.items() if count} == {n for n, w in WAYS.items() if w.needs == "anchor"}


def test_the_first_fault_is_told_where_there_are_several() -> None:
    log = written(12)
    for place in (8, 4):
        log.records[place] = replace(log.records[place], hash="0" * 64)
    fault = log.verified().fault
    assert (fault.number, fault.kind) == (5, "flip")  # type: ignore[union-attr]


def test_an_anchor_tells_an_earlier_fault_than_the_chain() -> None:
    log = Log()
    for _ in range(3):
        log.add()
    log.anchor()
    log.anchors[0] = replace(log.anchors[0], hash=log.records[0].hash, signature=log.records[0].signature)
    log.add()
    log.records[3] = replace(log.records[3], text="{}")
    assert log.verified().fault == Fault(
        3,
        "fork",
        f"another one was anchored on {log.anchors[0].at}. Everything after record 0 may have been written anew.",
        is_told_by_anchor=True,
    )


def test_an_erased_note_shows_as_erased_by_whom_and_when() -> None:
    verdict = written(9).verified()
    assert verdict.fault is None
    assert [one.sentence for one in verdict.erased] == [
        "the note of record 3 was erased on 2026-11-01T12:34:00.000Z by person_9"
    ]


def test_a_rotated_key_vouches_for_its_successor_and_the_successor_for_what_was_before() -> None:
    log = written(9)
    assert len(log.keys) == 2
    first, second = log.public_keys
    for trusted in ([first], [second], [first, second]):
        verdict = verify("acme", log.records, known_keys=log.public_keys, trusted_keys=trusted)
        assert verdict.fault is None
        assert verdict.key_ids == tuple(key_id(key) for key in log.keys)
    assert verify("acme", log.records, known_keys=[first], trusted_keys=[first]).fault is None


def test_a_key_that_took_over_a_lost_one_must_be_trusted_from_elsewhere() -> None:
    log = Log()
    log.add()
    log.replace_key()
    log.add()
    assert log.verified(trusted=log.public_keys).fault is None
    assert log.verified(trusted=log.public_keys[1:]).fault is None
    fault = log.verified().fault
    assert (fault.number, fault.kind) == (2, "re-sign")  # type: ignore[union-attr]


def test_without_a_trusted_key_it_says_that_nobody_vouches() -> None:
    log = written(3)
    verdict = log.verified(trusted=[])
    assert verdict.fault is None
    (note,) = verdict.notes
    assert key_id(log.keys[0]) in note


def test_a_log_of_unknown_keys_is_not_ours() -> None:
    log = written(3)
    verdict = verify("acme", log.records, known_keys=[], trusted_keys=[public(new_key())])
    assert verdict.fault is not None
    assert "nobody knows the key" in verdict.fault.sentence


def test_checking_goes_on_from_where_it_was_right() -> None:
    log = written(12)
    half = verify("acme", log.records[:7], known_keys=log.public_keys)
    rest = verify("acme", log.records[7:], known_keys=log.public_keys, since=half.reached)
    assert rest.fault is None
    assert rest.reached == log.verified().reached
    wrong = replace(half.reached, hash="0" * 64)
    fault = verify("acme", log.records[7:], known_keys=log.public_keys, since=wrong).fault
    assert (fault.number, fault.kind) == (8, "fork")  # type: ignore[union-attr]


def test_a_torn_last_line_of_anchors_is_a_note_and_no_fault() -> None:
    log = written(9)
    text = "\n".join([*(one.line for one in log.anchors), log.anchors[-1].line[:40]])
    anchors = read_anchors(text)
    assert (len(anchors.anchors), anchors.unreadable) == (2, 1)
    verdict = verify("acme", log.records, known_keys=log.public_keys, trusted_keys=log.public_keys, anchors=anchors)
    assert verdict.fault is None
    assert verdict.anchored == 9
    assert "1 lines of anchors cannot be read" in verdict.notes[0]


def test_a_lost_last_anchor_leaves_the_ones_before() -> None:
    log = written(9)
    del log.anchors[-1]
    verdict = log.verified()
    assert (verdict.fault, verdict.anchored) == (None, 3)


def test_a_changed_anchor_is_told_from_a_changed_record() -> None:
    log = written(9)
    log.anchors[0] = replace(log.anchors[0], hash="0" * 64)
    fault = log.verified().fault
    assert fault is not None
    assert "the anchor of it was changed" in fault.sentence


def test_what_is_personal_may_be_left_out() -> None:
    log = written(9)
    bare = [replace(one, personal=()) for one in log.records]
    verdict = verify("acme", bare, known_keys=[], trusted_keys=log.public_keys, with_personal=False)
    assert verdict.fault is None
    assert "was not checked" in verdict.notes[0]


@pytest.mark.parametrize("parts", [None, 7, "x", [7], [{}], [{"number": [], "part": {}}], {"a": 1}])
def test_an_erasure_that_names_nothing_sensible_excuses_nothing(parts: object) -> None:
    log = Log()
    log.add(note="n")
    log.add("erased", data={"parts": parts})
    assert log.verified().fault is None
    log.records[0] = replace(log.records[0], personal=())
    assert log.verified().fault is not None


@pytest.mark.parametrize(
    "public_key", ["", "x", base64.b64encode(b"short").decode(), 7, "!" + base64.b64encode(bytes(32)).decode()]
)
def test_a_rotation_to_what_is_no_key_ends_the_log(public_key: object) -> None:
    log = Log()
    log.add("key_rotated", data={"public_key": public_key})
    log.add()
    fault: Fault | None = log.verified().fault
    is_key = isinstance(public_key, str) and not public_key.startswith(("x", "!"))
    assert (fault is not None) == is_key
    assert isinstance(log.verified(), Verdict)


def test_two_places_of_anchors_are_read_together() -> None:
    log = written(9)
    first, second = log.anchors
    both = Anchors((first,), 1) + Anchors((first, second), 1)
    assert both == Anchors((first, second), 2)
    assert both.newest == second
    assert Anchors().newest is None
    assert AT.year == 2026
