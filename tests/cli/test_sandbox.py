"""`leaks sandbox`: writes a company, serves one that lives on, moves its time, lets payments fail."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Leaks

_AS_OF = "2026-10-01T00:00:00Z"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A company of 40 served in the background; its address."""
    command = [sys.executable, "-m", "cli.sandbox", "serve", "--customers", "40", "--seed", "2", "--as-of", _AS_OF]
    with subprocess.Popen(
        [*command, "--logs", "product"], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            while "http://" not in line:
                assert line, "the sandbox ended"
                line = process.stderr.readline()
            yield line.rpartition(" ")[2].strip()
        finally:
            process.terminate()


def test_a_company_is_written_with_all_that_belongs_to_it(leaks: Leaks, tmp_path: Path) -> None:
    done = leaks("sandbox", "write", "firm", "--customers", "12", "--seed", "2", "--as-of", "2026-10-01")
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "firm").iterdir()}
    assert names >= {"customer.jsonl", "event.jsonl", "login.jsonl", "labels.jsonl", "policy.yml", "company.json"}
    assert json.loads((tmp_path / "firm" / "company.json").read_text())["customers"] == 12


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["write", "firm", "--identity", "dna"], "none of stripe, metadata, email, domain"),
        (["write", "firm", "--customers", "0"], "customers"),
        (["advance", "soon"], "no length of time"),
    ],
)
def test_a_wrong_option_says_what_is_allowed(leaks: Leaks, arguments: list[str], words: str) -> None:
    done = leaks("sandbox", *arguments)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


def test_without_a_sandbox_it_says_how_to_start_one(leaks: Leaks) -> None:
    done = leaks("sandbox", "advance", "3d")
    assert done.returncode == 1
    assert "leaks sandbox serve" in done.stderr


def test_time_moves_and_a_payment_fails_in_the_sandbox_that_was_started_last(
    leaks: Leaks, served: str, tmp_path: Path
) -> None:
    before = (tmp_path / "product" / "login.jsonl").read_bytes()
    done = leaks("sandbox", "advance", "3d")
    assert done.returncode == 0, done.stderr
    assert "2026-10-04" in done.stdout
    after = (tmp_path / "product" / "login.jsonl").read_bytes()
    assert after.startswith(before)
    assert len(after) > len(before)
    headers = {"Authorization": "Bearer sk_live_x"}
    query = "status=active&collection_method=charge_automatically&limit=100"
    subscriptions = httpx.get(f"{served}/v1/subscriptions?{query}", headers=headers).json()["data"]
    paying = next(
        one["customer"]
        for one in subscriptions
        if one["items"]["data"][0]["price"]["unit_amount"] and not one["discounts"] and not one["pause_collection"]
    )
    failed = leaks("sandbox", "fail-payment", paying, "--url", served)
    assert failed.returncode == 0, failed.stderr
    assert "was declined" in failed.stdout
    assert leaks("sandbox", "fail-payment", "cus_nobody").returncode == 2
