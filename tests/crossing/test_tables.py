"""Each table of the store, read through its repository as the other tenant, on both engines.

The tables are enumerated from the code: one that nobody named here, with how it is read or why it is not, fails.
"""

from __future__ import annotations

import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection

import revops.store
from revops.domain.dunning import started
from revops.domain.dunning_record import as_record
from revops.store import Store
from revops.store.actions import Actions
from revops.store.audit import Audit
from revops.store.connect_states import ConnectStates
from revops.store.contacts import Contacts
from revops.store.decisions import Decisions, pseudonym
from revops.store.dunning import DunningStates
from revops.store.erasures import Erasures
from revops.store.holdout_salts import holdout_salt
from revops.store.inbox import Inbox
from revops.store.integrations import IntegrationError, Integrations
from revops.store.leaks import Leaks
from revops.store.letters import Letters
from revops.store.metadata import file_of
from revops.store.outbox import Outbox
from revops.store.people import People
from revops.store.policies import Policies
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLog
from revops.store.signing_keys import read_keys
from revops.store.slack_messages import SlackMessages
from revops.store.suppressions import Suppressions, suppressed_causes
from revops.store.tasks import Tasks
from revops.store.tenants import Tenants
from revops.store.withdrawals import Withdrawals
from tests.revops.store.filled import AT, TABLES, put

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

MINE, OTHER = "only-in-a", "only-in-b"
LEAKS = [f"{tenant}-leak_id" for tenant in (MINE, OTHER)]
Read = Callable[[Store, str], Any]

# How each table is read for a tenant; ids of both tenants are asked for wherever ids are.
READ: dict[str, Read] = {
    "tenants": lambda store, tenant: Tenants(store).get(tenant),
    "integrations": lambda store, tenant: Integrations(store, Secrets(None)).read(tenant),
    "policy_versions": lambda store, tenant: Policies(store).read(tenant),
    "leaks": lambda store, tenant: (
        Leaks(store).read_open(tenant),
        Leaks(store).get(tenant, LEAKS),
        Leaks(store).read_last(tenant, [f"{MINE}-root_cause", f"{OTHER}-root_cause"]),
    ),
    "leak_reasons": lambda store, tenant: Leaks(store).reasons(tenant, LEAKS),
    "audit": lambda store, tenant: Audit(store).read(tenant),
    "security_log": lambda store, tenant: SecurityLog(store).search(tenant, text="only-in"),
    "connect_states": lambda store, tenant: [
        ConnectStates(store).author(tenant, f"{one}-state_id") for one in (MINE, OTHER)
    ],
    "erasures": lambda store, tenant: Erasures(store).read(tenant),
    "actions": lambda store, tenant: (_actions(store).read(tenant), _actions(store).of_leaks(tenant, LEAKS)),
    "action_approvals": lambda store, tenant: [
        _actions(store).get(tenant, f"{one}-action_id") for one in (MINE, OTHER)
    ],
    "people": lambda store, tenant: People(store).read(tenant),
    "suppressions": lambda store, tenant: (
        Suppressions(store, NO_SIGNER, _actions(store)).read(tenant),
        suppressed_causes(store, tenant, AT),
    ),
    "withdrawals": lambda store, tenant: Withdrawals(store, NO_SIGNER).read(tenant),
    "decision_records": lambda store, tenant: (
        list(Decisions(store).read(tenant)),
        [Decisions(store).newest(tenant, 9, about=f"{one}-subject_id") for one in (MINE, OTHER)],
    ),
    "decision_personal": lambda store, tenant: [one.personal for one in Decisions(store).read(tenant)],
    "decision_people": lambda store, tenant: _inside(
        store, tenant, lambda connection: [pseudonym(connection, tenant, f"{one}-person_id") for one in (MINE, OTHER)]
    ),
    "signing_keys": lambda store, tenant: _inside(store, tenant, lambda connection: read_keys(connection, tenant)),
    "slack_messages": lambda store, tenant: SlackMessages(store).read(
        tenant, [f"{one}-message_key" for one in (MINE, OTHER)]
    ),
    "letters": lambda store, tenant: (
        Letters(store).read(tenant, [f"{one}-letter_id" for one in (MINE, OTHER)]),
        [Letters(store).of_step(tenant, f"{one}-leak_id", f"{one}-step") for one in (MINE, OTHER)],
    ),
    "contacts": lambda store, tenant: [
        one for one in (MINE, OTHER) if Contacts(store).history(tenant, f"{one}-customer_id", f"{one}-person")
    ],
    "mail_suppressions": lambda store, tenant: [
        one for one in (MINE, OTHER) if Contacts(store).is_suppressed(tenant, f"{one}-person")
    ],
    "dunning": lambda store, tenant: (
        DunningStates(store).read(tenant, [f"{one}-invoice_id" for one in (MINE, OTHER)]),
        DunningStates(store).running(tenant),
    ),
    "tasks": lambda store, tenant: (
        Tasks(store).of_leaks(tenant, LEAKS),
        [Tasks(store).get(tenant, f"{one}-action_id") for one in (MINE, OTHER)],
    ),
    "holdout_salts": lambda store, tenant: holdout_salt(store, tenant, AT),
    "inbox": lambda store, tenant: Inbox(store).claim(tenant, 100),
    "inbox_bodies": lambda store, tenant: [one.event.body for one in Inbox(store).claim(tenant, 100)],
}
# Not read for one tenant, and why that crosses nothing.
NOT_READ_FOR_ONE = {
    "outbox": "one sender takes the messages of all; each names its tenant",
}
# Verbs of repositories that name no tenant, and why.
FOR_ALL = {
    "Tenants.read": "who runs this installation lists them",
    "Integrations.receiving": "the receiver needs everybody's webhook secrets",
    "Integrations.encrypt_anew": "a key of the installation's changes for all",
    "Actions.draft": "the leak names its tenant",
    "Actions.apply": "the action names its tenant",
    "Actions.put_off": "the action names its tenant",
    "Actions.tenants_with": "the worker takes tenants in turn; it reads no action",
    "Inbox.append": "each event names its tenant",
    "Inbox.tenants_waiting": "the worker takes tenants in turn; it reads no event",
    "Inbox.lag": "a figure of the whole inbox",
    "Outbox.has_due": "whether there is anything to send at all",
    "Outbox.waiting": "how many wait per tenant; no message is read",
    "Outbox.claim": "one sender for all; each message names its tenant",
    "Outbox.sent": "the message names its tenant",
    "Outbox.failed": "the message names its tenant",
    "SecurityLog.append": "the line names its tenant",
}


# Reading needs no key that signs.
NO_SIGNER: Any = None


def _actions(store: Store) -> Actions:
    return Actions(store, NO_SIGNER)


def _inside(store: Store, tenant: str, read: Callable[[Connection], Any]) -> Any:
    with store.tenant(tenant) as connection:
        return read(connection)


def _letter(tenant: str) -> dict[str, Any]:
    return {**dict.fromkeys(("subject", "text", "html", "note", "name"), tenant), "facts": {}}


@pytest.fixture
def filled(store: Store) -> Store:
    """A row of each tenant in every table, whose every text begins with the tenant's id."""
    for number, tenant in enumerate((MINE, OTHER), 1):
        marked = json.dumps({"of": tenant})
        bound = {"not_before": None, "body": {"of": tenant}, "facts": {}}
        shown = {"why": [tenant], "what_happens": tenant, "amount_reporting_minor": 1}
        given: dict[str, dict[str, Any]] = {
            "audit": {"detail": marked},
            "actions": {"bound": json.dumps(bound), "shown": json.dumps(shown)},
            "withdrawals": {"detail": marked},
            "dunning": {"state": json.dumps(as_record(started(f"{tenant}-invoice_id", AT)))},
            "letters": {"content": json.dumps(_letter(tenant)), "address": f"{tenant}-address"},
            "tasks": {"said": json.dumps({"title": tenant, "description": tenant, "comments": []})},
            "decision_personal": {"salt": "00", "content": marked},
            "security_log": {"detail": marked},
            "outbox": {"payload": marked},
            "erasures": {"marks": json.dumps({"accounts": [tenant], "email_digests": [], "domain_digests": []})},
            "inbox": {"sequence": number},
            "inbox_bodies": {"sequence": number},
        }
        for name, table in TABLES.items():
            with store.everyone(file=file_of(table)) as connection:
                put(connection, table, tenant, **given.get(name, {}))
    return store


def test_every_table_is_named_here() -> None:
    assert READ.keys() | NOT_READ_FOR_ONE.keys() == TABLES.keys()


@pytest.mark.parametrize("name", READ)
def test_a_table_shows_its_own_rows_and_none_of_the_others(filled: Store, name: str) -> None:
    shown = repr(READ[name](filled, MINE))
    assert MINE in shown, "it shows something"
    assert OTHER not in shown


def test_a_message_to_be_sent_names_its_tenant(filled: Store) -> None:
    for message in Outbox(filled).claim(AT + timedelta(days=1)):
        assert message.key == f"{message.tenant_id}-key"


def test_another_tenants_credential_cannot_be_taken(store: Store, secret_key: str) -> None:
    integrations = Integrations(store, Secrets(SecretStr(secret_key)))
    for tenant in (MINE, OTHER):
        Tenants(store).add(tenant, None, actor="ada", at=AT)
    secret = SecretStr("rk_live_only_in_b")
    one = integrations.connect(OTHER, mode="live", kind="api_key", credentials=secret, actor="ada", at=AT)
    with pytest.raises(IntegrationError):
        integrations.credentials(MINE, one.integration_id, purpose="curiosity", actor="mallory", at=AT)
    with pytest.raises(IntegrationError):
        integrations.disconnect(MINE, one.integration_id, "spite", actor="mallory", at=AT)
    assert integrations.credentials(OTHER, one.integration_id, purpose="a run", actor="pipeline", at=AT) == secret


def test_another_tenants_events_are_not_marked(filled: Store) -> None:
    inbox = Inbox(filled)
    (theirs,) = inbox.claim(OTHER, 100)
    for mark in (inbox.mark_landed, inbox.mark_done):
        mark(MINE, [theirs.sequence], AT)
    inbox.mark_failed(MINE, [theirs.sequence], "spite", is_final=True)
    assert inbox.claim(MINE, 1, only=theirs.sequence) == []
    assert [one.sequence for one in inbox.claim(OTHER, 100)] == [theirs.sequence]


def test_every_other_verb_of_a_repository_names_its_tenant() -> None:
    without = {name for name, verb in _verbs() if "tenant_id" not in inspect.signature(verb).parameters}
    assert without == FOR_ALL.keys()


def _verbs() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public method of what is made of a store."""
    for module in pkgutil.iter_modules(revops.store.__path__):
        for kind in vars(import_module(f"revops.store.{module.name}")).values():
            is_ours = inspect.isclass(kind) and kind.__module__ == f"revops.store.{module.name}"
            if not is_ours or "store" not in inspect.signature(kind.__init__).parameters:
                continue
            for name, verb in vars(kind).items():
                if inspect.isfunction(verb) and not name.startswith("_"):
                    yield f"{kind.__name__}.{name}", verb
