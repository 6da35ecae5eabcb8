"""Turns a chunk of an export file into parts; runs in worker processes, so it imports little."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ingestion.parts import PartWriter
from ingestion.quarantine import Quarantined
from ingestion.stripe.objects import MalformedObjectError, OtherModeError, id_of, parse
from ingestion.stripe.resources import BY_NAME, EVENT
from ingestion.stripe.rows import add_event, add_object


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

    rows: int = 0
    other_mode: Counter[str] = field(default_factory=Counter)
    quarantined: list[Quarantined] = field(default_factory=list)
    parts: list[tuple[str, Path]] = field(default_factory=list)


def read_chunk(resource_name: str, file: str, first_line: int, name: str, chunk: bytes, target: Target) -> ChunkReport:
    """Reads whole lines; every line lands, is of the other mode, or is quarantined with its line number."""
    resource = BY_NAME[resource_name]
    report = ChunkReport()
    with ExitStack() as stack:
        writers: dict[str, PartWriter] = {}

        def writer(table: str) -> PartWriter:
            if table not in writers:
                path = target.folder / table / f"{name}.parquet"
                part = PartWriter(path, tenant_id=target.tenant_id, loaded_at=target.loaded_at)
                writers[table] = stack.enter_context(part)
                report.parts.append((table, path))
            return writers[table]

        for number, line in enumerate(chunk.split(b"\n"), start=first_line):
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
                        origin=f"{file}:{number}",
                    )
                )
    return report
