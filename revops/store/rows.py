"""Small things that the repositories share."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from revops.logging import redact_value

Item = TypeVar("Item")


def new_id(prefix: str) -> str:
    """A random id that says what it belongs to: `int_1f0c...`."""
    return f"{prefix}_{uuid.uuid4().hex}"


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """INSERT with ON CONFLICT, which both engines have and SQLAlchemy offers per engine."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def as_json(detail: Mapping[str, Any]) -> str:
    """A detail of a log line, without secrets; readable, so that it can be searched.

    What strangers sent may hold half a character, which no database takes.
    """
    content = json.dumps(redact_value(dict(detail)), sort_keys=True, default=str, ensure_ascii=False)
    return content.encode("utf-8", "replace").decode()


def groups(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in groups, so that no transaction grows with the work there is."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
