"""A row of every table for a tenant, made from the tables themselves: a new table is filled without a word here."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Float, Integer, LargeBinary, Table, insert
from sqlalchemy.types import TypeEngine

from revops.store import Store
from revops.store.metadata import FILES, file_of, metadata
from revops.store.types import Sequence, UtcDateTime

AT = datetime(2026, 11, 1, 12, 30, 0, 123456, tzinfo=UTC)
TABLES = {table.name: table for table in metadata.sorted_tables}

# What the checks of the tables allow.
_WORDS = {
    ("integrations", "mode"): "live",
    ("integrations", "kind"): "api_key",
    ("integrations", "status"): "active",
    ("leaks", "status"): "open",
    ("actions", "status"): "drafted",
    ("decision_personal", "part"): "note",
    ("people", "role"): "approver",
    ("action_approvals", "role"): "approver",
    ("withdrawals", "status"): "asked",
    ("slack_messages", "kind"): "proposal",
    ("letters", "written_by"): "template",
    ("contacts", "status"): "sent",
    ("tasks", "state"): "open",
    ("inbox", "integration_mode"): "live",
    ("inbox", "state"): "received",
}


def fill(store: Store, tenant_id: str) -> None:
    """One row of the tenant in every table."""
    for file in FILES:
        with store.everyone(file=file) as connection:
            for table in metadata.sorted_tables:
                if file_of(table) == file:
                    put(connection, table, tenant_id)


def put(connection: Connection, table: Table, tenant_id: str, **values: Any) -> None:
    """One row, with the values given and made-up others."""
    connection.execute(insert(table).values(row(table, tenant_id) | values))


def row(table: Table, tenant_id: str) -> dict[str, Any]:
    """Ids are the same text in every table of a tenant, so references meet."""
    return {column.name: _value(column, tenant_id) for column in table.columns if not _is_left_out(column)}


def _is_left_out(column: Column[Any]) -> bool:
    return bool(column.nullable) or (column.primary_key and column.autoincrement is True)


def _value(column: Column[Any], tenant_id: str) -> Any:
    if column.name == "tenant_id":
        return tenant_id
    word = _WORDS.get((column.table.name, column.name))
    return word or _of_type(column.type, f"{tenant_id}-{column.name}")


def _of_type(kind: TypeEngine[Any], text: str) -> Any:
    if kind is Sequence:
        return sum(text.encode())
    for known, value in ((UtcDateTime, AT), (Boolean, True), (Float, 0.75), (Integer, 1), (LargeBinary, text.encode())):
        if isinstance(kind, known):
            return value
    return text
