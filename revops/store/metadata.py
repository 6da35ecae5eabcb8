"""What the tables share: the MetaData, names of constraints, files, and the words their columns allow."""

from collections.abc import Collection
from typing import Literal

from sqlalchemy import MetaData, Table

File = Literal["operations", "inbox"]
FILES: tuple[File, ...] = ("operations", "inbox")

MODES = ("live", "test")
INTEGRATION_KINDS = ("api_key", "connect", "export")
INTEGRATION_STATUSES = ("active", "disconnected")
OPEN_LEAK_STATUSES = ("open", "pending_decision", "acting")
ENDED_LEAK_STATUSES = ("recovered", "resolved_elsewhere", "dismissed", "withdrawn", "lapsed")
LEAK_STATUSES = (*OPEN_LEAK_STATUSES, *ENDED_LEAK_STATUSES)
WITHDRAWAL_STATUSES = ("asked", "confirmed", "refused")
INBOX_STATES = ("received", "landed", "done", "failed")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def file_of(table: Table) -> File:
    """The SQLite file a table lives in."""
    file: File = table.info.get("file", "operations")
    return file


def in_list(column: str, values: Collection[str]) -> str:
    """`status in ('open', 'closed')`; the values are words of this module."""
    return f"{column} in ({', '.join(repr(value) for value in values)})"
