"""What somebody who can write the table may do to a log, with or without a key; each returns the tampered log.

`kinds` are the words the verifier may use for it: some things look alike (a record taken out whose followers were
renumbered is a changed number).
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from revops.domain.decision_record import canonical, hash_of
from revops.domain.kept_records import KeptRecord, Personal, anchor_of
from tests.revops.domain.logs import ERASURE, SALT, Log, key_id, new_key, sealed, written

Tamper = Callable[[Log, random.Random], Log]


@dataclass(frozen=True)
class Way:
    """One way to tamper. `needs` is what tells where the records do not: an anchor, or a trusted key."""

    tamper: Tamper
    kinds: frozenset[str]
    needs: str = ""


def _place(log: Log, rng: random.Random) -> int:
    return rng.randrange(len(log.records))


def _changed(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text))
    flipped = chr(ord(text[place]) ^ (1 << rng.randrange(7)))
    return text[:place] + flipped + text[place + 1 :]


def _with(log: Log, place: int, kept: KeptRecord) -> Log:
    log.records[place] = kept
    return log


def flip_stored(log: Log, rng: random.Random) -> Log:
    """One bit of the text, the hash or the signature."""
    place, name = _place(log, rng), rng.choice(["text", "hash", "signature"])
    kept = log.records[place]
    return _with(log, place, replace(kept, **{name: _changed(getattr(kept, name), rng)}))


def flip_and_hash_anew(log: Log, rng: random.Random) -> Log:
    """An amount changed and the hash with it; the signature stays."""
    place = _place(log, rng)
    kept = log.records[place]
    text = kept.text.replace('"kind":"', '"kind":"x', 1)
    return _with(log, place, replace(kept, text=text, hash=hash_of(text)))


def flip_column(log: Log, rng: random.Random) -> Log:
    """What a page searches by says something else than the record."""
    place = _place(log, rng)
    kept = log.records[place]
    assert kept.columns is not None
    name = rng.choice(["kind", "subject_type", "subject_id", "tenant_id"])
    return _with(log, place, replace(kept, columns={**kept.columns, name: _changed(kept.columns[name], rng)}))


def _noted(log: Log, rng: random.Random) -> int:
    return rng.choice([place for place, one in enumerate(log.records) if one.personal and one.personal[0].salt])


def flip_note(log: Log, rng: random.Random) -> Log:
    """Somebody never wrote that."""
    place = _noted(log, rng)
    note = log.records[place].personal[0]
    assert note.content is not None
    assert note.salt is not None
    other = [replace(note, content=_changed(note.content, rng)), replace(note, salt=_changed(note.salt, rng))]
    return _with(log, place, replace(log.records[place], personal=(rng.choice(other),)))


def erase_silently(log: Log, rng: random.Random) -> Log:
    """A note is emptied, or its row deleted, and no record says so."""
    place = _noted(log, rng)
    gone = rng.choice([(), (Personal("note", None, None),)])
    return _with(log, place, replace(log.records[place], personal=gone))


def add_note(log: Log, rng: random.Random) -> Log:
    """Words are put into somebody's mouth."""
    place = rng.choice([place for place, one in enumerate(log.records) if not one.personal])
    return _with(log, place, replace(log.records[place], personal=(Personal("note", SALT, canonical("I agree")),)))


def drop(log: Log, rng: random.Random) -> Log:
    """One or several in the middle are gone."""
    first = rng.randrange(ERASURE, len(log.records) - 1)
    last = rng.randrange(first + 1, len(log.records))
    del log.records[first:last]
    return log


def drop_and_renumber(log: Log, rng: random.Random) -> Log:
    """One is gone and those after it are moved up."""
    place = rng.randrange(ERASURE, len(log.records) - 1)
    del log.records[place]
    log.records[place:] = [replace(one, number=one.number - 1) for one in log.records[place:]]
    return log


def insert_copy(log: Log, rng: random.Random) -> Log:
    """A genuine record once more, somewhere after itself."""
    place = _place(log, rng)
    log.records.insert(rng.randrange(place + 1, len(log.records) + 1), log.records[place])
    return log


def insert_and_renumber(log: Log, rng: random.Random) -> Log:
    """A genuine record once more under the next number, the others moved down."""
    place = _place(log, rng)
    moved = [replace(one, number=one.number + 1) for one in log.records[place:]]
    log.records[place:] = [log.records[place], *moved]
    return log


def insert_of_another_tenant(log: Log, rng: random.Random) -> Log:
    """A record of another tenant's log, in the place of ours; its key is known."""
    other = Log(tenant_id="rival")
    place = _place(log, rng)
    for _ in range(place + 1):
        other.add()
    log.keys.insert(0, other.keys[0])
    log.keys.append(log.keys.pop(0))
    return _with(log, place, other.records[place])


def reorder(log: Log, rng: random.Random) -> Log:
    """Two stand in each other's place."""
    one, other = rng.sample(range(len(log.records)), 2)
    log.records[one], log.records[other] = log.records[other], log.records[one]
    return log


def reorder_under_their_numbers(log: Log, rng: random.Random) -> Log:
    """Two stand under each other's number."""
    one, other = rng.sample(range(len(log.records)), 2)
    first, second = log.records[one], log.records[other]
    log.records[one] = replace(second, number=first.number)
    log.records[other] = replace(first, number=second.number)
    return log


def cut(log: Log, rng: random.Random) -> Log:
    """The newest are gone, at least one that was anchored."""
    del log.records[rng.randrange(ERASURE, len(log.records)) :]
    return log


def _rewritten(log: Log, place: int, key: Ed25519PrivateKey, count: int) -> Log:
    """From a place on everything is written anew with one key."""
    del log.records[place:]
    while len(log.records) < count:
        log.add("action.deny", key=key)
    return log


def fork_with_the_key(log: Log, rng: random.Random) -> Log:
    """Somebody with the key of now writes the end anew."""
    count, first = len(log.records), log.records[-1].record
    since = next(one.number for one in log.records if one.record.key_id == first.key_id)
    place = rng.randrange(max(since - 1, 1), count)
    return _rewritten(log, place, log.keys[-1], rng.randrange(count, count + 3))


def fork_continued_twice(log: Log, rng: random.Random) -> Log:
    """Two signed records follow the same one."""
    other = log.copy()
    del other.records[-1]
    other.add("action.deny")
    log.records.append(other.records[-1])
    return log


def resign_one_with_own_key(log: Log, rng: random.Random) -> Log:
    """One record is written anew with a key of the attacker's, who also lists it."""
    place, own = _place(log, rng), new_key()
    log.keys.insert(0, own)
    log.keys.append(log.keys.pop(0))
    record = replace(log.records[place].record, kind="action.deny", key_id=key_id(own))
    return _with(log, place, sealed(record, own, log.records[place].personal))


def resign_all_with_own_key(log: Log, rng: random.Random) -> Log:
    """The whole log is written anew with a key of the attacker's."""
    own = new_key()
    log.keys.append(own)
    return _rewritten(log, 0, own, len(log.records))


def resign_under_a_false_name(log: Log, rng: random.Random) -> Log:
    """Signed with the attacker's key, while the record names ours."""
    place = _place(log, rng)
    record = replace(log.records[place].record, kind="action.deny")
    return _with(log, place, sealed(record, new_key(), log.records[place].personal))


def resign_with_rotated_key(log: Log, rng: random.Random) -> Log:
    """The end is written anew with a key that was retired before."""
    since = next(place for place, one in enumerate(log.records) if one.record.key_id == key_id(log.keys[-1]))
    return _rewritten(log, rng.randrange(since, len(log.records)), log.keys[0], len(log.records))


def resign_from_before_the_rotation(log: Log, rng: random.Random) -> Log:
    """The rotation never happened: somebody with the former key writes everything from before it anew."""
    rotation = next(place for place, one in enumerate(log.records) if one.record.kind == "key_rotated")
    return _rewritten(log, rng.randrange(ERASURE, rotation + 1), log.keys[0], len(log.records))


def replace_key_with_own(log: Log, rng: random.Random) -> Log:
    """A key of the attacker's takes over, as if ours had been lost."""
    del log.records[-1]
    log.replace_key()
    return log


def drop_an_anchored_end_and_its_anchor(log: Log, rng: random.Random) -> Log:
    """An anchor is written for another end by somebody without the key."""
    own = new_key()
    log.keys.append(own)
    del log.records[-1]
    log.add("action.deny", key=own)
    log.anchors[-1] = anchor_of(log.records[-1], base64.b64encode(log.public_keys[-1]).decode())
    return log


WAYS = {
    "flip: a bit": Way(flip_stored, frozenset(("flip", "re-sign"))),
    "flip: content and hash": Way(flip_and_hash_anew, frozenset(("flip", "re-sign"))),
    "flip: a column": Way(flip_column, frozenset(("flip",))),
    "flip: a note": Way(flip_note, frozenset(("flip",))),
    "flip: erased silently": Way(erase_silently, frozenset(("flip",))),
    "insert: a note": Way(add_note, frozenset(("insert",))),
    "drop": Way(drop, frozenset(("drop",))),
    "drop: renumbered": Way(drop_and_renumber, frozenset(("flip", "reorder"))),
    "insert: a copy": Way(insert_copy, frozenset(("insert",))),
    "insert: renumbered": Way(insert_and_renumber, frozenset(("reorder",))),
    "insert: another tenant's": Way(insert_of_another_tenant, frozenset(("insert",))),
    "reorder": Way(reorder, frozenset(("reorder",))),
    "reorder: under their numbers": Way(reorder_under_their_numbers, frozenset(("reorder",))),
    "cut the newest": Way(cut, frozenset(("cut",)), needs="anchor"),
    "fork: with the key": Way(fork_with_the_key, frozenset(("fork",)), needs="anchor"),
    "fork: continued twice": Way(fork_continued_twice, frozenset(("fork",))),
    "re-sign: one, own key": Way(resign_one_with_own_key, frozenset(("re-sign",))),
    "re-sign: all, own key": Way(resign_all_with_own_key, frozenset(("re-sign",)), needs="trusted key"),
    "re-sign: under our key's name": Way(resign_under_a_false_name, frozenset(("re-sign",))),
    "re-sign: the end, rotated key": Way(resign_with_rotated_key, frozenset(("re-sign",))),
    "re-sign: before the rotation": Way(
        resign_from_before_the_rotation, frozenset(("fork", "re-sign")), needs="anchor"
    ),
    "re-sign: own key takes over": Way(replace_key_with_own, frozenset(("re-sign",))),
    "re-sign: end and anchor, own key": Way(drop_an_anchored_end_and_its_anchor, frozenset(("re-sign",))),
}


def tampered(way: Way, rng: random.Random) -> Log:
    """A log of some length, tampered with."""
    return way.tamper(_base(rng.randrange(8, 24)).copy(), rng)


_written: dict[int, Log] = {}


def _base(count: int) -> Log:
    if count not in _written:
        _written[count] = written(count)
    return _written[count]
