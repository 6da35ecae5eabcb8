"""A tenant's decision log as one file of JSON lines that explains and proves itself.

First what it is, then the public keys, the records with what is personal beside them, the anchors, and at last how many
lines there were and their SHA-256: that finds a file that was damaged on its way, while signatures and anchors find
what was changed on purpose.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from revops.domain.decision_record import DecisionInputError, moment
from revops.domain.kept_records import Anchors, KeptRecord, Personal, read_anchors

_FORMAT = 1
_TYPES = ("log", "key", "record", "restored", "anchor", "end")


@dataclass(frozen=True)
class ExportedKey:
    """A public key (base64) and the time in which it signed."""

    key_id: str
    public_key: str
    created_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True)
class Export:
    """What an exported file holds; `problem` says what is wrong with the file itself."""

    tenant_id: str
    keys: tuple[bytes, ...]
    records: tuple[KeptRecord, ...]
    anchors: Anchors
    with_personal: bool
    problem: str | None


def export_lines(
    tenant_id: str,
    keys: Sequence[ExportedKey],
    records: Iterable[KeptRecord],
    anchors: Anchors,
    *,
    with_personal: bool,
    at: datetime,
) -> Iterator[str]:
    """The lines of the file, without their ends."""
    digest, count = hashlib.sha256(), 0
    for content in _contents(tenant_id, keys, records, anchors, with_personal, at):
        line = json.dumps(content, sort_keys=True, ensure_ascii=False)
        digest.update(f"{line}\n".encode())
        count += 1
        yield line
    yield json.dumps({"type": "end", "lines": count, "sha256": digest.hexdigest()}, sort_keys=True)


def read_export(text: str) -> Export:
    """What a file holds. Raises DecisionInputError for what is no export of ours."""
    lines = text.split("\n")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in _TYPES}
    unreadable = []
    for number, line in enumerate(lines, 1):
        content = _content(line)
        if content is not None and content["type"] in found:
            found[content["type"]].append(content)
        elif line:
            unreadable.append(number)
    heads = [one for one in found["log"] if one.get("format") == _FORMAT and isinstance(one.get("tenant_id"), str)]
    if not heads:
        raise DecisionInputError("This file is no exported decision log: `leaks decisions export` writes one.")
    return Export(
        tenant_id=heads[0]["tenant_id"],
        keys=tuple(_raw(one.get("public_key")) for one in found["key"]),
        records=tuple(_record(one) for one in found["record"]),
        anchors=read_anchors(
            "\n".join(json.dumps(_without_type(one)) for one in (*found["restored"], *found["anchor"]))
        ),
        with_personal=heads[0].get("personal") is not False,
        problem=_problem(lines, unreadable, found["end"]),
    )


def _contents(
    tenant_id: str,
    keys: Sequence[ExportedKey],
    records: Iterable[KeptRecord],
    anchors: Anchors,
    with_personal: bool,
    at: datetime,
) -> Iterator[Mapping[str, Any]]:
    about = {"tenant_id": tenant_id, "personal": with_personal, "exported_at": moment(at)}
    yield {"type": "log", "format": _FORMAT, **about}
    for key in keys:
        times = {"created_at": moment(key.created_at), "retired_at": moment(key.retired_at) if key.retired_at else None}
        yield {"type": "key", "key_id": key.key_id, "public_key": key.public_key, **times}
    for kept in records:
        parts = {one.part: {"salt": one.salt, "content": one.content} for one in kept.personal}
        signed = {"number": kept.number, "record": kept.text, "hash": kept.hash, "signature": kept.signature}
        yield {"type": "record", **signed, **({"personal": parts} if with_personal else {})}
    for restored in anchors.restored:
        yield {"type": "restored", **asdict(restored)}
    for anchor in anchors.anchors:
        yield {"type": "anchor", **asdict(anchor)}


def _content(line: str) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and isinstance(content.get("type"), str) else None


def _record(content: Mapping[str, Any]) -> KeptRecord:
    """The record of a line; what is not as it should be becomes something that cannot be right."""
    number = content.get("number")
    parts = content.get("personal")
    return KeptRecord(
        number=number if isinstance(number, int) else 0,
        text=_text(content.get("record")),
        hash=_text(content.get("hash")),
        signature=_text(content.get("signature")),
        personal=tuple(_part(name, part) for name, part in parts.items()) if isinstance(parts, dict) else (),
    )


def _part(name: Any, part: Any) -> Personal:
    salt, content = (part.get("salt"), part.get("content")) if isinstance(part, dict) else ("", "")
    is_erased = salt is None and content is None
    return Personal(name, None if is_erased else _text(salt), None if is_erased else _text(content))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _raw(public_key: Any) -> bytes:
    try:
        return base64.b64decode(_text(public_key), validate=True)
    except ValueError:
        return b""


def _without_type(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "type"}


def _problem(lines: Sequence[str], unreadable: Sequence[int], ends: Sequence[Mapping[str, Any]]) -> str | None:
    if not ends:
        return "The file is cut: its last line is missing."
    place = next(number for number, line in enumerate(lines) if (_content(line) or {}).get("type") == "end")
    written = "".join(f"{line}\n" for line in lines[:place])
    if any(lines[place + 1 :]) or len(ends) > 1:
        return "The file goes on after its last line."
    if hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest() != ends[0].get("sha256"):
        where = f" Line {unreadable[0]} cannot be read." if unreadable else ""
        return f"The file was changed after it was written: its SHA-256 is another.{where}"
    return None
