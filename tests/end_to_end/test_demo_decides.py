"""The demo as a person uses it: a yes in Slack becomes money at Stripe, a recovered leak and a signed record."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cli.conftest import clean_environment
from tests.streamlit_app.browser import chromium

pytestmark = [pytest.mark.browser, pytest.mark.pipeline]
SECONDS = 240.0


@contextmanager
def demo(folder: Path) -> Iterator[dict[str, str]]:
    """The demo, serving; the addresses that it prints."""
    said = folder / "said.txt"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.app", "demo", "--home", str(folder / "home")],
            cwd=folder,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: "Ctrl-C ends" in said.read_text() or process.poll() is not None)
            assert process.poll() is None, said.read_text()
            yield dict(re.findall(r"^(Dashboard|Slack) +(http\S+)$", said.read_text(), re.MULTILINE))
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def until(is_so: Callable[[], Any]) -> None:
    """Wait for what other processes do."""
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)


def actions(home: Path) -> list[dict[str, Any]]:
    """What is proposed, by the store."""
    with closing(sqlite3.connect(home / "operations.db")) as store:
        store.row_factory = sqlite3.Row
        return [dict(row) for row in store.execute("select * from actions order by not_before")]


def leak_status(home: Path, leak_id: str) -> str:
    with closing(sqlite3.connect(home / "operations.db")) as store:
        return str(store.execute("select status from leaks where leak_id = ?", [leak_id]).fetchone()[0])


def charges(home: Path, invoice: str) -> list[dict[str, Any]]:
    """What the bank's own book says."""
    lines = (home / "ledger.jsonl").read_text().splitlines()
    return [one for one in map(json.loads, lines) if one["invoice"] == invoice]


def press_approve(page: Page, action: dict[str, Any]) -> None:
    message = page.locator("article", has_text=action["action_id"])
    message.get_by_role("button", name="Approve").click()
    expect(message).to_contain_text("Paid:", timeout=SECONDS * 1000)
    expect(message).to_contain_text("Ada Lindqvist")
    assert message.get_by_role("button", name="Approve").count() == 0


def test_a_yes_in_slack_is_paid_once_recovered_and_on_record(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with demo(tmp_path) as addresses, chromium() as browser:
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
        due = [
            one
            for one in actions(home)
            if (one["kind"], one["status"]) == ("retry_invoice", "drafted") and one["not_before"] <= now
        ]
        assert due, "the demo has a proposal that can be carried out at once"
        action = due[0]
        invoice = json.loads(action["bound"])["body"]["invoice"]
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(addresses["Slack"])
        press_approve(page, action)
        assert [one["amount_minor"] for one in charges(home, invoice)] == [action["amount_minor"]]
        until(lambda: leak_status(home, action["leak_id"]) == "recovered")
        page.goto(f"{addresses['Dashboard']}/leak?id={action['leak_id']}")
        expect(page.get_by_text("Recovered", exact=False).first).to_be_visible(timeout=60_000)
        page.goto(f"{addresses['Dashboard']}/decisions")
        expect(page.get_by_text("records are right", exact=False)).to_be_visible(timeout=60_000)
        expect(page.get_by_text("Ada Lindqvist, admin, slack").first).to_be_visible()
