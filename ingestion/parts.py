"""Parts: Parquet files of object versions, written while a source is read and loaded when it is complete.

A part appears under its name only when it is whole (written beside, synced, renamed), so after a kill every part that
is there can be trusted and its name says what need not be read again.
"""

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("id", pa.string()),
        ("version_at", pa.timestamp("us")),
        ("source", pa.string()),
        ("event_id", pa.string()),
        ("api_version", pa.string()),
        ("payload", pa.string()),
        ("payload_hash", pa.string()),
        ("loaded_at", pa.timestamp("us")),
    ]
)
ROW_GROUP_ROWS = 20_000
ROW_GROUP_BYTES = 16 * 1024 * 1024


@dataclass
class _Buffer:
    ids: list[str] = field(default_factory=list)
    version_at: list[datetime | None] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    event_ids: list[str | None] = field(default_factory=list)
    api_versions: list[str | None] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    size: int = 0


class PartWriter:
    """Writes one part; as a context manager it is kept on success and leaves nothing behind on failure."""

    def __init__(self, path: Path, *, tenant_id: str, loaded_at: datetime) -> None:
        self.path = path
        self.rows = 0
        self._tenant_id = tenant_id
        self._loaded_at = loaded_at.replace(tzinfo=None)
        self._unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        self._buffer = _Buffer()
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Payloads never repeat: looking for a dictionary, or for the least and greatest of them, is wasted.
        self._writer = pq.ParquetWriter(
            self._unfinished,
            SCHEMA,
            compression="lz4",
            use_dictionary=["tenant_id", "source", "api_version"],
            write_statistics=False,
        )
        return self

    def add(
        self,
        *,
        id: str,
        version_at: datetime | None,
        source: str,
        payload: bytes,
        payload_hash: str,
        event_id: str | None = None,
        api_version: str | None = None,
    ) -> None:
        """Adds one version; `payload` is canonical JSON.

        `version_at` is naive UTC, None for a read whose time only the end of reading tells.
        """
        buffer = self._buffer
        buffer.ids.append(id)
        buffer.version_at.append(version_at)
        buffer.sources.append(source)
        buffer.event_ids.append(event_id)
        buffer.api_versions.append(api_version)
        buffer.payloads.append(payload)
        buffer.hashes.append(payload_hash)
        buffer.size += len(payload)
        if len(buffer.ids) >= ROW_GROUP_ROWS or buffer.size >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        buffer, rows = self._buffer, len(self._buffer.ids)
        if rows == 0 or self._writer is None:
            return
        self._writer.write_batch(
            pa.record_batch(
                [
                    pa.array([self._tenant_id] * rows, pa.string()),
                    pa.array(buffer.ids, pa.string()),
                    pa.array(buffer.version_at, pa.timestamp("us")),
                    pa.array(buffer.sources, pa.string()),
                    pa.array(buffer.event_ids, pa.string()),
                    pa.array(buffer.api_versions, pa.string()),
                    pa.array(buffer.payloads, pa.binary()).view(pa.string()),
                    pa.array(buffer.hashes, pa.string()),
                    pa.array([self._loaded_at] * rows, pa.timestamp("us")),
                ],
                schema=SCHEMA,
            )
        )
        self.rows += rows
        self._buffer = _Buffer()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is None:
            return
        if kind is None:
            self._flush()
        self._writer.close()
        if kind is None:
            with self._unfinished.open("rb") as file:
                os.fsync(file.fileno())
            self._unfinished.replace(self.path)
        else:
            self._unfinished.unlink(missing_ok=True)
