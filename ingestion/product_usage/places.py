"""What LEAKS_PRODUCT_USAGE names: files, by paths and globs, and SQL tables."""

import re
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from urllib.parse import urlsplit

from ingestion.errors import ProductUsageError

_URL = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://")
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}
_NAMED = re.compile(r"(login|usage)", re.IGNORECASE)


@dataclass(frozen=True)
class SqlTable:
    """A table of a database; `url` is what SQLAlchemy takes and may hold a password, `origin` never does."""

    url: str
    schema: str | None
    table: str
    origin: str


def places(setting: str | None) -> tuple[list[Path], list[SqlTable]]:
    """The files and tables of the setting, each file once, in the order of their names.

    Raises ProductUsageError where a path, glob or address leads nowhere.
    """
    files: dict[Path, None] = {}
    tables: list[SqlTable] = []
    for entry in (part.strip() for part in (setting or "").split(",")):
        if _URL.match(entry):
            tables.append(sql_table_at(entry))
        elif entry:
            files.update(dict.fromkeys(_files(entry)))
    return sorted(files), tables


def sql_table_at(address: str) -> SqlTable:
    """The table of an address such as `postgresql://user:password@host/db#schema.table`."""
    parts = urlsplit(address)
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    shown = f"{parts.scheme}://{_without_password(parts.netloc)}{parts.path}{fragment}"
    driver = _DRIVERS.get(parts.scheme)
    if driver is None:
        known = ", ".join(f"{name}://" for name in ("sqlite", "postgresql"))
        raise ProductUsageError(f"LEAKS_PRODUCT_USAGE: {shown} is no database we can read; allowed: {known}")
    schema, _, table = parts.fragment.rpartition(".")
    if not table:
        raise ProductUsageError(
            f"LEAKS_PRODUCT_USAGE: {shown} names no table; end it with #table or #schema.table "
            "(a # inside the password is written %23)"
        )
    url = f"{driver}{address.removeprefix(parts.scheme).partition('#')[0]}"
    return SqlTable(url=url, schema=schema or None, table=table, origin=shown)


def _without_password(host: str) -> str:
    user, at, rest = host.rpartition("@")
    return f"{user.partition(':')[0]}{at}{rest}"


def _files(entry: str) -> list[Path]:
    path = Path(entry).expanduser().absolute()
    if path.is_dir():
        found = [child for child in path.iterdir() if child.is_file() and _NAMED.match(child.name)]
        if not found:
            raise ProductUsageError(
                f"LEAKS_PRODUCT_USAGE: the folder {path} has no file named login* or usage*; name its files, "
                f"for example {path}/*.jsonl"
            )
        return found
    if has_magic(entry):
        found = [Path(name) for name in glob(str(path), recursive=True) if Path(name).is_file()]  # noqa: PTH207 - the pattern is absolute
        if not found:
            raise ProductUsageError(f"LEAKS_PRODUCT_USAGE: no file matches {path}; correct it or take it out")
        return found
    if not path.is_file():
        raise ProductUsageError(f"LEAKS_PRODUCT_USAGE: {path} does not exist; correct it or take it out")
    return [path]
