"""Definitions that wait for a person's word before they withdraw much of the open money."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, update

from revops.domain.decision import DecisionRefusedError
from revops.domain.decision_record import Entry
from revops.domain.person import Person
from revops.store.decisions import append
from revops.store.people_tables import withdrawals
from revops.store.rows import insert_into
from revops.store.signing_keys import Signer
from revops.store.store import Store
from revops.store.tenants import require

Status = Literal["asked", "confirmed", "refused"]


@dataclass(frozen=True)
class Question:
    """One question and its answer."""

    withdrawal_id: str
    status: Status
    detail: Mapping[str, Any]
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None


class Withdrawals:
    """Asked by the program, answered by people."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store = store
        self._signer = signer

    def ask(self, tenant_id: str, withdrawal: Any, at: datetime) -> Status:
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
            status: Status = connection.execute(select(withdrawals.c.status).where(*mine)).scalar_one()
            return status

    def answer(
        self,
        tenant_id: str,
        withdrawal_id: str,
        status: Literal["confirmed", "refused"],
        *,
        person: Person,
        at: datetime,
    ) -> None:
        """Say yes or no; the newest word holds.

        Raises DecisionRefusedError for a question that there is not, and for who is no admin.
        """
        if not person.is_at_least("admin"):
            raise DecisionRefusedError("needs_admin", "This takes an admin: it may take much money out of sight.")
        mine = (withdrawals.c.tenant_id == tenant_id, withdrawals.c.withdrawal_id == withdrawal_id)
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            before = connection.scalar(select(withdrawals.c.status).where(*mine))
            if before is None:
                raise DecisionRefusedError("unknown_action", "Nothing of that name waits for an answer.")
            said = {"status": status, "decided_at": at, "decided_by": person.person_id}
            connection.execute(update(withdrawals).where(*mine).values(said))
            entry = Entry(
                kind=f"withdrawal.{status}",
                subject_type="withdrawal",
                subject_id=withdrawal_id,
                version=None,
                version_hash=None,
                actor_id=person.person_id,
                actor_role=person.role,
                channel="cli",
                data={"from": before, "to": status},
            )
            append(connection, self._signer, tenant_id, entry, at)

    def read(self, tenant_id: str) -> list[Question]:
        """Every question, newest first."""
        names = Question.__dataclass_fields__
        query = (
            select(*(withdrawals.c[name] for name in names))
            .where(withdrawals.c.tenant_id == tenant_id)
            .order_by(withdrawals.c.asked_at.desc(), withdrawals.c.withdrawal_id)
        )
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(query).mappings().all()
        return [Question(**{**row, "detail": json.loads(row["detail"])}) for row in rows]
