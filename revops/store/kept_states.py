"""What the tables say that actions and leaks are, in the words that decision records use."""

import json
from collections.abc import Collection

from sqlalchemy import Connection, RowMapping, select

from revops.domain.decision_record import hash_of
from revops.domain.kept_records import KeptRecord
from revops.domain.replay import ActionState, LeakState, Replayed, States, replay
from revops.store.decision_tables import decision_people
from revops.store.decisions import Decisions
from revops.store.people_tables import action_approvals, suppressions, withdrawals
from revops.store.rows import groups
from revops.store.store import Store
from revops.store.tables import actions, leaks

# SQLite binds at most 32,766 values in a statement.
_GROUP = 500
# Columns that repeat what an approval binds to.
_REPEATED = ("kind", "amount_minor", "currency", "customer_id")


def replayed_and_kept(store: Store, tenant_id: str) -> tuple[Replayed, States]:
    """What the records say, and what the tables say at the same moment: nothing was decided in between.

    Raises DecisionRecordError for a record that was changed into none.
    """
    decisions = Decisions(store)
    records: list[KeptRecord] = []
    while True:
        records += decisions.read(tenant_id, after=records[-1].number if records else 0)
        replayed = replay(kept.record for kept in records)
        kept = read_states(store, tenant_id, replayed.leaks)
        if next(decisions.read(tenant_id, after=records[-1].number if records else 0), None) is None:
            return replayed, kept


def read_states(store: Store, tenant_id: str, leak_ids: Collection[str]) -> States:
    """Every action of a tenant, the leaks asked for, and every withdrawal that was answered.

    An action's hash is made anew of what its row binds to: a row that was changed shows by another hash.
    """
    with store.tenant(tenant_id, is_read_only=True) as connection:
        names = _pseudonyms(connection, tenant_id)
        approvals: dict[tuple[str, str], set[str]] = {}
        for row in connection.execute(select(action_approvals).where(action_approvals.c.tenant_id == tenant_id)):
            who = names.get(row.person_id, row.person_id)
            approvals.setdefault((row.action_id, row.version_hash), set()).add(who)
        rows = connection.execute(select(actions).where(actions.c.tenant_id == tenant_id)).mappings()
        states = {row["action_id"]: _state(row, approvals) for row in rows}
        found = _leaks(connection, tenant_id, leak_ids)
        answered = select(withdrawals.c.withdrawal_id, withdrawals.c.status).where(
            withdrawals.c.tenant_id == tenant_id, withdrawals.c.status != "asked"
        )
        answers = {row.withdrawal_id: row.status for row in connection.execute(answered)}
    return States(states, found, answers)


def _leaks(connection: Connection, tenant_id: str, leak_ids: Collection[str]) -> dict[str, LeakState]:
    suppressed = select(suppressions.c.leak_id).where(
        suppressions.c.tenant_id == tenant_id, suppressions.c.lifted_at.is_(None)
    )
    still: set[str] = set(connection.scalars(suppressed))
    found = {}
    for group in groups(sorted(leak_ids), _GROUP):
        query = select(leaks.c.leak_id, leaks.c.status, leaks.c.owner)
        mine = query.where(leaks.c.tenant_id == tenant_id, leaks.c.leak_id.in_(group))
        for row in connection.execute(mine):
            found[row.leak_id] = LeakState(row.status, row.owner is not None, row.leak_id in still)
    return found


def _pseudonyms(connection: Connection, tenant_id: str) -> dict[str, str]:
    query = select(decision_people).where(decision_people.c.tenant_id == tenant_id)
    return {row.person_id: row.pseudonym for row in connection.execute(query)}


def _state(row: RowMapping, approvals: dict[tuple[str, str], set[str]]) -> ActionState:
    approved = frozenset(approvals.get((row["action_id"], row["version_hash"]), ()))
    return ActionState(row["status"], row["version"], _version_hash(row), approved)


def _version_hash(row: RowMapping) -> str:
    """The hash of what the row binds to, or a word that is none where its columns contradict each other."""
    bound = json.loads(row["bound"])
    if any(bound.get(name) != row[name] for name in _REPEATED) or hash_of(row["bound"]) != row["version_hash"]:
        return "another (the row was changed)"
    version_hash: str = row["version_hash"]
    return version_hash
