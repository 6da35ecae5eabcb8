"""Ten million lines land in bounded memory, from a plain file and from a compressed one."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

# Minutes of it are the writing of the log.
pytestmark = pytest.mark.chaos

LINES = 10_000_000
LIMIT_MEGABYTES = 1_000
LAND = """
import resource
from ingestion.lock import writer_lock
from ingestion.product_usage.landing import load
from ingestion.profile import Profile
profile = Profile.from_environment()
with writer_lock(profile):
    report = load(profile)
print(report.rows["login"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def write_many(path: Path, count: int) -> None:
    """Logins of 20,000 customers over 18 months, some of them equal."""
    chance = random.Random(1)
    customers = [f"cus_{chance.getrandbits(56):014x}" for _ in range(20_000)]
    with gzip.open(path, "wt", compresslevel=1) if path.suffix == ".gz" else path.open("w", 1 << 20) as file:
        for number in range(count):
            who, at = customers[number * 7919 % 20_000], 1_743_465_600 + number * 47_000_000 // count
            file.write(f'{{"customer":"{who}","user_id":"u_{number % 50}","ts":{at},"method":"password"}}\n')


@pytest.mark.parametrize("name", ["login.jsonl", "login.jsonl.gz"])
def test_ten_million_lines_land_in_bounded_memory(tmp_path: Path, name: str) -> None:
    write_many(tmp_path / name, LINES)
    environment = {"LEAKS_HOME": str(tmp_path / "home"), "LEAKS_PRODUCT_USAGE": str(tmp_path / name)}
    done = subprocess.run(
        [sys.executable, "-c", LAND], env={**os.environ, **environment}, check=True, capture_output=True, text=True
    )
    landed, peak_megabytes = map(int, done.stdout.split())
    assert landed == LINES
    assert peak_megabytes < LIMIT_MEGABYTES
