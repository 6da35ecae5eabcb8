"""Definitions that wait for a person's word before they withdraw much of the open money."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Literal

from sqlalchemy import select, update

from revops.domain.decision import Channel, DecisionRefusedError
from revops.domain.decision_record import Entry
from revops.domain.person import Person
from revops.domain.withdrawal import Answer, Question, Withdrawal
from revops.store.decisions import append
from revops.store.people_tables import withdrawals
from revops.store.rows import insert_into
from revops.store.signing_keys import Signer
from revops.store.store import Store
from revops.store.tenants import require


class Withdrawals:
    """Asked by the program, answered by people."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store = store
        self._signer = signer

    def ask(self, tenant_id: str, withdrawal: Withdrawal, at: datetime) -> Answer:
        """The answer that there is; asks where nobody was asked before. What is asked takes the newer figures."""
        detail = asdict(withdrawal)
        row = {
            "tenant_id": tenant_id,
            "withdrawal_id": detail.pop("withdrawal_id"),
            "status": "asked",
            "detail": json.dumps(detail, sort_keys=True),
            "asked_at": at,
        }
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            new = insert_into(connection, withdrawals).values(row)
            again = new.on_conflict_do_update(
                index_elements=["tenant_id", "withdrawal_id"],
                set_={"detail": row["detail"]},
                where=withdrawals.c.status == "asked",
            )
            connection.execute(again)
            mine = (withdrawals.c.tenant_id == tenant_id, withdrawals.c.withdrawal_id == row["withdrawal_id"])
            status: Answer = connection.execute(select(withdrawals.c.status).where(*mine)).scalar_one()
            return status

    def answer(
        self,
        tenant_id: str,
        withdrawal_id: str,
        status: Literal["confirmed", "refused"],
        *,
        person: Person,
        channel: Channel,
        at: datetime,
        seen: Answer | None = None,
    ) -> None:
        """Say yes or no; the newest word holds.

        Raises DecisionRefusedError for a question that there is not, for who is no admin, and where another answer
        stands than was `seen`.
        """
        if not person.is_at_least("admin"):
            raise DecisionRefusedError("needs_admin", "This takes an admin: it may take much money out of sight.")
        mine = (withdrawals.c.tenant_id == tenant_id, withdrawals.c.withdrawal_id == withdrawal_id)
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            column = withdrawals.c
            query = select(column.status, column.decided_by, column.decided_at).where(*mine).with_for_update()
            row = connection.execute(query).first()
            if row is None:
                raise DecisionRefusedError("unknown_action", "Nothing of that name waits for an answer.")
            before = row.status
            if seen is not None and before != seen:
                said = f"This was answered meanwhile: {before}."
                raise DecisionRefusedError("already_decided", said, by=row.decided_by, at=row.decided_at)
            answer = {"status": status, "decided_at": at, "decided_by": person.person_id}
            connection.execute(update(withdrawals).where(*mine).values(answer))
            entry = Entry(
                kind=f"withdrawal.{status}",
                subject_type="withdrawal",
                subject_id=withdrawal_id,
                version=None,
                version_hash=None,
                actor_id=person.person_id,
                actor_role=person.role,
                channel=channel,
                data={"from": before, "to": status},
            )
            append(connection, self._signer, tenant_id, entry, at)

    def read(self, tenant_id: str) -> list[Question]:
        """Every question, newest first."""
        return read_questions(self._store, tenant_id)


def read_questions(store: Store, tenant_id: str) -> list[Question]:
    """Every question, newest first; reading needs no key that signs."""
    names = Question.__dataclass_fields__
    query = (
        select(*(withdrawals.c[name] for name in names))
        .where(withdrawals.c.tenant_id == tenant_id)
        .order_by(withdrawals.c.asked_at.desc(), withdrawals.c.withdrawal_id)
    )
    with store.tenant(tenant_id, is_read_only=True) as connection:
        rows = connection.execute(query).mappings().all()
    return [Question(**{**row, "detail": json.loads(row["detail"])}) for row in rows]
