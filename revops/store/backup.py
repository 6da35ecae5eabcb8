"""Copies of the SQLite files in one archive, and the way back.

PostgreSQL's own pg_dump makes backups of PostgreSQL; it is not shipped here, so the commands are named.
"""

import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from revops.settings import Settings
from revops.store.engine import postgres_url, sqlite_path
from revops.store.errors import BackupError, StoreError, StoreMissingError
from revops.store.metadata import FILES, File
from revops.store.schema import alone_with, known_revisions, read_schema

PG_DUMP = (
    "PGOPTIONS='-c app.tenant_id=*' pg_dump --enable-row-security --no-owner --format=custom "
    '--file=leaks.dump "$DATABASE_URL"'
)
PG_RESTORE = 'pg_restore --no-owner --exit-on-error --dbname="$DATABASE_URL" leaks.dump'


def backup(settings: Settings, target: Path | None, at: datetime, *, reason: str = "") -> Path:
    """Write a consistent copy of both files as a tar, by default into LEAKS_HOME/backups, and return its path.

    Nobody has to stop: writers go on meanwhile. The inbox is copied first, so that an event which the copy of
    the other file knows of is not missing in it. Raises BackupError and StoreMissingError.
    """
    _refuse_postgres(settings, f"Its pg_dump makes a backup (the setting lets it read every tenant): {PG_DUMP}")
    if not read_schema(settings).exists:
        raise StoreMissingError("There is no operational store to back up. `leaks db upgrade` makes one.")
    name = f"store-{at:%Y%m%dT%H%M%SZ}{'-' if reason else ''}{reason}.tar"
    target = target or _free(settings.leaks_home / "backups" / name)
    if target.exists():
        raise BackupError(f"{target} exists already. Choose another file, or remove it.")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _folder_in(target.parent) as folder:
            _write(settings, folder, target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{target} cannot be written ({error}). Free some room or choose another folder.") from error
    return target


def backups(settings: Settings) -> list[Path]:
    """The backups in LEAKS_HOME."""
    return sorted((settings.leaks_home / "backups").glob("*.tar"))


@contextmanager
def rewriting(source: Path) -> Iterator[dict[File, Path]]:
    """The files of a backup, to be changed; they take the place of the old ones when this is left without an error.

    Raises BackupError for what is no backup, and where it cannot be written.
    """
    with _folder_in(source.parent) as folder:
        _extract(source, folder)
        paths = {file: folder / f"{file}.db" for file in FILES}
        yield paths
        _pack(paths, folder, source)


def restore(settings: Settings, source: Path, at: datetime) -> Path | None:
    """Replace the store by a backup; the path of what was there before, if anything was: a backup, or a folder
    with the files where they could not be read.

    Everything that has the store open must have ended. A backup of an older schema is restored as it is; the
    next verb says that it needs an upgrade. Raises BackupError and StoreUnavailableError.
    """
    _refuse_postgres(settings, f"Its pg_restore restores a dump into an empty database: {PG_RESTORE}")
    with alone_with(settings), _folder_in(settings.leaks_home) as folder:
        _extract(source, folder)
        before = _keep(settings, at)
        # The inbox first: a restore that is cut short repeats events rather than forgetting them.
        for file in reversed(FILES):
            _replace(folder / f"{file}.db", sqlite_path(settings.leaks_home, file))
        return before


def _keep(settings: Settings, at: datetime) -> Path | None:
    """A backup of the store that is to be replaced; of one that cannot be read the files as they are."""
    paths = [sqlite_path(settings.leaks_home, file) for file in FILES]
    try:
        return backup(settings, None, at, reason="before-restore") if any(path.exists() for path in paths) else None
    except (BackupError, StoreError):
        folder = _free(settings.leaks_home / "backups" / f"store-{at:%Y%m%dT%H%M%SZ}-unreadable")
        folder.mkdir(mode=0o700, parents=True)
        for path in paths:
            for found in path.parent.glob(f"{path.name}*"):
                found.replace(folder / found.name)
        return folder


def _refuse_postgres(settings: Settings, advice: str) -> None:
    if postgres_url(settings) is not None:
        raise BackupError(f"The operational store is in PostgreSQL. {advice}")


def _free(path: Path) -> Path:
    """The path, or one with a number where a backup was made in the same second."""
    number = 1
    candidate = path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


@contextmanager
def _folder_in(parent: Path) -> Iterator[Path]:
    """A folder on the same disk, so that what is ready is moved and not copied."""
    folder = Path(tempfile.mkdtemp(prefix=".store-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _write(settings: Settings, folder: Path, target: Path) -> None:
    copies = {file: folder / f"{file}.db" for file in FILES}
    for file in reversed(FILES):
        _copy(sqlite_path(settings.leaks_home, file), copies[file])
    _pack(copies, folder, target)


def _pack(files: Mapping[File, Path], folder: Path, target: Path) -> None:
    archive = folder / "store.tar"
    archive.touch(mode=0o600)
    with archive.open("wb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for file in reversed(FILES):
            tar.add(files[file], arcname=files[file].name)
            files[file].unlink()
        tar.close()
        stream.flush()
        os.fsync(stream.fileno())
    archive.replace(target)


def _copy(source: Path, target: Path) -> None:
    # `rw`: a file that is gone is an error; by default SQLite would make an empty one.
    existing = f"{source.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(existing, uri=True)) as reader, closing(sqlite3.connect(target)) as writer:
        reader.backup(writer)
        # A copy in one file: without it the archive would need the -wal file too.
        writer.execute("pragma journal_mode = delete")


def _extract(source: Path, folder: Path) -> None:
    wanted = {f"{file}.db": file for file in FILES}
    try:
        with tarfile.open(source) as tar:
            members = {member.name: member for member in tar.getmembers() if member.isfile()}
            missing = wanted.keys() - members.keys()
            if missing:
                raise BackupError(f"{source} is no backup of ours: it lacks {', '.join(sorted(missing))}.")
            for name in wanted:
                tar.extract(members[name], folder, filter="data")
    except FileNotFoundError as error:
        raise BackupError(f"{source}: no such file. Backups are in LEAKS_HOME/backups.") from error
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{source} cannot be read as a backup ({error}).") from error
    for name, file in wanted.items():
        _check(folder / name, file, source)


def _check(path: Path, file: File, source: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            (verdict,) = connection.execute("pragma integrity_check(1)").fetchone()
            (revision,) = connection.execute("select version_num from alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{source} is damaged: {file}.db cannot be read ({error}). Use another backup.") from error
    if verdict != "ok":
        raise BackupError(f"{source} is damaged: {file}.db fails its integrity check ({verdict}). Use another backup.")
    if revision not in known_revisions():
        raise BackupError(f"{source} was made by a newer version of this program; install that one to restore it.")


def _replace(new: Path, old: Path) -> None:
    """Put a file in the place of another, whose journals must not be taken for the new one's."""
    for suffix in ("-wal", "-shm"):
        old.with_name(old.name + suffix).unlink(missing_ok=True)
    new.chmod(0o600)
    new.replace(old)
