"""One decision, written so that nobody can change it later without being seen.

A record is JSON in one canonical spelling (RFC 8785), so that its SHA-256 is the same on every machine. It names the
hash of the record before it, so a tenant's records are a chain, and an Ed25519 signature over the hash says that this
installation wrote it. Numbers count from 1 per tenant. There are no floats: money is integers, and two programs may
spell a float in two ways.

What identifies people is not in a record: the actor's id and what somebody typed lie apart, and the record holds a
SHA-256 of each with a random salt. So they can be erased while the chain stays whole, and nobody finds out by guessing
what they were. They have a salt each, because a customer's erasure takes the note and leaves who decided. The record
names its actor by a random pseudonym, which survives: it says that two approvals were two people's, and "erased by",
after the table that knows who it is has forgotten.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from revops.errors import RevopsError

# What lies apart: who decided, and what they wrote.
Part = Literal["actor", "note"]
PARTS: tuple[Part, ...] = ("actor", "note")

# Names this layout in every record, so that a later one is told from it.
FORMAT = 1
# Kinds that the chain itself knows; all others belong to what was decided.
ERASED, KEY_ROTATED, KEY_REPLACED = "erased", "key_rotated", "key_replaced"
# A signature made for something else with the same key must not pass for one of a record.
_SIGNED_FOR = b"leaks decision record\x00"
_FIELDS = frozenset(
    ("format", "tenant_id", "number", "at", "kind", "subject", "actor", "data", "personal", "previous_hash", "key_id")
)
_SUBJECT_FIELDS = frozenset(("type", "id", "version", "version_hash"))
_ACTOR_FIELDS = frozenset(("id", "role", "channel"))
_HASH = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
# JSON readers of other languages keep integers exact only this far (RFC 8785 refuses the rest).
_MAX_INTEGER = 2**53 - 1


class DecisionRecordError(RevopsError):
    """Something cannot stand in a record, or is none."""


class DecisionInputError(DecisionRecordError):
    """A file or a public key that somebody gave is none."""

    exit_code = 2


@dataclass(frozen=True)
class Entry:
    """What is to be recorded.

    `kind` is `action.<transition>` or `leak.<transition>`. `actor_id` is a person's id (`slack:<team>:<user>`,
    `web:<e-mail>`, `cli:<user>`) or, without a colon, the name of a part of this program (`worker`). `data` is JSON
    without floats and without anything personal; what a person typed is the `note`.
    """

    kind: str
    subject_type: str
    subject_id: str
    version: int | None
    version_hash: str | None
    actor_id: str
    actor_role: str
    channel: str
    data: Mapping[str, Any]
    note: str | None = field(default=None, repr=False)

    @property
    def is_by_person(self) -> bool:
        """Whether a person decided, whose id must lie apart."""
        return ":" in self.actor_id


@dataclass(frozen=True)
class Subject:
    """What was decided about; a leak has no version."""

    type: str
    id: str
    version: int | None
    version_hash: str | None


@dataclass(frozen=True)
class Actor:
    """Who decided: a pseudonym, or the name of a part of this program."""

    id: str
    role: str
    channel: str


@dataclass(frozen=True)
class DecisionRecord:
    """What is hashed and signed. `at` is UTC in whole milliseconds; `personal` holds a salted hash per part."""

    tenant_id: str
    number: int
    at: datetime
    kind: str
    subject: Subject
    actor: Actor
    data: Mapping[str, Any]
    personal: Mapping[Part, str]
    previous_hash: str | None
    key_id: str


@dataclass(frozen=True)
class SignedRecord:
    """A record as it is kept: `text` is its canonical JSON, `hash` of that, `signature` of the hash, both in hex."""

    record: DecisionRecord
    text: str
    hash: str
    signature: str


def seal(record: DecisionRecord, key: Ed25519PrivateKey) -> SignedRecord:
    """Spell, hash and sign a record. Raises DecisionRecordError for what cannot stand in one."""
    text = spell(record)
    digest = hash_of(text)
    return SignedRecord(record, text, digest, key.sign(_signed_bytes(digest)).hex())


def is_signed(digest: str, signature: str, public_key: bytes) -> bool:
    """Whether the signature (hex) over a record's hash is by the owner of a public key (32 raw bytes)."""
    if not _SIGNATURE.fullmatch(signature) or not _HASH.fullmatch(digest):
        return False  # `fromhex` takes other spellings of the same bytes, and every change must be seen
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(signature), _signed_bytes(digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def spell(record: DecisionRecord) -> str:
    """A record's canonical JSON. Raises DecisionRecordError."""
    subject, actor = record.subject, record.actor
    return canonical(
        {
            "format": FORMAT,
            "tenant_id": record.tenant_id,
            "number": record.number,
            "at": moment(record.at),
            "kind": record.kind,
            "subject": {
                "type": subject.type,
                "id": subject.id,
                "version": subject.version,
                "version_hash": subject.version_hash,
            },
            "actor": {"id": actor.id, "role": actor.role, "channel": actor.channel},
            "data": dict(record.data),
            "personal": dict(record.personal),
            "previous_hash": record.previous_hash,
            "key_id": record.key_id,
        }
    )


def read(text: str) -> DecisionRecord:
    """A record of its canonical JSON. Raises DecisionRecordError for every other text."""
    try:
        content = json.loads(text)
        record = _record(content)
        same = spell(record) == text
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        raise DecisionRecordError(f"This is no decision record: {type(error).__name__}.") from None
    if not same:
        raise DecisionRecordError("This is no decision record: it is not spelled as RFC 8785 has it.")
    return record


def canonical(value: Any) -> str:
    """JSON in its one spelling. Raises DecisionRecordError for floats, long integers and half characters."""
    _refuse_unspellable(value, "")
    try:
        return rfc8785.dumps(value).decode()
    except rfc8785.CanonicalizationError as error:
        raise DecisionRecordError(f"A decision record cannot hold this: {error}.") from error


def hash_of(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def part_hash(salt: str, content: str) -> str:
    """What a record holds of a part that lies apart: SHA-256 of its salt, a zero byte and its canonical JSON.

    Neither can contain that byte, so nothing can be moved from one to the other.
    """
    return hashlib.sha256(f"{salt}\0{content}".encode("utf-8", "surrogatepass")).hexdigest()


def key_id_of(public_key: bytes) -> str:
    """A key's name: it follows from the key, so that no other key can be given the same."""
    return f"ed25519:{hashlib.sha256(public_key).hexdigest()[:32]}"


def moment(at: datetime) -> str:
    """`2026-11-22T03:37:07.123Z`. Raises DecisionRecordError for a time without a zone."""
    if at.tzinfo is None:
        raise DecisionRecordError("A time without a zone is no moment; record aware datetimes (UTC).")
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def without_half_characters(text: str) -> str:
    """What strangers type may hold half a character, which UTF-8 cannot spell."""
    return text.encode("utf-8", "replace").decode()


def _signed_bytes(digest: str) -> bytes:
    return _SIGNED_FOR + bytes.fromhex(digest)


def _record(content: Any) -> DecisionRecord:
    subject, actor = content["subject"], content["actor"]
    fields = ((content, _FIELDS), (subject, _SUBJECT_FIELDS), (actor, _ACTOR_FIELDS))
    if any(set(given) != wanted for given, wanted in fields) or content["format"] != FORMAT:
        raise DecisionRecordError("This is no decision record: other fields, or another format.")
    return DecisionRecord(
        tenant_id=_text(content["tenant_id"]),
        number=_count(content["number"]),
        at=datetime.fromisoformat(_text(content["at"])),
        kind=_text(content["kind"]),
        subject=Subject(
            type=_text(subject["type"]),
            id=_text(subject["id"]),
            version=None if subject["version"] is None else _count(subject["version"]),
            version_hash=None if subject["version_hash"] is None else _text(subject["version_hash"]),
        ),
        actor=Actor(id=_text(actor["id"]), role=_text(actor["role"]), channel=_text(actor["channel"])),
        data=dict(content["data"].items()),
        personal={_part(name): _digest(digest) for name, digest in content["personal"].items()},
        previous_hash=None if content["previous_hash"] is None else _digest(content["previous_hash"]),
        key_id=_text(content["key_id"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError
    return value


def _digest(value: Any) -> str:
    if not _HASH.fullmatch(value):
        raise ValueError
    return _text(value)


def _part(name: str) -> Part:
    for part in PARTS:
        if name == part:
            return part
    raise ValueError


def _refuse_unspellable(value: Any, where: str) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int) and abs(value) <= _MAX_INTEGER:
        return
    if isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _refuse_unspellable(item, f"{where}[{number}]")
        return
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        for name, item in value.items():
            _refuse_unspellable(item, f"{where}.{name}" if where else name)
        return
    raise DecisionRecordError(
        f"A decision record cannot hold {type(value).__name__} at {where or 'its top'}: write money as integers of "
        "minor units, other fractions and integers above 2^53 as text, times as ISO text."
    )
