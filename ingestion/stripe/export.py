"""A folder of exported objects: one JSON-lines file per object type, plain, gzip or zstd.

Files are cut into chunks of whole lines that two processes parse side by side. An export states its time with
STRIPE_EXPORT_AT or a `manifest.json` (`{"exported_at": "..."}`); else it is the newest past moment in its objects.
A file whose content has not changed since it last landed is not read again, and of a file that has, only the lines
that are new are parsed (see line_memory).
"""

import gc
import hashlib
import json
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, Self, TypeVar

from ingestion.errors import ExportError
from ingestion.profile import Profile
from ingestion.progress import Progress
from ingestion.quarantine import Quarantined
from ingestion.stripe import line_memory
from ingestion.stripe.chunks import ChunkReport, Target, read_chunk
from ingestion.stripe.lines import Chunk, chunks_of
from ingestion.stripe.resources import EVENT, TABLES

T = TypeVar("T")
SUFFIXES = ("", ".gz", ".zst")
TRUSTED = "trusted"
WORKERS = 2
# Below this, starting processes costs more than they save.
PARALLEL_FROM_BYTES = 4 * 1024 * 1024
# A file written this lately may be written to again within one tick of the file system's clock.
SETTLED_AFTER_SECONDS = 2


@dataclass(frozen=True)
class ExportFile:
    """One file of an export and the fingerprint of its bytes.

    `mark` is what the file system says of it (inode, size, times); None where that could not tell a later change.
    """

    resource: str
    path: Path
    digest: str
    mark: str | None = None


@dataclass
class ExportReport:
    """What an export held; `rows` counts lines per resource, landed or not, `lines` are files of those to remember."""

    files: list[ExportFile]
    newest_moment: int = 0
    lines: list[Path] = field(default_factory=list)
    parts: dict[str, list[Path]] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    other_mode: Counter[str] = field(default_factory=Counter)
    quarantined: list[Quarantined] = field(default_factory=list)


def find_files(folder: Path, known: Mapping[str, str] | None = None) -> list[ExportFile]:
    """The files we can read, in the order of our tables.

    `known` are fingerprints by mark: files that carry such a mark are not read to be told apart. Raises ExportError
    where the folder is missing, has none of them, or has one object type twice.
    """
    if not folder.is_dir():
        raise ExportError(
            f"STRIPE_EXPORT={folder} is no folder: point it to a folder with customer.jsonl, invoice.jsonl, ..."
        )
    named: list[tuple[str, Path]] = []
    for resource in TABLES:
        paths = [p for suffix in SUFFIXES if (p := folder / f"{resource}.jsonl{suffix}").is_file()]
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            raise ExportError(f"{folder} holds {resource} more than once ({names}): keep one of them")
        named += [(resource, path) for path in paths]
    if not named:
        raise ExportError(
            f"{folder} has no file that we know: expected customer.jsonl, invoice.jsonl, ... (also .gz or .zst)"
        )
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda file: _identified(file[0], file[1], known or {}), named))


def stated_time(folder: Path, stated: datetime | None) -> datetime | None:
    """When the export was taken (naive UTC) by the setting or the folder's manifest.json; None where neither says."""
    if stated is not None:
        return stated.astimezone(UTC).replace(tzinfo=None)
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return None
    try:
        moment = datetime.fromisoformat(json.loads(manifest.read_text())["exported_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise ExportError(f'{manifest} must say {{"exported_at": "2026-10-01T00:00:00Z"}}: {error!r}') from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)


def read_export(profile: Profile, files: list[ExportFile], target: Target, progress: Progress) -> ExportReport:
    """Writes the files' objects as parts below `target.folder`; bad lines go to the report's quarantine.

    Reads have no time in their parts: the report's `newest_moment` is only known at the end. Raises ExportError where
    a compressed file cannot be decompressed to its end.
    """
    report = ExportReport(files=files)
    is_first = line_memory.is_empty(profile)
    # Events first: what they tell of an object decides whether its remembered line may be trusted.
    phases = (
        [files]
        if is_first
        else [[f for f in files if f.resource == EVENT.name], [f for f in files if f.resource != EVENT.name]]
    )
    size = sum(file.path.stat().st_size for file in files)
    done = 0
    with _Workers(size >= PARALLEL_FROM_BYTES) as workers:
        for phase in phases:
            trusted = {} if is_first else _trusted(profile, phase, report.parts, target)
            for chunk in workers.run(read_chunk, _jobs(phase, target, trusted, progress, done, len(files))):
                _add(report, chunk)
            done += len(phase)
    progress.step("reading the export", len(files), len(files))
    return report


def _add(report: ExportReport, chunk: ChunkReport) -> None:
    report.rows[chunk.resource] += chunk.rows
    report.other_mode += chunk.other_mode
    report.quarantined += chunk.quarantined
    report.newest_moment = max(report.newest_moment, chunk.newest_moment)
    report.lines.append(chunk.lines)
    for table, path in chunk.parts:
        report.parts.setdefault(table, []).append(path)


def _trusted(
    profile: Profile, files: list[ExportFile], carried: dict[str, list[Path]], target: Target
) -> dict[str, Path | None]:
    folder = target.folder / TRUSTED / f"{target.loaded_at:%Y%m%dT%H%M%S%f}"
    return {
        file.resource: line_memory.trusted(profile, file.resource, carried.get(file.resource, []), folder)
        for file in files
    }


class _Workers:
    """Processes side by side where the work is worth starting them, else this one."""

    def __init__(self, is_parallel: bool) -> None:
        self._pool = (
            ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=_start_worker)
            if is_parallel
            else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def run(self, work: Callable[..., T], jobs: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """The results in the order of the jobs."""
        if self._pool is None:
            yield from (work(*job) for job in jobs)
            return
        pending: deque[Future[T]] = deque()
        for job in jobs:
            pending.append(self._pool.submit(work, *job))
            # Bounds memory: at most this many chunks wait or are being worked on.
            if len(pending) > 2 * WORKERS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _start_worker() -> None:
    # Parsed objects hold no cycles, and collecting them takes a tenth of the time.
    gc.disable()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool's processes would outlive a parent that is killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _jobs(
    files: list[ExportFile],
    target: Target,
    trusted: dict[str, Path | None],
    progress: Progress,
    done: int,
    total: int,
) -> Iterator[tuple[str, str, Chunk, Target, Path | None]]:
    for number, file in enumerate(files, start=done):
        progress.step("reading the export", number, total)
        for index, chunk in enumerate(chunks_of(file.path)):
            yield file.resource, f"{file.resource}-{index:05d}", chunk, target, trusted.get(file.resource)


def _identified(resource: str, path: Path, known: Mapping[str, str]) -> ExportFile:
    mark = _mark(path)
    if mark is not None and mark in known:
        return ExportFile(resource, path, known[mark], mark)
    with path.open("rb") as file:
        return ExportFile(resource, path, hashlib.file_digest(file, "sha256").hexdigest(), mark)


def _mark(path: Path) -> str | None:
    """Writing to a file, replacing it or turning its clock back moves its change time or its inode."""
    found = path.stat()
    if time.time_ns() - found.st_ctime_ns < SETTLED_AFTER_SECONDS * 10**9:
        return None
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"
