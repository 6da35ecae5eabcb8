"""The open store: short transactions on it, and its end."""

import os
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy import Connection, Engine

from revops.settings import Settings
from revops.store import schema
from revops.store.engine import make_engines, postgres_url
from revops.store.errors import UnsafeRoleError
from revops.store.locks import share
from revops.store.metadata import File
from revops.store.transactions import EVERYONE, transaction

_log = structlog.get_logger()


class Store:
    """Get it from `open_store`; close it, or use it as a context manager. Threads may share one."""

    def __init__(self, engines: dict[File, Engine], lock: int | None) -> None:
        self._engines = engines
        self._lock = lock

    @property
    def is_postgres(self) -> bool:
        """Whether rows may be locked one by one (FOR UPDATE SKIP LOCKED); SQLite has one writer per file."""
        return self._engines["operations"].dialect.name == "postgresql"

    def tenant(
        self, tenant_id: str, *, file: File = "operations", is_read_only: bool = False
    ) -> AbstractContextManager[Connection]:
        """A short transaction for one tenant, committed at its end.

        PostgreSQL shows no other tenant's row; SQLite relies on the filter that every statement has anyway.
        On SQLite a writing transaction holds the file from its beginning; a reading one holds up nobody.
        Raises StoreUnavailableError and, inside another transaction, InsideTransactionError.
        """
        return transaction(self._engines[file], tenant_id, is_read_only=is_read_only)

    def everyone(self, *, file: File = "operations", is_read_only: bool = False) -> AbstractContextManager[Connection]:
        """A short transaction over all tenants: for the worker, the receiver and who runs this installation."""
        return transaction(self._engines[file], EVERYONE, is_read_only=is_read_only)

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        for engine in set(self._engines.values()):
            engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(settings: Settings, *, upgrade: bool = False) -> Store:
    """Open the operational store; with `upgrade`, make it where there is none (an old one is not migrated).

    Raises StoreMissingError, SchemaOlderError, SchemaNewerError, StoreAddressError, StoreUnavailableError.
    """
    if upgrade:
        schema.create(settings)
    is_sqlite = postgres_url(settings) is None
    # Held before looking: what is found must not be replaced by a restore a moment later.
    lock = share(settings.leaks_home) if is_sqlite and settings.leaks_home.exists() else None
    store = Store(make_engines(settings), lock)
    try:
        schema.check(settings)
        _warn_of_unsafe_role(store)
    except BaseException:
        store.close()
        raise
    return store


def _warn_of_unsafe_role(store: Store) -> None:
    if not store.is_postgres:
        return
    try:
        with store.everyone(is_read_only=True) as connection:
            schema.refuse_unsafe_role(connection)
    except UnsafeRoleError as error:
        _log.warning("tenants are not kept apart by the database", advice=str(error))
