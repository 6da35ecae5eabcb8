"""Where the dunning of each invoice stands."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from revops.domain.dunning import Dunning
from revops.domain.dunning_record import as_record, of_record
from revops.store.letter_tables import dunning
from revops.store.rows import groups, insert_into
from revops.store.store import Store
from revops.store.tenants import require

_GROUP = 500


class DunningStates:
    """Reading and writing. An unknown tenant raises TenantError, a row that is no state DunningError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, tenant_id: str, invoice_ids: Sequence[str]) -> dict[str, Dunning]:
        """The states of invoices, by invoice."""
        found: dict[str, Dunning] = {}
        for group in groups(invoice_ids, _GROUP):
            query = select(dunning).where(dunning.c.tenant_id == tenant_id, dunning.c.invoice_id.in_(group))
            with self._store.tenant(tenant_id, is_read_only=True) as connection:
                rows = connection.execute(query).mappings().all()
            found |= {row["invoice_id"]: of_record(json.loads(row["state"])) for row in rows}
        return found

    def running(self, tenant_id: str) -> dict[str, tuple[str, Dunning]]:
        """The leak and the state of every invoice whose dunning has not ended, by invoice."""
        query = select(dunning).where(dunning.c.tenant_id == tenant_id, dunning.c.ended_at.is_(None))
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(query).mappings().all()
        return {row["invoice_id"]: (row["leak_id"], of_record(json.loads(row["state"]))) for row in rows}

    def save(self, tenant_id: str, leak_id: str, customer_id: str | None, state: Dunning, at: datetime) -> None:
        """Write a state."""
        row = {
            "tenant_id": tenant_id,
            "invoice_id": state.invoice,
            "leak_id": leak_id,
            "customer_id": customer_id,
            "status": state.status,
            "state": json.dumps(as_record(state), sort_keys=True),
            "started_at": state.started_at,
            "updated_at": at,
            "ended_at": state.ended_at,
        }
        changed = {name: row[name] for name in ("leak_id", "status", "state", "started_at", "updated_at", "ended_at")}
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            write = insert_into(connection, dunning).values(row)
            connection.execute(write.on_conflict_do_update(index_elements=["tenant_id", "invoice_id"], set_=changed))
