"""Reads a folder of JSON-lines (`customer.jsonl`, `.jsonl.gz`, `.jsonl.zst`) into a store."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import orjson
import zstandard

from .resources import BY_NAME
from .store import Store

_EXTRA = {"account": "account", "meter_event_summary": "billing.meter_event_summary"}
_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")


class DataFolderError(Exception):
    """The folder or a line in it cannot be served; the text names file and line."""


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files that hold Stripe objects, with their object names; others are passed over."""
    if not folder.is_dir():
        raise DataFolderError(f"{folder} is no folder. Give one with customer.jsonl and the like.")
    for path in sorted(folder.iterdir()):
        for suffix in _SUFFIXES:
            name = path.name.removesuffix(suffix)
            if name != path.name and (name in BY_NAME or name in _EXTRA):
                yield name, path


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path, "rb"))
    if path.suffix == ".zst":
        stream = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), closefd=True)
        return io.BufferedReader(stream)
    return path.open("rb")


def load(folder: Path, store: Store) -> None:
    """Put every object of the folder into the store. Raises DataFolderError."""
    found = False
    for name, path in files(folder):
        found = True
        expected = _EXTRA.get(name) or BY_NAME[name].type
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                raw = line.strip()
                if raw:
                    _put(store, raw, expected, f"{path.name}:{number}")
    if not found:
        raise DataFolderError(f"{folder} holds no file of Stripe objects (customer.jsonl, invoice.jsonl.gz, ...).")


def _put(store: Store, raw: bytes, expected: str, origin: str) -> None:
    try:
        payload = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise DataFolderError(f"{origin} is no JSON: {error}") from error
    if not isinstance(payload, dict) or payload.get("object") != expected or not isinstance(payload.get("id"), str):
        raise DataFolderError(f"{origin} is no {expected} with an id.")
    store.put(payload, raw)
