"""Turns a chunk of an export file into parts; runs in worker processes, so it imports little."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ingestion.parts import PartWriter
from ingestion.quarantine import Quarantined
from ingestion.stripe.lines import Chunk
from ingestion.stripe.objects import MalformedObjectError, OtherModeError, id_of, parse
from ingestion.stripe.resources import BY_NAME, EVENT
from ingestion.stripe.rows import add_event, add_object

_CREATED = re.compile(rb'created":\s?(\d{10})\b')
_MOMENT = re.compile(rb'_at":\s?(\d{10})\b')
# Other *_at fields (cancel_at, automatically_finalizes_at ...) may lie in the future.
_PAST_MOMENTS = frozenset({b"paid", b"voided", b"finalized", b"marked_uncollectible", b"canceled", b"ended"})


@dataclass(frozen=True)
class Target:
    """What every version of one export shares, and where its parts go."""

    folder: Path
    tenant_id: str
    is_live: bool
    read_at: datetime
    loaded_at: datetime


@dataclass
class ChunkReport:
    """What became of a chunk's lines; `parts` are (table, file)."""

    resource: str
    rows: int = 0
    other_mode: Counter[str] = field(default_factory=Counter)
    quarantined: list[Quarantined] = field(default_factory=list)
    parts: list[tuple[str, Path]] = field(default_factory=list)


def read_chunk(resource_name: str, name: str, chunk: Chunk, target: Target) -> ChunkReport:
    """Reads whole lines; every line lands, is of the other mode, or is quarantined with its place in the file."""
    resource = BY_NAME[resource_name]
    report = ChunkReport(resource_name)
    with ExitStack() as stack:
        writers: dict[str, PartWriter] = {}

        def writer(table: str) -> PartWriter:
            if table not in writers:
                path = target.folder / table / f"{name}.parquet"
                part = PartWriter(path, tenant_id=target.tenant_id, loaded_at=target.loaded_at)
                writers[table] = stack.enter_context(part)
                report.parts.append((table, path))
            return writers[table]

        for start, line in _lines(chunk):
            if not line.strip():
                continue
            report.rows += 1
            value = None
            try:
                value = parse(line)
                if resource is EVENT:
                    add_event(value, writer, is_live=target.is_live)
                else:
                    add_object(
                        value,
                        resource,
                        writer,
                        is_live=target.is_live,
                        read_at=target.read_at,
                        source="export",
                    )
            except OtherModeError:
                report.other_mode[resource.name] += 1
            except MalformedObjectError as error:
                report.quarantined.append(
                    Quarantined(
                        resource=resource.name,
                        id=id_of(value),
                        reason=str(error),
                        raw_text=line.decode("utf-8", "replace"),
                        origin=f"{chunk.path.name}: byte {start}",
                    )
                )
    return report


def newest_moment(chunk: Chunk) -> int:
    """The newest second since 1970 at which something in these lines had happened; 0 where nothing has a time.

    A search of the bytes: parsing would take ten times as long.
    """
    newest = 0
    for _, block in chunk.blocks():
        newest = max(newest, max((int(text) for text in set(_CREATED.findall(block))), default=0))
        if max((int(text) for text in set(_MOMENT.findall(block))), default=0) > newest:
            for match in _MOMENT.finditer(block):
                name = block[max(0, match.start() - 40) : match.start()].rpartition(b'"')[2]
                if name in _PAST_MOMENTS:
                    newest = max(newest, int(match[1]))
    return newest


def _lines(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    for place, block in chunk.blocks():
        start = place
        for line in block.split(b"\n"):
            yield start, line
            start += len(line) + 1
