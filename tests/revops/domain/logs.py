"""Logs of decision records in memory: written as the store writes them, so that they can be tampered with."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from revops.domain.decision_record import (
    ERASED,
    KEY_REPLACED,
    KEY_ROTATED,
    Actor,
    DecisionRecord,
    Subject,
    canonical,
    key_id_of,
    part_hash,
    seal,
)
from revops.domain.kept_records import Anchor, Anchors, KeptRecord, Personal, anchor_of
from revops.domain.record_faults import Verdict
from revops.domain.verify_records import verify

AT = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
SALT = "5a" * 16
# The number under which a written log notes that the note of 3 was erased.
ERASURE = 4


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def key_id(key: Ed25519PrivateKey) -> str:
    return key_id_of(public(key))


def new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@dataclass
class Log:
    """A tenant's records, the keys they were signed with (the last is the one of now), and their anchors."""

    keys: list[Ed25519PrivateKey] = field(default_factory=lambda: [new_key()])
    records: list[KeptRecord] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    tenant_id: str = "acme"

    @property
    def public_keys(self) -> list[bytes]:
        return [public(key) for key in self.keys]

    def add(
        self,
        kind: str = "action.approve",
        *,
        data: Mapping[str, Any] | None = None,
        note: str | None = None,
        by: str = "person_1",
        subject: str = "act_1",
        version: int | None = 1,
        key: Ed25519PrivateKey | None = None,
    ) -> KeptRecord:
        """One more record, signed with the key of now or another."""
        number = len(self.records) + 1
        content = None if note is None else canonical(note)
        record = DecisionRecord(
            tenant_id=self.tenant_id,
            number=number,
            at=AT + timedelta(minutes=number),
            kind=kind,
            subject=Subject("action", subject, version, "ab" * 32 if version else None),
            actor=Actor(by, "approver", "slack"),
            data=data or {"amount_minor": 1999, "currency": "usd"},
            personal={} if content is None else {"note": part_hash(SALT, content)},
            previous_hash=self.records[-1].hash if self.records else None,
            key_id=key_id(key or self.keys[-1]),
        )
        personal = () if content is None else (Personal("note", SALT, content),)
        kept = sealed(record, key or self.keys[-1], personal)
        self.records.append(kept)
        return kept

    def anchor(self) -> None:
        """Anchor the head."""
        signed_by = self.records[-1].record.key_id
        public_key = next(public(key) for key in self.keys if key_id(key) == signed_by)
        self.anchors.append(anchor_of(self.records[-1], base64.b64encode(public_key).decode()))

    def rotate(self) -> None:
        """The former key names its successor."""
        key = new_key()
        self.add(KEY_ROTATED, data={"public_key": base64.b64encode(public(key)).decode()})
        self.keys.append(key)

    def replace_key(self) -> None:
        """The former key is lost: the new one names itself."""
        self.keys.append(new_key())
        self.add(KEY_REPLACED, data={"public_key": base64.b64encode(self.public_keys[-1]).decode()})

    def erase(self, number: int) -> None:
        """Erase a note, and say so."""
        self.records[number - 1] = replace(self.records[number - 1], personal=(Personal("note", None, None),))
        self.add(ERASED, data={"parts": [{"number": number, "part": "note"}]}, by="person_9")

    def copy(self) -> Log:
        return Log([*self.keys], [*self.records], [*self.anchors], self.tenant_id)

    def verified(self, *, trusted: Sequence[bytes] | None = None, with_anchors: bool = True) -> Verdict:
        """What the verifier says; by default the first key is trusted, as whoever set this up noted it."""
        return verify(
            self.tenant_id,
            self.records,
            known_keys=self.public_keys,
            trusted_keys=self.public_keys[:1] if trusted is None else trusted,
            anchors=Anchors(tuple(self.anchors)) if with_anchors else Anchors(),
        )


def sealed(record: DecisionRecord, key: Ed25519PrivateKey, personal: tuple[Personal, ...] = ()) -> KeptRecord:
    """A record signed with a key, under its own number and with the columns that a table has."""
    signed = seal(record, key)
    columns = {
        "tenant_id": record.tenant_id,
        "at": record.at,
        "kind": record.kind,
        "subject_type": record.subject.type,
        "subject_id": record.subject.id,
    }
    return KeptRecord(record.number, signed.text, signed.hash, signed.signature, personal, columns)


def written(count: int) -> Log:
    """A log with notes, a rotated key and an erased note, where it is long enough; anchored twice on its way."""
    log = Log()
    while len(log.records) < count:
        number = len(log.records) + 1
        if number == ERASURE and count > ERASURE:
            log.erase(3)
        elif number == max(ERASURE + 1, count // 2) and count > ERASURE:
            log.rotate()
        else:
            log.add(note=f"note {number}" if number % 3 == 0 else None, by=f"person_{number % 2}")
        if len(log.records) in (count // 3, count):
            log.anchor()
    return log
