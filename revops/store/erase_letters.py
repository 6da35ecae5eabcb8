"""What was written to an erased customer, or to colleagues about them, goes; hashes of what was approved stay."""

from datetime import datetime

from sqlalchemy import inspect, select

from revops.store.letter_tables import letters
from revops.store.letters import Letters
from revops.store.store import Store
from revops.store.tables import leaks
from revops.store.tasks import Tasks


def erase_letters(store: Store, tenant_id: str, customer_id: str, at: datetime) -> int:
    """Empty letters and tasks about a customer and count them; a store of an earlier schema has none."""
    with store.everyone(is_read_only=True) as connection:
        if not inspect(connection).has_table(letters.name):
            return 0
    mine = (leaks.c.tenant_id == tenant_id, leaks.c.customer_id == customer_id)
    with store.tenant(tenant_id, is_read_only=True) as connection:
        leak_ids: list[str] = list(connection.scalars(select(leaks.c.leak_id).where(*mine)))
    return Letters(store).erase(tenant_id, customer_id, at) + Tasks(store).erase(tenant_id, leak_ids)
