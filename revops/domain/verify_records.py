"""Checks a chain of decision records: that none was changed, and where the first one was.

The chain alone shows what was changed, dropped, inserted or put in another order by anybody without the key. It cannot
show that its newest records were cut off, nor that somebody with the key (a former one too) wrote its end anew: only an
anchor outside of the table does. And it cannot say whose keys they are: that is what the trusted ones are for. A key
vouches for all records before one that it signed, and for its successor by signing the record that names it.
"""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from revops.domain.decision_record import (
    ERASED,
    KEY_REPLACED,
    KEY_ROTATED,
    DecisionRecord,
    DecisionRecordError,
    hash_of,
    is_signed,
    key_id_of,
    moment,
    part_hash,
)
from revops.domain.kept_records import Anchors, KeptRecord
from revops.domain.record_faults import Erased, Fault, FaultKind, Reached, Verdict
from revops.domain.verify_anchors import contradicted


def verify(
    tenant_id: str,
    records: Sequence[KeptRecord],
    *,
    known_keys: Collection[bytes],
    trusted_keys: Collection[bytes] = (),
    anchors: Anchors = Anchors(),  # noqa: B008 - frozen and empty
    since: Reached = Reached(),  # noqa: B008 - likewise
    with_personal: bool = True,
) -> Verdict:
    """Check a tenant's records in the order in which they are kept, or those after `since`.

    `known_keys` are public keys from beside the records, `trusted_keys` from elsewhere: anchors that were kept
    elsewhere have some. Without any trusted key the records are checked against themselves alone.
    """
    trusted = {key_id_of(key): key for key in trusted_keys}
    keys = {key_id_of(key): key for key in known_keys} | trusted
    chain = _Chain(tenant_id, records, keys, frozenset(trusted), since, with_personal)
    fault = chain.walk()
    ends_with = chain.reached.number if fault is None else None
    told = contradicted(tenant_id, chain.hashes, chain.key_ids, ends_with, anchors)
    fault = told if told is not None and (fault is None or told.number < fault.number) else fault
    agreeing = [one for one in anchors.anchors if chain.hashes.get(one.number) == one.hash]
    newest = max(agreeing, key=lambda one: one.number, default=None)
    return Verdict(
        reached=chain.reached,
        fault=fault,
        erased=tuple(chain.erased),
        key_ids=tuple(chain.key_ids),
        anchored=newest.number if newest else 0,
        anchored_at=newest.at if newest else None,
        notes=tuple(_notes(chain, anchors, trusted)),
    )


@dataclass
class _Chain:
    tenant_id: str
    records: Sequence[KeptRecord]
    keys: dict[str, bytes]
    trusted: frozenset[str]
    reached: Reached
    with_personal: bool
    hashes: dict[int, str] = field(default_factory=dict)
    erased: list[Erased] = field(default_factory=list)
    key_ids: list[str] = field(default_factory=list)

    def walk(self) -> Fault | None:
        """Go along the records up to the first fault."""
        erasures = _erasures(self.records)
        begun = self.reached.number
        for place, kept in enumerate(self.records):
            fault = (
                self._order(place, kept)
                or self._content(kept)
                or self._signature(place, kept)
                or self._link(kept)
                or self._personal(kept, erasures)
            )
            if fault is not None:
                return fault
            self._go_on(kept)
        if begun == 0 and self.trusted and self.key_ids and not self.trusted & {*self.key_ids}:
            sentence = (
                f"the log is signed with {self.key_ids[-1]}, which is none of the keys that are trusted: it may have "
                "been written anew as a whole."
            )
            return Fault(1, "re-sign", sentence)
        return None

    def _go_on(self, kept: KeptRecord) -> None:
        record = kept.record
        self.hashes[kept.number] = kept.hash
        if record.key_id not in self.key_ids:
            self.key_ids.append(record.key_id)
        successor = _successor(record)
        if successor is not None:
            key_id, public_key = successor
            self.keys.setdefault(key_id, public_key)
            self.reached = Reached(kept.number, kept.hash, key_id)
        else:
            self.reached = Reached(kept.number, kept.hash, record.key_id)

    def _order(self, place: int, kept: KeptRecord) -> Fault | None:
        wanted = self.reached.number + 1
        if kept.number > wanted:
            if any(other.number == wanted for other in self.records[place:]):
                return Fault(wanted, "reorder", f"record {kept.number} stands in its place.")
            last = kept.number - 1
            which = f"record {wanted} is" if last == wanted else f"records {wanted} to {last} are"
            return Fault(wanted, "drop", f"{which} missing.")
        if kept.number < wanted:
            kind, sentence = self._again(kept)
            return Fault(kept.number, kind, sentence)
        return None

    def _again(self, kept: KeptRecord) -> tuple[FaultKind, str]:
        """A number that was there already: of another history, or simply put in."""
        before = self.hashes.get(kept.number - 1)
        try:
            record = kept.record
        except DecisionRecordError:
            return "insert", f"there is a second record {kept.number}."
        key = self.keys.get(record.key_id, b"")
        is_ours = hash_of(kept.text) == kept.hash and is_signed(kept.hash, kept.signature, key)
        if is_ours and record.previous_hash == before and kept.hash != self.hashes.get(kept.number):
            return "fork", f"two signed records {kept.number} follow the same one: the log was continued twice."
        return "insert", f"there is a second record {kept.number}."

    def _content(self, kept: KeptRecord) -> Fault | None:
        number = kept.number
        try:
            record = kept.record
        except DecisionRecordError:
            return Fault(number, "flip", "its text is no record any more.")
        if hash_of(kept.text) != kept.hash:
            return Fault(number, "flip", "its content is not what was hashed.")
        if record.number != number:
            is_swapped = any(other.number == record.number for other in self.records)
            kind: FaultKind = "reorder" if is_swapped else "flip"
            return Fault(number, kind, f"it says that it is record {record.number}.")
        if record.tenant_id != self.tenant_id:
            return Fault(number, "insert", f"it is of another tenant ({record.tenant_id}).")
        differing = [name for name, value in _columns(kept, record) if (kept.columns or {}).get(name) != value]
        if differing:
            return Fault(number, "flip", f"the column {differing[0]} beside it says something else than the record.")
        return None

    def _signature(self, place: int, kept: KeptRecord) -> Fault | None:
        record, number = kept.record, kept.number
        if self.reached.key_id not in (None, record.key_id) and not self._takes_over(record):
            return Fault(
                number, "re-sign", f"it is signed with {record.key_id}, while {self.reached.key_id} was the key then."
            )
        public_key = self.keys.get(record.key_id)
        if public_key is None:
            return Fault(number, "re-sign", f"nobody knows the key {record.key_id} that it is signed with.")
        if is_signed(kept.hash, kept.signature, public_key):
            return None
        following = self.records[place + 1] if place + 1 < len(self.records) else None
        if following is not None and _previous_hash(following) == kept.hash:
            return Fault(number, "flip", "its signature was changed; its content is what the next record names.")
        return Fault(number, "re-sign", f"its signature is not by {record.key_id}: somebody without that key wrote it.")

    def _takes_over(self, record: DecisionRecord) -> bool:
        """Whether a new key may begin here without the former one's signature: one that is trusted from elsewhere."""
        successor = _successor(record)
        return (
            record.kind == KEY_REPLACED
            and successor is not None
            and successor[0] == record.key_id
            and record.key_id in self.trusted
        )

    def _link(self, kept: KeptRecord) -> Fault | None:
        if kept.record.previous_hash == self.reached.hash:
            return None
        sentence = "it is signed, but it follows another record than the one before it: of another history."
        return Fault(kept.number, "fork", sentence)

    def _personal(self, kept: KeptRecord, erasures: Mapping[tuple[int, str], DecisionRecord]) -> Fault | None:
        if not self.with_personal:
            return None
        hashes = dict(kept.record.personal)
        for one in kept.personal:
            wanted = hashes.pop(one.part, None)
            if wanted is None:
                return Fault(kept.number, "insert", f"it was made without a {one.part}, and one lies beside it.")
            if one.salt is not None and one.content is not None:
                if part_hash(one.salt, one.content) != wanted:
                    return Fault(kept.number, "flip", f"its {one.part} is not what was hashed.")
                continue
            by = erasures.get((kept.number, one.part))
            if by is None:
                return Fault(kept.number, "flip", f"its {one.part} is gone, and no record says who erased it.")
            self.erased.append(Erased(kept.number, one.part, moment(by.at), by.actor.id))
        if hashes:
            return Fault(kept.number, "flip", f"its {next(iter(hashes))} is gone, with the place where it lay.")
        return None


def _notes(chain: _Chain, anchors: Anchors, trusted: Mapping[str, bytes]) -> list[str]:
    notes = [one.sentence for one in anchors.restored]
    if not trusted and chain.key_ids:
        notes.append(
            f"Nobody outside of the log vouches for its key {chain.key_ids[-1]}: give the public key that you know of."
        )
    if anchors.unreadable:
        notes.append(
            f"{anchors.unreadable} lines of anchors cannot be read, as after a crash while one was written; the others "
            "hold."
        )
    if not chain.with_personal:
        notes.append("What is personal was left out and was not checked.")
    return notes


def _erasures(records: Sequence[KeptRecord]) -> dict[tuple[int, str], DecisionRecord]:
    """Which record erased which part."""
    found: dict[tuple[int, str], DecisionRecord] = {}
    for kept in records:
        try:
            record = kept.record
        except DecisionRecordError:
            continue
        if record.kind == ERASED:
            for number, part in _named(record.data.get("parts")):
                found.setdefault((number, part), record)
    return found


def _named(parts: object) -> list[tuple[int, str]]:
    """What an erasure names; nothing of what is no list of parts, because nobody has checked the record yet."""
    if not isinstance(parts, list):
        return []
    pairs = [(one.get("number"), one.get("part")) for one in parts if isinstance(one, dict)]
    return [(number, part) for number, part in pairs if isinstance(number, int) and isinstance(part, str)]


def _successor(record: DecisionRecord) -> tuple[str, bytes] | None:
    """The key that signs from the next record on (rotated), or from this one on (replaced)."""
    if record.kind not in (KEY_ROTATED, KEY_REPLACED):
        return None
    try:
        public_key = base64.b64decode(record.data["public_key"], validate=True)
    except (KeyError, TypeError, ValueError):
        return None
    return key_id_of(public_key), public_key


def _columns(kept: KeptRecord, record: DecisionRecord) -> list[tuple[str, object]]:
    if kept.columns is None:
        return []
    return [
        ("tenant_id", record.tenant_id),
        ("at", record.at),
        ("kind", record.kind),
        ("subject_type", record.subject.type),
        ("subject_id", record.subject.id),
    ]


def _previous_hash(kept: KeptRecord) -> str | None:
    try:
        return kept.record.previous_hash
    except DecisionRecordError:
        return None
