"""Many full Stripe objects of about 2 KB, made from the small company's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from sandbox import company

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
SHARES = {"charge": 0.75, "invoice": 0.25}
PREFIXES = {"charge": "ch_", "invoice": "in_"}


def write_many(folder: Path, count: int) -> int:
    """Writes `count` objects as charge.jsonl and invoice.jsonl; returns their bytes. Every id and amount differs."""
    source = folder / "source"
    company.write(source, NOW)
    size = 0
    for name, share in SHARES.items():
        lines = [
            line
            for line in (source / f"{name}.jsonl").read_bytes().splitlines()
            if b'"livemode":true' in line.replace(b": ", b":")
        ]
        ids = [json.loads(line)["id"].encode() for line in lines]
        with (folder / f"{name}.jsonl").open("wb", 1 << 20) as file:
            for number in range(int(count * share)):
                which = number % len(lines)
                new = f"{PREFIXES[name]}{number:024d}".encode()
                line = lines[which].replace(ids[which], new) + b"\n"
                size += len(line)
                file.write(line)
    return size
