"""Turns a chunk of an export file into parts; runs in worker processes, so it imports little."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ingestion.erasure.erased import Erased
from ingestion.erasure.in_force import in_force, kept_text
from ingestion.parts import PartWriter
from ingestion.quarantine import Quarantined
from ingestion.stripe.line_memory import LineWriter, hash_of, read_trusted
from ingestion.stripe.lines import Chunk
from ingestion.stripe.objects import MalformedObjectError, OtherModeError, id_of, parse
from ingestion.stripe.resources import BY_NAME, EVENT
from ingestion.stripe.rows import add_event, add_object

LINES = "lines"
_PAST_MOMENTS = ("created", "canceled_at", "ended_at")


@dataclass(frozen=True)
class Target:
    """What every version of one export shares, and where its parts go.

    `erased` says whose data must not land: another process is told by this alone.
    """

    folder: Path
    tenant_id: str
    is_live: bool
    loaded_at: datetime
    erased: Erased | None = None


@dataclass
class ChunkReport:
    """What became of a chunk's lines; `parts` are (table, file), `lines` is the file of those to remember.

    `newest_moment` is the newest second since 1970 at which something in the lines had happened; 0 where nothing in
    them has a time.
    """

    resource: str
    lines: Path
    rows: int = 0
    newest_moment: int = 0
    other_mode: Counter[str] = field(default_factory=Counter)
    quarantined: list[Quarantined] = field(default_factory=list)
    parts: list[tuple[str, Path]] = field(default_factory=list)


def read_chunk(resource_name: str, name: str, chunk: Chunk, target: Target, trusted: Path | None) -> ChunkReport:
    """Reads whole lines; every line lands, is of the other mode, or is quarantined with its place in the file.

    Lines in the file `trusted` are the same as in the last export and are only counted. The time of the export is not
    known yet: what is read here lands without one.
    """
    resource = BY_NAME[resource_name]
    known = read_trusted(trusted) if trusted is not None else {}
    report = ChunkReport(resource_name, target.folder / LINES / f"{name}.parquet")
    newest = 0
    with in_force(target.erased), ExitStack() as stack:
        writers: dict[str, PartWriter] = {}
        remembered = stack.enter_context(LineWriter(report.lines, resource_name, target.loaded_at))

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
            line_hash = hash_of(line)
            moment = known.get(line_hash)
            if moment is not None:
                newest = max(newest, moment)
                continue
            value = None
            try:
                value = parse(line)
                moment = newest_moment(value)
                newest = max(newest, moment)
                if resource is EVENT:
                    id = add_event(value, writer, is_live=target.is_live).envelope.id
                else:
                    id = add_object(value, resource, writer, is_live=target.is_live, read_at=None, source="export")
                remembered.add(line_hash, id, moment)
            except OtherModeError:
                report.other_mode[resource.name] += 1
            except MalformedObjectError as error:
                report.quarantined.append(
                    Quarantined(
                        resource=resource.name,
                        id=id_of(value),
                        reason=str(error),
                        raw_text=kept_text(line.decode("utf-8", "replace")),
                        origin=f"{chunk.path.name}: byte {start}",
                    )
                )
    report.newest_moment = newest
    return report


def newest_moment(value: Any) -> int:
    """The newest second since 1970 at which something in an object had happened; 0 where it has no time.

    Other times in it (cancel_at, next_payment_attempt, automatically_finalizes_at ...) may lie in the future.
    """
    if type(value) is not dict:
        return 0
    moments = [value.get(name) for name in _PAST_MOMENTS]
    transitions, items = value.get("status_transitions"), value.get("items")
    if type(transitions) is dict:
        moments += transitions.values()
    if type(items) is dict and type(items.get("data")) is list:
        moments += [item.get("created") for item in items["data"] if type(item) is dict]
    return max((moment for moment in moments if type(moment) is int), default=0)


def _lines(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    for place, block in chunk.blocks():
        start = place
        for line in block.split(b"\n"):
            yield start, line
            start += len(line) + 1
