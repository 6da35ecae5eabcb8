"""Nothing changes or deletes a line of the logs or a decision record, not even all tenants' own role."""

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from revops.store import Store
from tests.revops.store.filled import TABLES, fill

LOGS = [name for name, table in TABLES.items() if table.info.get("append_only")]
# A column of text that is not part of the key.
TEXT = {"audit": "actor", "security_log": "actor", "decision_records": "signature"}


def test_the_two_logs_and_the_decision_records_are_append_only() -> None:
    assert sorted(LOGS) == sorted(TEXT)


@pytest.mark.parametrize("name", LOGS)
def test_a_line_is_neither_changed_nor_deleted(store: Store, name: str) -> None:
    fill(store, "acme")
    table = TABLES[name]
    count = select(func.count()).select_from(table)
    for statement in (update(table).values({TEXT[name]: "somebody else"}), delete(table)):
        with pytest.raises(DBAPIError, match=f"{name} is append-only"), store.everyone() as connection:
            connection.execute(statement)
    with store.everyone(is_read_only=True) as connection:
        assert connection.scalar(count) == 1


@pytest.mark.parametrize("name", LOGS)
def test_postgres_does_not_empty_a_log_at_once(postgres_store: Store, name: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), postgres_store.everyone() as connection:
        connection.execute(text(f"truncate {name} cascade"))


@pytest.mark.parametrize("name", LOGS)
def test_sqlite_does_not_replace_a_line(sqlite_store: Store, name: str) -> None:
    fill(sqlite_store, "acme")
    columns = ", ".join(column.name for column in TABLES[name].columns)
    values = columns.replace(TEXT[name], "'somebody else'")
    with pytest.raises(DBAPIError, match="append-only"), sqlite_store.everyone() as connection:
        connection.execute(text(f"insert or replace into {name} ({columns}) select {values} from {name}"))
