"""Each verb of the command, given for one tenant where another has data: what it says and does is of that one alone.

The verbs are enumerated from the command: one that nobody named here fails, and so does one that reads a tenant's data
and cannot be told whose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
import pytest
import typer

from cli.app import app
from cli.person import person_id
from revops.bootstrap_actions import deciding
from revops.bootstrap_leaks import dismissing
from revops.domain.person import Person
from revops.store import open_store
from revops.store.metadata import FILES
from revops.store.people_tables import withdrawals
from revops.warehouse import Published
from tests.crossing.companies import A, B
from tests.crossing.conftest import Installation
from tests.revops.store.filled import TABLES, put
from tests.revops.store.proposed import proposed

pytestmark = pytest.mark.pipeline

T = B.tenant_id
ME = person_id()
POLICY = "standard_trial_days: 7\n"
# Verbs for one tenant, given for B; those that take something away come last.
OF_ONE_TENANT: dict[str, tuple[str, ...]] = {
    "leaks run": ("--tenant", T, "--full"),
    "leaks reconcile": ("--tenant", T, "--all"),
    "leaks sql": ("select * from leak_findings", "--tenant", T),
    "leaks playbooks show": ("unpaid_invoice", "--tenant", T),
    "leaks playbooks simulate": ("--each", "--tenant", T),
    "leaks policy import": ("policy.yml", "--tenant", T),
    "leaks policy show": ("--tenant", T),
    "leaks policy diff": ("--tenant", T),
    "leaks security-log": ("--tenant", T),
    "leaks people add": ("--role", "admin", "--tenant", T),
    "leaks people list": ("--tenant", T),
    "leaks people delegate": (ME, "--to", "web:ada@example.com", "--until", "TOMORROW", "--tenant", T),
    "leaks actions list": ("--all", "--tenant", T),
    "leaks actions show": ("ACTION", "--tenant", T),
    "leaks actions approve": ("ACTION", "--yes", "--tenant", T),
    "leaks actions deny": ("ACTION", "--reason", "not_now", "--tenant", T),
    "leaks actions refine": ("ACTION", "--note", "Look first.", "--tenant", T),
    "leaks actions snooze": ("ACTION", "--until", "TOMORROW", "--tenant", T),
    "leaks actions undo": ("APPROVED", "--tenant", T),
    "leaks leaks list": ("--all", "--tenant", T),
    "leaks leaks show": ("LEAK", "--tenant", T),
    "leaks leaks dismiss": ("LEAK", "--reason", "Ours.", "--tenant", T),
    "leaks leaks lift": ("DISMISSED", "--tenant", T),
    "leaks leaks assign": ("LEAK", "--to", ME, "--tenant", T),
    "leaks dispatch": ("--once", "--tenant", T),
    "leaks withdrawals list": ("--tenant", T),
    "leaks withdrawals confirm": ("WITHDRAWAL", "--tenant", T),
    "leaks withdrawals refuse": ("WITHDRAWAL", "--tenant", T),
    "leaks decisions list": ("--tenant", T),
    "leaks decisions verify": ("--tenant", T),
    "leaks decisions replay": ("--tenant", T),
    "leaks decisions export": ("--tenant", T),
    "leaks decisions keys list": ("--tenant", T),
    "leaks decisions keys rotate": ("--tenant", T),
    "leaks decisions restored": ("--tenant", T),
    "leaks people remove": (ME, "--tenant", T),
    "leaks erase": ("cus_OnlyInBTaiCTW3JzGZO71", "--tenant", T, "--yes"),
    "leaks tenants add": (T, "--name", "Borough"),
    "leaks tenants disconnect-slack": (T,),
    "leaks tenants disconnect": (T,),
    "leaks tenants connect": (T, "--redirect-uri", "http://127.0.0.1/back"),
    "leaks tenants remove": (T,),
}
# Verbs that are of no one tenant, and why.
OF_NO_TENANT = {
    "leaks demo": "has a home of its own",
    "leaks doctor": "checks the installation: a line per tenant, of its connection and nothing of its data",
    "leaks serve": "takes webhooks of all: its routes are tested one by one",
    "leaks worker": "takes events of all, tenant by tenant: tested with two at once",
    "leaks tenants list": "shows who runs this installation which tenants there are, and nothing of their data",
    **{f"leaks db {verb}": "keeps the store of all" for verb in ("upgrade", "check", "backup", "restore", "prune")},
    **{f"leaks db {verb}": "is about the installation's key" for verb in ("new-key", "rotate-key")},
    **{
        f"leaks sandbox {verb}": "is no part of an installation"
        for verb in ("write", "serve", "slack", "mail", "linear", "advance", "fail-payment")
    },
    "leaks slack": "listens for all, each tenant by its own tokens: tested press by press",
    "leaks tenants connect-slack": "asks Slack whose the token is: tested beside a stand-in",
}


def _verbs(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
    for name, child in (children or {}).items():
        yield from _verbs(child, f"{path} {name}")


VERBS = dict(_verbs(typer.main.get_command(app), "leaks"))


def prepared(installation: Installation, argument: str, number: int) -> str:
    """What only exists at B when a verb is about to be given."""
    if argument == "TOMORROW":
        return f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}T23:00:00Z"
    if argument not in ("ACTION", "APPROVED", "LEAK", "DISMISSED", "WITHDRAWAL"):
        return argument
    with open_store(installation.settings) as store:
        if argument == "WITHDRAWAL":
            detail = json.dumps({"leaks": 1, "withdrawn_minor": {"usd": 100}, "open_minor": {"usd": 200}})
            with store.tenant(T) as connection:
                put(connection, withdrawals, T, withdrawal_id=f"w{number}", detail=detail)
            return f"w{number}"
        made = proposed(store, installation.settings, number, tenant=T)
        if argument == "DISMISSED":
            word = dismissing(store, installation.settings)
            me, at = Person(ME, "admin"), datetime.now(UTC)
            word.dismiss(T, made.leak_id, me, reason="Ours.", until=None, channel="cli", at=at)
        if argument in ("LEAK", "DISMISSED"):
            return made.leak_id
        seen = (T, made.action_id, made.version_hash)
        if argument == "APPROVED":
            say = deciding(store, installation.settings)
            say.approve(*seen, Person(ME, "admin"), channel="cli", at=datetime.now(UTC))
    return f"{made.action_id}@{made.version_hash[:12]}"


def files_of_a(installation: Installation) -> dict[str, tuple[int, int]]:
    """A's files, with what changes when one is written."""
    found = ((path, path.stat()) for path in (installation.home / A.tenant_id).rglob("*") if path.is_file())
    return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in found}


def rows_of_a(installation: Installation) -> dict[str, list[tuple[object, ...]]]:
    """A's rows of every table."""
    with open_store(installation.settings) as store:
        rows: dict[str, list[tuple[object, ...]]] = {}
        for file in FILES:
            with store.everyone(file=file, is_read_only=True) as connection:
                for name, table in TABLES.items():
                    if table.info.get("file", "operations") == file:
                        found = connection.execute(table.select().where(table.c.tenant_id == A.tenant_id))
                        rows[name] = sorted((tuple(row) for row in found), key=repr)
        return rows


def test_every_verb_is_named_here() -> None:
    assert VERBS.keys() == OF_ONE_TENANT.keys() | OF_NO_TENANT.keys()


@pytest.mark.parametrize("verb", OF_ONE_TENANT)
def test_a_verb_for_one_tenant_is_told_which(verb: str) -> None:
    names = {name for parameter in VERBS[verb].params for name in parameter.opts}
    assert names & {"--tenant", "slug"}, verb


def test_each_table_that_is_published_is_of_its_tenant_alone(installation: Installation) -> None:
    for tenant, other in ((A, B), (B, A)):
        with Published.open(installation.home, tenant=tenant.tenant_id) as published:
            names = [row["table_name"] for row in published.query("select table_name from duckdb_tables()")]
            assert len(names) > 20
            shown = {name: repr(published.execute(f'select * from "{name}"').rows) for name in names}
        assert [name for name, text in shown.items() if other.mark in text or f"'{other.tenant_id}'" in text] == []
        assert {name for name, text in shown.items() if tenant.mark in text} >= {"customers", "invoices", "triage"}


@pytest.mark.parametrize("verb", OF_ONE_TENANT)
def test_a_verb_for_one_tenant_tells_and_touches_nothing_of_another(installation: Installation, verb: str) -> None:
    (installation.folder / "policy.yml").write_text(POLICY)
    number = 9_000 + list(OF_ONE_TENANT).index(verb)
    arguments = [prepared(installation, one, number) for one in OF_ONE_TENANT[verb]]
    files, rows = files_of_a(installation), rows_of_a(installation)
    said = installation.leaks(*verb.split()[1:], *arguments)
    assert A.mark not in said
    assert A.tenant_id not in said
    assert A.account_id not in said
    assert files_of_a(installation) == files
    assert rows_of_a(installation) == rows


@pytest.mark.parametrize("tenant", ["../alpine", "/etc", "nobody", ""])
def test_what_is_no_tenant_leads_nowhere(installation: Installation, tenant: str) -> None:
    for arguments in (("sql", "select 1"), ("run",), ("security-log",)):
        said = installation.leaks(*arguments, "--tenant", tenant, is_well=False)
        assert A.mark not in said
        assert "Traceback" not in said
