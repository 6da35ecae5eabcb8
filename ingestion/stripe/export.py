"""A folder of exported objects: one JSON-lines file per object type, plain, gzip or zstd.

Files are cut into chunks of whole lines that two processes parse side by side. An export states its time with
STRIPE_EXPORT_AT or a `manifest.json` (`{"exported_at": "..."}`); else it is the newest past moment in its objects.
A file whose content has not changed since it last landed is not read again.
"""

import gc
import hashlib
import json
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, TypeVar

from ingestion.errors import ExportError
from ingestion.progress import Progress
from ingestion.quarantine import Quarantined
from ingestion.stripe.chunks import Target, newest_moment, read_chunk
from ingestion.stripe.lines import Chunk, chunks_of
from ingestion.stripe.resources import TABLES

T = TypeVar("T")
SUFFIXES = ("", ".gz", ".zst")
WORKERS = 2
# Below this, starting processes costs more than they save.
PARALLEL_FROM_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class ExportFile:
    """One file of an export and the fingerprint of its bytes."""

    resource: str
    path: Path
    digest: str


@dataclass
class ExportReport:
    """What an export held; `rows` counts lines per resource, landed or not."""

    exported_at: datetime
    files: list[ExportFile]
    parts: dict[str, list[Path]] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    other_mode: Counter[str] = field(default_factory=Counter)
    quarantined: list[Quarantined] = field(default_factory=list)


def find_files(folder: Path) -> list[ExportFile]:
    """The files we can read, in the order of our tables.

    Raises ExportError where the folder is missing, has none of them, or has one object type twice.
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
        digests = pool.map(_digest, [path for _, path in named])
        return [ExportFile(resource, path, digest) for (resource, path), digest in zip(named, digests, strict=True)]


def export_time(folder: Path, files: list[ExportFile], stated: datetime | None, progress: Progress) -> datetime:
    """When the export was taken (naive UTC): stated, else by manifest.json, else the newest past moment inside."""
    if stated is not None:
        return stated.astimezone(UTC).replace(tzinfo=None)
    manifest = folder / "manifest.json"
    if manifest.is_file():
        try:
            moment = datetime.fromisoformat(json.loads(manifest.read_text())["exported_at"])
        except (ValueError, KeyError, TypeError) as error:
            raise ExportError(f'{manifest} must say {{"exported_at": "2026-10-01T00:00:00Z"}}: {error!r}') from error
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    progress.step("finding the export's time", 0, None)
    jobs = ((chunk,) for file in files for chunk in chunks_of(file.path))
    newest = max(_in_parallel(newest_moment, jobs, _size(files)), default=0)
    if newest == 0:
        raise ExportError(f"no object in {folder} has a time: state the export's time in STRIPE_EXPORT_AT")
    return datetime.fromtimestamp(newest, UTC).replace(tzinfo=None)


def read_export(files: list[ExportFile], target: Target, progress: Progress) -> ExportReport:
    """Writes the files' objects as parts below `target.folder`; bad lines go to the report's quarantine.

    Raises ExportError where a compressed file cannot be decompressed to its end.
    """
    report = ExportReport(exported_at=target.read_at, files=files)
    for chunk in _in_parallel(read_chunk, _jobs(files, target, progress), _size(files)):
        report.rows[chunk.resource] += chunk.rows
        report.other_mode += chunk.other_mode
        report.quarantined += chunk.quarantined
        for table, path in chunk.parts:
            report.parts.setdefault(table, []).append(path)
    return report


def _size(files: list[ExportFile]) -> int:
    return sum(file.path.stat().st_size for file in files)


def _in_parallel(work: Callable[..., T], jobs: Iterable[tuple[Any, ...]], size: int) -> Iterator[T]:
    """The results in the order of the jobs; in processes side by side where `size` bytes are worth starting them."""
    if size < PARALLEL_FROM_BYTES:
        yield from (work(*job) for job in jobs)
        return
    pending: deque[Future[T]] = deque()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
        for job in jobs:
            pending.append(pool.submit(work, *job))
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


def _jobs(files: list[ExportFile], target: Target, progress: Progress) -> Iterator[tuple[str, str, Chunk, Target]]:
    for number, file in enumerate(files):
        progress.step("reading the export", number, len(files))
        for index, chunk in enumerate(chunks_of(file.path)):
            yield file.resource, f"{file.resource}-{index:05d}", chunk, target
    progress.step("reading the export", len(files), len(files))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
