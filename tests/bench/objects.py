"""Many full Stripe objects of about 2 KB, made from a made-up company's."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from pathlib import Path

from sandbox.simulator import Plan, write

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
SHARES = {"charge": 0.75, "invoice": 0.25}
SEED = 20261121
# What follows the prefix of an id of Stripe's.
IDENTIFIER = re.compile(r"(?<=_)[A-Za-z0-9]{14,}")


def write_many(folder: Path, count: int) -> int:
    """Writes `count` objects as charge.jsonl and invoice.jsonl; returns their bytes.

    Every identifier in every object is its own, as in an account: lines that repeat would compress to nothing.
    """
    chance = random.Random(SEED)
    source = folder / "source"
    write(source, Plan(seed=SEED, customers=100, anchor=int(NOW.timestamp())))
    size = 0
    for name, share in SHARES.items():
        templates = [
            IDENTIFIER.split(line)
            for line in (source / f"{name}.jsonl").read_text().splitlines()
            if json.loads(line)["livemode"]
        ]
        with (folder / f"{name}.jsonl").open("w", 1 << 20) as file:
            for number in range(int(count * share)):
                pieces = templates[number % len(templates)]
                line = f"{chance.getrandbits(96):x}{number:x}".join(pieces) + "\n"
                size += len(line)
                file.write(line)
    return size
