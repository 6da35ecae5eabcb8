"""The schema of the store: which revision it has, and bringing it to ours.

A store that does not exist is made without asking. One with an older schema is changed by `leaks db upgrade`
alone, after a backup; one with a newer schema is left alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from revops.settings import Settings
from revops.store.engine import make_engines, postgres_url, sqlite_engine, sqlite_path
from revops.store.errors import SchemaNewerError, SchemaOlderError, StoreError, StoreMissingError, UnsafeRoleError
from revops.store.locks import alone, making
from revops.store.metadata import FILES, File
from revops.store.transactions import EVERYONE, show_tenant, transaction

SCRIPTS = Path(__file__).parent / "migrations"
# Two upgrades at once: the second waits for the first and finds nothing to do. Any number, always the same.
_UPGRADE_LOCK = 7_350_021


@dataclass(frozen=True)
class Schema:
    """The revision of each file of the store; None where it has none. PostgreSQL has one for both."""

    revisions: dict[File, str | None]

    @property
    def exists(self) -> bool:
        """Whether there is a store. The inbox is made first, so what was begun and not ended is none."""
        return self.revisions["operations"] is not None

    @property
    def is_newer(self) -> bool:
        """Whether a later version of this program has upgraded it."""
        return any(revision is not None and revision not in known_revisions() for revision in self.revisions.values())

    @property
    def is_older(self) -> bool:
        """Whether an upgrade has something to do."""
        return not self.is_newer and any(revision != head() for revision in self.revisions.values())


@cache
def known_revisions() -> tuple[str, ...]:
    """Ours, oldest first: the files' names begin with them."""
    return tuple(sorted(path.name.partition("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py")))


def head() -> str:
    """The revision that this program works with."""
    return known_revisions()[-1]


def read_schema(settings: Settings) -> Schema:
    """What is there; makes nothing. Raises StoreUnavailableError."""
    if postgres_url(settings) is None:
        return Schema({file: _revision_of_file(sqlite_path(settings.leaks_home, file)) for file in FILES})
    engine = make_engines(settings)["operations"]
    try:
        return Schema(dict.fromkeys(FILES, _revision(engine)))
    finally:
        engine.dispose()


def check(settings: Settings) -> None:
    """Raise StoreMissingError, SchemaOlderError or SchemaNewerError unless the schema is ours."""
    schema = read_schema(settings)
    if not schema.exists:
        raise StoreMissingError("There is no operational store yet. Run `leaks db upgrade` to make it.")
    found = ", ".join(f"{file} {revision or 'none'}" for file, revision in schema.revisions.items())
    if schema.is_newer:
        raise SchemaNewerError(
            f"The operational store has a newer schema than this program knows (it has {found}; known is {head()}). "
            "Install the newer version again, or `leaks db restore` a backup made before its upgrade "
            f"({settings.leaks_home / 'backups'})."
        )
    if schema.is_older:
        raise SchemaOlderError(
            f"The operational store has an older schema (it has {found}; needed is {head()}). "
            "Run `leaks db upgrade`; it makes a backup first."
        )


def create(settings: Settings) -> bool:
    """Make the store where there is none, and say whether that was so; safe for several at once."""
    if read_schema(settings).exists:
        return False
    is_sqlite = postgres_url(settings) is None
    with making(settings.leaks_home) if is_sqlite else nullcontext():
        if read_schema(settings).exists:
            return False
        if is_sqlite:
            _refuse_lost_operations(settings.leaks_home)
        migrate(settings)
        return True


def migrate(settings: Settings, revision: str = "head") -> None:
    """Run the revisions up to one, each file in one transaction. The caller has seen to a backup."""
    url = postgres_url(settings)
    if url is not None:
        engine = make_engines(settings)["operations"]
        try:
            with engine.begin() as connection:
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
                show_tenant(connection, EVERYONE)
                _run(connection, revision, FILES)
        except ProgrammingError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            raise StoreError(
                "The role of DATABASE_URL may not make tables. Let it own the database: ALTER DATABASE ... OWNER TO ..."
            ) from error
        finally:
            engine.dispose()
        return
    settings.leaks_home.mkdir(parents=True, exist_ok=True)
    # The inbox first: `Schema.exists` looks at operations.
    for file in reversed(FILES):
        path = sqlite_path(settings.leaks_home, file)
        path.touch(mode=0o600)
        engine = sqlite_engine(path, is_for_migration=True)
        with engine.begin() as connection:
            _run(connection, revision, (file,))
            broken = connection.exec_driver_sql("pragma foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the upgrade of {path} breaks references and was taken back: {broken[:3]}")


def refuse_unsafe_role(connection: Connection) -> None:
    """Raise UnsafeRoleError where row-level security does not hold for who we are."""
    if connection.dialect.name != "postgresql":
        return
    query = "select rolname, rolsuper or rolbypassrls from pg_roles where rolname = current_user"
    name, is_unsafe = connection.execute(text(query)).one()
    if is_unsafe:
        raise UnsafeRoleError(
            f"The role {name} of DATABASE_URL is a superuser or has BYPASSRLS: PostgreSQL would show it every "
            "tenant's rows. Make an ordinary one that owns the database (CREATE ROLE leaks LOGIN PASSWORD '...'; "
            "ALTER DATABASE ... OWNER TO leaks) and use it."
        )


@contextmanager
def alone_with(settings: Settings) -> Iterator[None]:
    """Nobody else has the SQLite files open meanwhile. Raises StoreUnavailableError."""
    with alone(settings.leaks_home) if postgres_url(settings) is None else nullcontext():
        yield


def _refuse_lost_operations(home: Path) -> None:
    """An inbox in use without the other file: something went missing, and an empty store would hide it."""
    path = sqlite_path(home, "inbox")
    if _revision_of_file(path) is None:
        return
    engine = sqlite_engine(path)
    try:
        with transaction(engine, EVERYONE, is_read_only=True) as connection:
            is_used = connection.scalar(text("select 1 from inbox limit 1")) is not None
    finally:
        engine.dispose()
    if is_used:
        raise StoreMissingError(
            f"{sqlite_path(home, 'operations')} is gone, while {path} holds received events. `leaks db restore` a "
            f"backup ({home / 'backups'}), or move {path} away to begin anew."
        )


def _run(connection: Connection, revision: str, files: tuple[File, ...]) -> None:
    # Alembic takes as long to load as everything else here; only a migration needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["files"] = files
    command.upgrade(config, revision)


def _revision_of_file(path: Path) -> str | None:
    if not path.exists():
        return None
    engine = sqlite_engine(path)
    try:
        return _revision(engine)
    finally:
        engine.dispose()


def _revision(engine: Engine) -> str | None:
    with transaction(engine, EVERYONE, is_read_only=True) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("select version_num from alembic_version"))
        return revision
