"""Killed at random points, the backfill ends where an undisturbed one does: the same versions, each once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.profile import Profile
from ingestion.stripe.resources import TABLES
from sandbox.stripe import Running, running
from tests.contracts.fixtures import COMPANY_NOW
from tests.ingestion.landed import KEY, from_api, land, rows, versions

SEED = 20261121


@pytest.fixture(scope="module")
def company(company_folder: Path) -> Iterator[Running]:
    """The small company over HTTP, its clock standing, with limits as Stripe's so that a run lasts."""
    with running(company_folder, as_of=COMPANY_NOW, is_frozen=True) as sandbox:
        yield sandbox


def _start(profile: Profile, sandbox: Running) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "LEAKS_HOME": str(profile.home),
        "STRIPE_API_KEY": KEY,
        "STRIPE_API_BASE": sandbox.url,
        "STRIPE_REQUESTS_PER_SECOND_PER_ENDPOINT": "10",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "ingestion.stripe"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def _each_once(profile: Profile) -> None:
    for table in TABLES:
        twice = rows(
            profile,
            f"""
            select id, version_at, payload_hash, source from stripe.{table}
            group by all having count(*) > 1
            """,
        )
        assert twice == [], f"{table} holds a version twice"


@pytest.mark.chaos
def test_twenty_kills_at_random_points_change_nothing(company: Running, tmp_path: Path) -> None:
    undisturbed = Profile(tmp_path / "undisturbed")
    started = time.monotonic()
    run = _start(undisturbed, company)
    _, complaint = run.communicate(timeout=300)
    assert run.returncode == 0, complaint.decode()
    whole_run = time.monotonic() - started
    expected = versions(undisturbed)

    chance = random.Random(SEED)
    profile = Profile(tmp_path / "killed")
    killed = 0
    finished = 0
    while killed < 20:
        run = _start(profile, company)
        try:
            _, complaint = run.communicate(timeout=chance.uniform(0.3, whole_run))
        except subprocess.TimeoutExpired:
            run.kill()
            run.communicate()
            killed += 1
        else:
            assert run.returncode == 0, complaint.decode()
            assert versions(profile) == expected
            finished += 1
            # Begin anew, so that the next kills hit a backfill again and not a run with nothing to do.
            profile = Profile(tmp_path / f"killed-{finished}")
    land(profile, from_api(company.url))
    assert versions(profile) == expected
    _each_once(profile)


@pytest.mark.parametrize("moment", ["while reading", "while loading"])
def test_one_kill_changes_nothing(company: Running, tmp_path: Path, moment: str) -> None:
    profile = Profile(tmp_path / "killed")
    run = _start(profile, company)
    spool = profile.spool / "backfill"
    awaited = spool if moment == "while reading" else profile.pipelines_dir
    deadline = time.monotonic() + 120
    while run.poll() is None and not awaited.exists() and time.monotonic() < deadline:
        os.sched_yield()
    assert run.poll() is None, "the run ended before it could be killed"
    run.kill()
    run.communicate()
    land(profile, from_api(company.url))
    undisturbed = Profile(tmp_path / "undisturbed")
    land(undisturbed, from_api(company.url))
    assert versions(profile) == versions(undisturbed)
    _each_once(profile)
