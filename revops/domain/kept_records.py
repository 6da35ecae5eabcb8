"""Decision records, and anchors of their chain, as they are found: nobody has checked them yet."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from revops.domain.decision_record import DecisionRecord, DecisionRecordError, Part, moment, read


@dataclass(frozen=True)
class Personal:
    """A part that lies apart; salt and content (canonical JSON) are None where it was erased."""

    part: Part
    salt: str | None
    content: str | None


@dataclass(frozen=True)
class KeptRecord:
    """A record under the number it is kept under. `columns` repeat in a table what the text says."""

    number: int
    text: str
    hash: str
    signature: str
    personal: tuple[Personal, ...] = ()
    columns: Mapping[str, Any] | None = None

    @cached_property
    def record(self) -> DecisionRecord:
        """What the text says, read once. Raises DecisionRecordError for a text that was changed into none."""
        try:
            return read(self.text)
        except DecisionRecordError as error:
            raise DecisionRecordError(
                f"Record {self.number} cannot be read. {error} `leaks decisions verify` says where the log goes wrong."
            ) from error

    def told(self, part: Part) -> Any:
        """What a part says, None where there is none or it was erased."""
        found = next((one.content for one in self.personal if one.part == part), None)
        return None if found is None else json.loads(found)


@dataclass(frozen=True)
class Anchor:
    """The head of a chain, kept outside of the table: all records up to `number` were as their hashes say.

    `signature` is the record's own, so that nobody without the key can write an anchor; `public_key` (base64) says
    which key that was, whatever a table says later. `at` is the record's time.
    """

    tenant_id: str
    number: int
    hash: str
    at: str
    key_id: str
    public_key: str
    signature: str

    @property
    def key(self) -> bytes:
        """The public key's raw bytes; empty where it is none."""
        try:
            return base64.b64decode(self.public_key, validate=True)
        except ValueError:
            return b""

    @property
    def line(self) -> str:
        """As it stands in a file of anchors."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class Restored:
    """That a backup took the place of the log: records after `number`, up to `lost` at least, are gone since.

    Nobody signs it, as nobody could keep whoever writes the file from taking lines away. But it is seen.
    """

    tenant_id: str
    number: int
    lost: int
    restored_at: str
    restored_by: str

    @property
    def line(self) -> str:
        """As it stands in a file of anchors."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def sentence(self) -> str:
        """What a person should know."""
        return (
            f"A backup was restored on {self.restored_at} by {self.restored_by}: the records {self.number + 1} to "
            f"{self.lost} of before are gone."
        )


@dataclass(frozen=True)
class Anchors:
    """What a file of anchors says; `unreadable` counts lines that are none, such as one that a crash cut short."""

    anchors: tuple[Anchor, ...] = ()
    unreadable: int = 0
    restored: tuple[Restored, ...] = ()

    @property
    def newest(self) -> Anchor | None:
        """The one with the highest number."""
        return max(self.anchors, key=lambda one: one.number, default=None)

    def __add__(self, other: "Anchors") -> "Anchors":
        """Those of two places; what both say counts once."""
        both = tuple(dict.fromkeys((*self.anchors, *other.anchors)))
        restored = tuple(dict.fromkeys((*self.restored, *other.restored)))
        return Anchors(both, self.unreadable + other.unreadable, restored)


def read_anchors(text: str) -> Anchors:
    """The anchors of a file; those of records that a restored backup took away count no more."""
    found: list[Anchor] = []
    restored: list[Restored] = []
    unreadable = 0
    for line in text.splitlines():
        one = _line(line)
        if isinstance(one, Restored):
            restored.append(one)
            found = [anchor for anchor in found if anchor.number <= one.number]
        elif one is not None:
            found.append(one)
        elif line.strip():
            unreadable += 1
    return Anchors(tuple(found), unreadable, tuple(restored))


def anchor_of(kept: KeptRecord, public_key: str) -> Anchor:
    """The anchor that a record is, signed with a key (base64). Raises DecisionRecordError."""
    record = kept.record
    if record.number != kept.number:
        raise DecisionRecordError(f"Record {kept.number} says it is record {record.number}.")
    return Anchor(
        tenant_id=record.tenant_id,
        number=kept.number,
        hash=kept.hash,
        at=moment(record.at),
        key_id=record.key_id,
        public_key=public_key,
        signature=kept.signature,
    )


def _line(line: str) -> Anchor | Restored | None:
    try:
        content = json.loads(line)
        given = {name: type(value) for name, value in content.items()}
    except (ValueError, AttributeError, RecursionError):
        return None
    if given == _types(Anchor):
        return Anchor(**content)
    return Restored(**content) if given == _types(Restored) else None


def _types(kind: type[Anchor] | type[Restored]) -> dict[str, type]:
    return {field.name: int if field.name in ("number", "lost") else str for field in fields(kind)}
