"""How fast objects land: from an export beside DuckDB's bare limit and dlt's default path, and over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.measure import run_python, show
from tests.bench.objects import NOW, write_many
from tests.ingestion.landed import KEY

pytestmark = pytest.mark.bench

COUNT = int(os.environ.get("BENCH_OBJECTS", "1600000"))
DLT_COUNT = 30_000

BARE = """
import duckdb, sys
c = duckdb.connect()
c.execute("ATTACH '{out}' AS w (STORAGE_VERSION 'latest')")
c.execute("CREATE TABLE w.t (payload VARCHAR USING COMPRESSION zstd)")
c.execute("INSERT INTO w.t SELECT json FROM read_ndjson_objects(['{folder}/charge.jsonl', '{folder}/invoice.jsonl'])")
c.execute("CHECKPOINT w")
"""
DLT_DEFAULT = """
import dlt, json
dlt.config["runtime.dlthub_telemetry"] = False
def rows():
    with open("{folder}/charge.jsonl") as file:
        for number, line in enumerate(file):
            if number == {count}: return
            yield {{"id": str(number), "payload": line}}
pipeline = dlt.pipeline("d", pipelines_dir="{out}-p", destination=dlt.destinations.duckdb("{out}"), dataset_name="d")
pipeline.run(dlt.resource(rows, name="t"))
"""
LAND = """
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from ingestion.stripe.landing import load
profile = Profile.from_environment()
with writer_lock(profile):
    report = load(profile)
print(sum(report.rows.values()), report.seconds)
"""


def test_landing_an_export(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    size = write_many(folder, COUNT)
    show("objects, bytes each", f"{COUNT:,} x {size / COUNT:,.0f} B", "1,600,000 x 2 KB")
    bare = run_python(BARE.format(folder=folder, out=tmp_path / "bare.duckdb"))
    show("DuckDB's bare limit", f"{COUNT / bare.seconds:,.0f} objects/s", "the limit itself")
    ours = run_python(LAND, LEAKS_HOME=str(tmp_path / "home"), STRIPE_EXPORT=str(folder))
    landed = int(ours.output.split()[0])
    assert landed == COUNT
    share = bare.seconds / ours.seconds
    show("landing an export", f"{COUNT / ours.seconds:,.0f} objects/s", "30,000, stretch 50,000")
    show("  share of the bare limit", f"{share:.0%}", "50 %")
    show("  memory", f"{ours.peak_megabytes:,.0f} MB", "under 1,500 MB")
    default = run_python(DLT_DEFAULT.format(folder=folder, out=tmp_path / "dlt.duckdb", count=DLT_COUNT))
    show("dlt's default path", f"{DLT_COUNT / default.seconds:,.0f} objects/s", "for comparison")


def test_landing_over_http(tmp_path: Path) -> None:
    count = min(COUNT, 200_000)
    folder = tmp_path / "account"
    write_many(folder, count)
    server = subprocess.Popen(
        [sys.executable, "-m", "cli.sandbox", "serve", "--data", str(folder), "--as-of", f"{NOW:%Y-%m-%dT%H:%M:%SZ}"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        url = server.stderr.readline().split()[-1]
        ours = run_python(
            LAND,
            LEAKS_HOME=str(tmp_path / "home"),
            STRIPE_API_KEY=KEY,
            STRIPE_API_BASE=url,
            STRIPE_REQUESTS_PER_SECOND="1000000",
            STRIPE_REQUESTS_PER_SECOND_PER_ENDPOINT="1000000",
        )
    finally:
        server.terminate()
        server.communicate()
    assert int(ours.output.split()[0]) == count
    show("reading and landing over HTTP, one process", f"{count / ours.seconds:,.0f} objects/s", "10,000")


def test_runs_of_acme_200(acme_200: Path, tmp_path: Path) -> None:
    environment = {"LEAKS_HOME": str(tmp_path / "home"), "STRIPE_EXPORT": str(acme_200)}
    leaks = [sys.executable, "-c", "from cli.app import main; main()", "run"]
    for what, goal in (("acme-200: first run", "under 45 s"), ("acme-200: nothing new", "under 15 s")):
        started = time.monotonic()
        subprocess.run(leaks, env={**os.environ, **environment}, check=True, capture_output=True)
        show(what, f"{time.monotonic() - started:.1f} s", goal)
