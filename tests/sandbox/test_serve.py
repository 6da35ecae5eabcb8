"""The command: it says where it listens, obeys its options and ends cleanly."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import zstandard

from sandbox.stripe import running
from sandbox.stripe.folder import DataFolderError
from tests.sandbox.clients import LIVE

_CUSTOMER = b'{"id":"cus_1","object":"customer","created":1790000000,"livemode":true}\n'
Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command and gives process and address; ends what is left."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.sandbox", "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stderr
        return process, process.stderr.readline().rpartition(" ")[2].strip()

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _get(url: str, path: str, key: str = LIVE) -> httpx.Response:
    return httpx.get(f"{url}{path}", headers={"Authorization": f"Bearer {key}"})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_the_small_company_until_a_signal(start: Start, number: signal.Signals) -> None:
    process, url = start("--as-of", "2026-10-01")
    answer = _get(url, "/v1/customers?limit=100")
    assert len(answer.json()["data"]) > 50
    assert answer.headers["Date"].startswith("Thu, 01 Oct 2026 00:00:")
    process.send_signal(number)
    assert process.wait(20) == 0
    assert process.stdout
    assert process.stdout.read() == ""


def test_it_serves_a_folder_with_keys_and_keeps_a_ledger(start: Start, company_folder: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    _, url = start(
        *("--data", str(company_folder), "--as-of", "2026-10-01T12:00:00Z", "--ledger", str(ledger)),
        *("--key", "rk_live_reader=invoice_read,customer_read", "--key", LIVE),
    )
    assert _get(url, "/v1/invoices", "rk_live_reader").status_code == 200
    assert _get(url, "/v1/charges", "rk_live_reader").status_code == 403
    assert _get(url, "/v1/charges", "sk_live_other").status_code == 401
    invoice = _get(url, "/v1/invoices?status=open&limit=1").json()["data"][0]
    httpx.post(f"{url}/v1/invoices/{invoice['id']}/pay", headers={"Authorization": f"Bearer {LIVE}"})
    assert invoice["id"] in ledger.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "/nowhere/at/all"], "is no folder"),
        (["--as-of", "soon"], "is no time"),
        (["--key", "sk_live_x=invoice_read"], "only restricted keys"),
    ],
)
def test_a_wrong_option_says_what_to_do(arguments: list[str], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.sandbox", "serve", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_files_may_be_compressed_and_unknown_ones_are_passed_over(tmp_path: Path, suffix: str) -> None:
    pack = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[suffix]
    (tmp_path / f"customer.jsonl{suffix}").write_bytes(pack(_CUSTOMER))
    (tmp_path / "login.jsonl").write_text("whatever\n")
    with running(tmp_path) as sandbox:
        assert [one["id"] for one in _get(sandbox.url, "/v1/customers").json()["data"]] == ["cus_1"]


@pytest.mark.parametrize(
    "line", [b'{"id":"cus_2","object"', b'{"object":"customer"}', b'{"id":"in_1","object":"invoice"}']
)
def test_a_line_that_cannot_be_served_is_named(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "customer.jsonl").write_bytes(_CUSTOMER + line + b"\n")
    with pytest.raises(DataFolderError, match=r"customer\.jsonl:2"), running(tmp_path):
        pass
