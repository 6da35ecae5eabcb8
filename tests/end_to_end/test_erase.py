"""A customer is erased: of who they are nothing is left in any file, and of what they owe everything.

The search here is its own: every byte of every file, unpacked, and every cell of every database.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from revops.domain.received import ReceivedEvent
from revops.settings import Settings
from revops.store import open_store
from revops.store.inbox import Inbox
from revops.warehouse import Published
from sandbox.simulator import Plan, write
from tests.cli.conftest import start
from tests.ingestion.landed import event

pytestmark = pytest.mark.pipeline

NOW = datetime(2026, 10, 1, tzinfo=UTC)
PAST = "2026-06-01T00:00:00Z"
NAME, EMAIL, PHONE = "Ottoline Quist", "ottoline.quist@quistworks.example", "+33 6 55 01 02 03"
NEW_EMAIL = "o.quist@quistworks.example"
WORDS = (NAME, EMAIL, PHONE, NEW_EMAIL, "quistworks", "17 Rue des Lilas")
# What names a person, or is made of what does.
PERSONAL = {"name", "email", "metadata", "raw_text", "description", "reason", "origin", "account", "hosted_invoice_url"}


class Place:
    """A folder with an export, logs, and the home that is made of them."""

    def __init__(self, folder: Path, home: str = "home") -> None:
        self.folder = folder
        self.home = folder / home
        self.export = folder / "export"

    def leaks(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return start(self.folder, *arguments, **self.settings)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "LEAKS_HOME": str(self.home),
            "STRIPE_EXPORT": str(self.export),
            "STRIPE_EXPORT_AT": "2026-10-01T00:00:00Z",
            "LEAKS_PRODUCT_USAGE": f"{self.export}/login.jsonl,{self.export}/usage.jsonl",
            "LEAKS_POLICY": str(self.export / "policy.yml"),
        }

    def objects(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.export / f"{name}.jsonl").read_text().splitlines()]

    def deliver(self, *events: dict[str, Any]) -> None:
        """What the receiver does with verified webhooks."""
        now = datetime.now(UTC)
        with open_store(Settings(_env_file=None, leaks_home=self.home)) as store:
            Inbox(store).append(
                [
                    ReceivedEvent(
                        *("default", "live", "stripe", one["id"], one["type"], one["data"]["object"]["id"], None),
                        *(now, now, json.dumps(one).encode()),
                    )
                    for one in events
                ]
            )

    def work(self) -> None:
        done = self.leaks("worker", "--once")
        assert done.returncode == 0, done.stderr
        assert "batch_failed" not in done.stderr, done.stderr


def _customer_events(customer: dict[str, Any], number: int, minutes: int, **now: Any) -> dict[str, Any]:
    at = int((NOW + timedelta(minutes=minutes)).timestamp())
    told = event(number, at, "customer.updated", {**customer, **now})
    return {**told, "data": {**told["data"], "previous_attributes": {"email": EMAIL, "phone": PHONE}}}


def _named(place: Place) -> str:
    """Gives a customer who owes something a name, an address and a telephone that nobody else has; who it is."""
    owing = {one["customer"] for one in place.objects("invoice") if one["status"] in ("open", "uncollectible")}
    (person,) = [one for one in place.objects("customer") if one["id"] in owing and one["email"]][:1]
    for path in place.export.glob("*.jsonl"):
        text = path.read_text().replace(person["email"], EMAIL).replace(f'"{person["name"]}"', f'"{NAME}"')
        lines = [_with_phone(line, person["id"]) for line in text.splitlines()]
        path.write_text("".join(f"{line}\n" for line in lines))
    return str(person["id"])


def _with_phone(line: str, customer_id: str) -> str:
    value = json.loads(line)
    if value.get("id") != customer_id:
        return line
    value |= {"phone": PHONE, "description": f"Friend of {NAME}", "metadata": {**value["metadata"], "contact": NAME}}
    value["address"] = {"line1": "17 Rue des Lilas", "country": "FR"}
    return json.dumps(value, separators=(",", ":"))


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, str]:
    """A home that has a bit of everything, and the customer."""
    place = Place(tmp_path_factory.mktemp("erase"))
    write(place.export, Plan(seed=11, customers=40, anchor=int(NOW.timestamp()), identity="email"))
    person = _named(place)
    customer = next(one for one in place.objects("customer") if one["id"] == person)
    with (place.export / "customer.jsonl").open("a") as lines:
        lines.write(json.dumps({**customer, "currency": "xyz"}) + "\n")
    with (place.export / "login.jsonl").open("a") as lines:
        lines.write(json.dumps({"email": EMAIL, "method": "password"}) + "\n")
    for arguments in (("run",), ("run", "--as-of", PAST)):
        done = place.leaks(*arguments)
        assert done.returncode == 0, done.stderr
    place.deliver(_customer_events(customer, 1, 5, email=NEW_EMAIL))
    place.work()
    assert place.leaks("db", "backup").returncode == 0
    place.deliver(_customer_events(customer, 2, 10, email=NEW_EMAIL, balance=-500))
    return place, person


@pytest.fixture(scope="module")
def erased(before: tuple[Place, str]) -> tuple[Place, str, dict[str, Any]]:
    """The same after `leaks erase`, with the figures there were."""
    place, person = before
    shutil.copytree(place.home, place.folder / "killed")
    figures = {"now": _figures(place.home), "past": _figures(place.home, datetime.fromisoformat(PAST))}
    figures["leaks"] = _leaks(place.home)
    done = place.leaks("erase", person, "--yes")
    assert done.returncode == 0, done.stderr
    assert person in done.stdout
    return place, person, figures


def _figures(home: Path, as_of: datetime | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """Every published table without the columns that hold people."""
    with Published.open(home, as_of=as_of) as published:
        tables = [row["table_name"] for row in published.query("select table_name from duckdb_tables()")]
        found = {}
        for table in tables:
            result = published.execute(f'select * from "{table}"')
            kept = [place for place, name in enumerate(result.columns) if name not in PERSONAL]
            found[table] = sorted((tuple(row[place] for place in kept) for row in result.rows), key=repr)
    return found


def _leaks(home: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home / "operations.db")) as store:
        return store.execute("select * from leaks order by leak_id").fetchall()


def _findings(home: Path) -> list[dict[str, Any]]:
    with Published.open(home) as published:
        return published.query(
            "select finding_id, object_id, amount_minor, confidence, evidence from leak_findings order by finding_id"
        )


def _places(folder: Path) -> list[str]:
    """Every file in which a word stands, with the word."""
    words = [word.lower() for word in WORDS]
    return [
        f"{path.relative_to(folder)}: {word}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for content in _contents(path)
        for word in words
        if word.encode() in content
    ]


def _contents(path: Path) -> Iterator[bytes]:
    raw = path.read_bytes()
    yield raw.lower()
    if raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw).lower()
    if raw.startswith(b"\x28\xb5\x2f\xfd"):
        yield zstandard.ZstdDecompressor().decompressobj().decompress(raw).lower()
    if path.suffix == ".tar":
        with tarfile.open(path) as tar:
            for member in tar.getmembers():
                content = tar.extractfile(member)
                assert content is not None
                yield content.read().lower()
    if raw.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(path)) as store:
            for (table,) in store.execute("select name from sqlite_master where type = 'table'").fetchall():
                yield repr(store.execute(f'select * from "{table}"').fetchall()).lower().encode()
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as file:
            for schema, table in file.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                yield repr(file.execute(f'select * from "{schema}"."{table}"').fetchall()).lower().encode()


def test_before_it_the_person_stands_in_every_kind_of_file(before: tuple[Place, str]) -> None:
    place, _ = before
    found = {line.split(":")[0] for line in _places(place.home)}
    assert {"inbox.db", "default/warehouse.duckdb", "default/published-1.duckdb"} <= found
    assert {name for name in found if name.startswith(("backups/", "default/published-as-of", "default/findings"))}
    with duckdb.connect(str(place.home / "default" / "warehouse.duckdb"), read_only=True) as file:
        refused = file.execute("select raw_text from main.quarantined").fetchall()
    assert sum(EMAIL in str(row) for row in refused) == 2


def test_after_it_no_file_says_who_it_was(erased: tuple[Place, str, dict[str, Any]]) -> None:
    place, _, _ = erased
    assert _places(place.home) == []


def test_figures_findings_and_leaks_are_what_they_were(erased: tuple[Place, str, dict[str, Any]]) -> None:
    place, person, figures = erased
    for name, as_of in (("now", None), ("past", datetime.fromisoformat(PAST))):
        after = _figures(place.home, as_of)
        assert [table for table in after if after[table] != figures[name][table]] == []
        assert any(person in repr(row) for row in after["invoices"])
    assert _leaks(place.home) == figures["leaks"]


def test_the_security_log_says_that_and_not_who(erased: tuple[Place, str, dict[str, Any]]) -> None:
    place, person, _ = erased
    done = place.leaks("security-log", "--event", "erased", "--format", "json")
    (line,) = json.loads(done.stdout)
    assert line["detail"] == {"customer_id": person}


def test_it_stays_erased_through_runs_and_events(erased: tuple[Place, str, dict[str, Any]]) -> None:
    place, person, _ = erased
    place.work()
    findings = _findings(place.home)
    for name in ("customer", "charge", "login"):
        path = place.export / f"{name}.jsonl"
        # The same objects in other bytes: everything is read again.
        path.write_text("".join(f"{line} \n" for line in path.read_text().splitlines()))
    done = place.leaks("run", "--full")
    assert done.returncode == 0, done.stderr
    assert _places(place.home) == []
    assert _findings(place.home) == findings
    customer = next(one for one in place.objects("customer") if one["id"] == person)
    place.deliver(_customer_events(customer, 3, 20, email="quist@quistworks.example", balance=-700))
    place.work()
    assert _places(place.home) == []
    assert _findings(place.home) == findings
    with duckdb.connect(str(place.home / "default" / "warehouse.duckdb"), read_only=True) as file:
        newest = file.execute("select payload from stripe.customer where id = ? order by version_at desc", [person])
        assert json.loads(newest.fetchall()[0][0])["balance"] == -700


def test_one_that_is_killed_before_its_end_is_ended_by_the_next(erased: tuple[Place, str, dict[str, Any]]) -> None:
    place, person, _ = erased
    killed = Place(place.folder, "killed")
    child = subprocess.run(
        [sys.executable, "-c", _KILLED, person],
        cwd=killed.folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(killed.folder), **killed.settings},
        check=False,
        capture_output=True,
    )
    assert child.returncode == 9, child.stderr
    assert _places(killed.home) != []
    assert _places(killed.home / "backups") == []
    done = killed.leaks("erase", person, "--yes")
    assert done.returncode == 0, done.stderr
    assert _places(killed.home) == []


_KILLED = """
import os, sys
from datetime import UTC, datetime
from dagster_project import erase
from revops.settings import load_settings
real = erase.rewrite
def rewrite(path, *rest):
    if path.name == "warehouse.duckdb":
        os._exit(9)
    return real(path, *rest)
erase.rewrite = rewrite
erase.erase_customer(load_settings(), "default", sys.argv[1], actor="test", at=datetime.now(UTC))
"""


def test_nothing_is_done_without_a_yes_and_nobody_is_found_by_chance(
    erased: tuple[Place, str, dict[str, Any]],
) -> None:
    place, person, _ = erased
    asked = place.leaks("erase", person)
    assert asked.returncode == 1
    assert "no way back" in asked.stderr
    unknown = place.leaks("erase", "cus_nobody", "--yes")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "nothing was changed" in unknown.stderr
