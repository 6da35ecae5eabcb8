"""Cuts JSON-lines files into chunks of whole lines, plain, gzip or zstd.

A chunk of a plain file is only a place in it, which the process that parses it reads itself; a compressed file can
only be read from its beginning, so its chunks carry their bytes.
"""

import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from ingestion.errors import ExportError

BLOCK_BYTES = 16 * 1024 * 1024
COMPRESSED_BYTES = 1024 * 1024
# A chunk becomes a part and a part an insert: few large inserts take a third of the time of many small ones.
PLAIN_CHUNK_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Chunk:
    """Whole lines of a file from byte `start` to `end` of its uncompressed content."""

    path: Path
    start: int
    end: int
    content: bytes | None = None

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Blocks of whole lines, each with its place in the uncompressed content."""
        if self.content is not None:
            yield self.start, self.content
            return
        with self.path.open("rb") as file:
            file.seek(self.start)
            place = self.start
            while place < self.end:
                block = file.read(min(BLOCK_BYTES, self.end - place))
                block += file.readline() if place + len(block) < self.end else b""
                yield place, block
                place += len(block)


def chunks_of(path: Path) -> Iterator[Chunk]:
    """The file's chunks in order; raises ExportError where a compressed file cannot be read to its end."""
    return _compressed(path) if path.suffix in {".gz", ".zst"} else _plain(path)


def _plain(path: Path) -> Iterator[Chunk]:
    size = path.stat().st_size
    stretch = math.ceil(size / max(1, math.ceil(size / PLAIN_CHUNK_BYTES)))
    with path.open("rb") as file:
        start = 0
        while start < size:
            file.seek(min(start + stretch, size))
            file.readline()
            end = file.tell()
            yield Chunk(path, start, end)
            start = end


def _compressed(path: Path) -> Iterator[Chunk]:
    rest, start = b"", 0
    try:
        for block in _gzip_blocks(path) if path.suffix == ".gz" else _zstd_blocks(path):
            block = rest + block
            cut = block.rfind(b"\n") + 1
            content, rest = block[:cut], block[cut:]
            if content:
                yield Chunk(path, start, start + cut, content)
                start += cut
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
        raise ExportError(
            f"{path} is cut off or damaged ({error}): export it again; nothing of it was landed"
        ) from error
    if rest:
        yield Chunk(path, start, start + len(rest), rest)


def _gzip_blocks(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _zstd_blocks(path: Path) -> Iterator[bytes]:
    """Not by the library's reader, which takes a file that ends within a frame for a whole one."""
    ready = bytearray()
    with path.open("rb") as file:
        frame = zstandard.ZstdDecompressor().decompressobj()
        is_open = False
        while compressed := file.read(COMPRESSED_BYTES):
            while compressed:
                ready += frame.decompress(compressed)
                is_open = not frame.eof
                compressed = frame.unused_data
                if frame.eof:
                    frame = zstandard.ZstdDecompressor().decompressobj()
            if len(ready) >= BLOCK_BYTES:
                yield bytes(ready)
                ready.clear()
        if is_open:
            raise EOFError("the last frame is not complete")
    if ready:
        yield bytes(ready)
