"""Short transactions that see one tenant, and the rule that nothing slow happens inside them.

While a transaction is open others wait for it: a call to Stripe inside one made a webhook wait two seconds.
So a mark says that one is open, and what does I/O asks `forbid_inside` (the tests make every HTTP call,
socket, process and DuckDB connection ask).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from revops.store import engine as engines
from revops.store.engine import READ_ONLY
from revops.store.errors import InsideTransactionError, StoreUnavailableError

EVERYONE = "*"
# A process that hangs inside a transaction loses it, and with it the locks that others wait for (PostgreSQL).
_IDLE_MS = 60_000

_SHOW = text(
    "select set_config('app.tenant_id', :tenant_id, true), set_config('lock_timeout', :busy, true), "
    "set_config('idle_in_transaction_session_timeout', :idle, true)"
)

_open: ContextVar[str | None] = ContextVar("leaks_open_transaction", default=None)


def forbid_inside(what: str) -> None:
    """Raise InsideTransactionError if this thread or task has a transaction open."""
    whose = _open.get()
    if whose is not None:
        raise InsideTransactionError(
            f"{what} while a transaction of the store is open ({whose}). "
            "Read what is needed, end the transaction, then do it; write the outcome in another transaction."
        )


@contextmanager
def transaction(engine: Engine, tenant_id: str, *, is_read_only: bool = False) -> Iterator[Connection]:
    """A connection in one transaction: committed at the end, rolled back by an exception.

    PostgreSQL shows only rows of the tenant ('*' for all). Raises InsideTransactionError for one inside
    another, and StoreUnavailableError where the database does not answer or stays locked.
    """
    forbid_inside("A second transaction")
    try:
        with engine.connect() as connection:
            if is_read_only:
                connection = connection.execution_options(**_read_only(engine))
            with connection.begin():
                mark = _open.set(tenant_id)
                try:
                    show_tenant(connection, tenant_id)
                    yield connection
                finally:
                    _open.reset(mark)
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailableError(
            f"The operational store does not answer ({_reason(error)}). If another `leaks` holds it, try again when "
            "that has ended; otherwise check that the database runs and its disk has room: `leaks db check`."
        ) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:
            raise
        raise StoreUnavailableError(
            f"A file of the operational store is damaged ({_reason(error)}). Stop what uses it and `leaks db restore` "
            "a backup."
        ) from error


def show_tenant(connection: Connection, tenant_id: str) -> None:
    """Let this transaction see the rows of one tenant, and wait for nobody for ever; forgotten at its end.

    SQLite has no such thing, and its own limit for waiting.
    """
    if connection.dialect.name == "postgresql":
        settings = {"tenant_id": tenant_id, "busy": str(engines.BUSY_MS), "idle": str(_IDLE_MS)}
        connection.execute(_SHOW, settings)


def _read_only(engine: Engine) -> dict[str, bool]:
    return {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {READ_ONLY: True}


def _reason(error: DatabaseError | InterfaceError) -> str:
    """The driver's own words; SQLAlchemy's would add the statement."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
