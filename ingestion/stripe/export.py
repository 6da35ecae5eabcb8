"""A folder of exported objects: one JSON-lines file per object type, plain, gzip or zstd.

Files are cut into chunks of whole lines that two processes parse side by side. An export states its time with
STRIPE_EXPORT_AT or a `manifest.json` (`{"exported_at": "..."}`); else it is the newest past moment in its objects.
A file whose content has not changed since it last landed is not read again.
"""

import gzip
import hashlib
import json
import os
import re
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import IO, cast

import zstandard

from ingestion.errors import ExportError
from ingestion.progress import Progress
from ingestion.quarantine import Quarantined
from ingestion.stripe.chunks import ChunkReport, Target, read_chunk
from ingestion.stripe.resources import TABLES

SUFFIXES = ("", ".gz", ".zst")
CHUNK_BYTES = 16 * 1024 * 1024
WORKERS = 2
# Below this, starting processes costs more than they save.
PARALLEL_FROM_BYTES = 4 * 1024 * 1024
_CREATED = re.compile(rb'created":\s?(\d{9,10})\b')
_MOMENT = re.compile(rb'_at":\s?(\d{9,10})\b')
# Other *_at fields (cancel_at, trial_end_at ...) lie in the future.
_PAST_MOMENTS = frozenset(
    {b"paid", b"voided", b"finalized", b"marked_uncollectible", b"canceled", b"ended", b"succeeded"}
)


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
    found: list[ExportFile] = []
    for resource in TABLES:
        paths = [p for suffix in SUFFIXES if (p := folder / f"{resource}.jsonl{suffix}").is_file()]
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            raise ExportError(f"{folder} holds {resource} more than once ({names}): keep one of them")
        found += [ExportFile(resource, path, _digest(path)) for path in paths]
    if not found:
        raise ExportError(
            f"{folder} has no file that we know: expected customer.jsonl, invoice.jsonl, ... (also .gz or .zst)"
        )
    return found


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
    newest = 0
    for number, file in enumerate(files):
        progress.step("finding the export's time", number, len(files))
        for chunk, _ in _chunks(file.path):
            newest = _newest_moment(chunk, newest)
    if newest == 0:
        raise ExportError(f"no object in {folder} has a time: state the export's time in STRIPE_EXPORT_AT")
    return datetime.fromtimestamp(newest, UTC).replace(tzinfo=None)


def read_export(files: list[ExportFile], target: Target, progress: Progress) -> ExportReport:
    """Writes the files' objects as parts below `target.folder`; bad lines go to the report's quarantine.

    Raises ExportError where a compressed file cannot be decompressed to its end.
    """
    report = ExportReport(exported_at=target.read_at, files=files)
    total = sum(file.path.stat().st_size for file in files)
    if total < PARALLEL_FROM_BYTES:
        for job in _jobs(files, target, progress):
            _add(report, job[0], read_chunk(*job))
        return report
    pending: deque[tuple[str, Future[ChunkReport]]] = deque()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        for job in _jobs(files, target, progress):
            pending.append((job[0], pool.submit(read_chunk, *job)))
            # Bounds memory: at most this many chunks wait or are being parsed.
            while len(pending) > WORKERS + 1:
                resource, future = pending.popleft()
                _add(report, resource, future.result())
        for resource, future in pending:
            _add(report, resource, future.result())
    return report


def _jobs(
    files: list[ExportFile], target: Target, progress: Progress
) -> Iterator[tuple[str, str, int, str, bytes, Target]]:
    for number, file in enumerate(files):
        progress.step("reading the export", number, len(files))
        line = 1
        for index, (chunk, lines) in enumerate(_chunks(file.path)):
            yield file.resource, file.path.name, line, f"{file.resource}-{index:05d}", chunk, target
            line += lines
    progress.step("reading the export", len(files), len(files))


def _add(report: ExportReport, resource: str, chunk: ChunkReport) -> None:
    report.rows[resource] += chunk.rows
    report.other_mode += chunk.other_mode
    report.quarantined += chunk.quarantined
    for table, path in chunk.parts:
        report.parts.setdefault(table, []).append(path)


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if path.suffix == ".zst":
        return cast(IO[bytes], zstandard.open(path, "rb"))
    return path.open("rb")


def _chunks(path: Path) -> Iterator[tuple[bytes, int]]:
    """Chunks that end at a line's end, with the number of lines in each."""
    rest = b""
    try:
        with _open(path) as file:
            while block := file.read(CHUNK_BYTES):
                block = rest + block
                cut = block.rfind(b"\n") + 1
                chunk, rest = block[:cut], block[cut:]
                if chunk:
                    yield chunk, chunk.count(b"\n")
    except (EOFError, gzip.BadGzipFile, zstandard.ZstdError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ExportError(
            f"{path} is cut off or damaged ({error}): export it again; nothing of it was landed"
        ) from error
    if rest:
        yield rest, 1


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _newest_moment(chunk: bytes, newest: int) -> int:
    for match in _CREATED.finditer(chunk):
        value = int(match[1])
        newest = max(newest, value)
    for match in _MOMENT.finditer(chunk):
        value = int(match[1])
        if value > newest:
            name = chunk[max(0, match.start() - 40) : match.start()].rpartition(b'"')[2]
            if name in _PAST_MOMENTS:
                newest = value
    return newest


def free_bytes(path: Path) -> int:
    """Free space of the disk that holds `path`."""
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize
