"""One landing of product usage: what is new in files and tables, read in batches, each landed and then noted."""

import errno
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion import versions
from ingestion.erasure.in_force import in_force
from ingestion.operations.erasures import read_erased
from ingestion.product_usage import files, loading, schema, state, tables
from ingestion.product_usage.batch import Batch, Found
from ingestion.product_usage.files import Stretch, UnreadableError
from ingestion.product_usage.header import sample
from ingestion.product_usage.links import land_links
from ingestion.product_usage.mapping import KINDS, Kind, UsageMapping, UsageRules
from ingestion.product_usage.places import SqlTable, places
from ingestion.product_usage.reading import Item, batches, read
from ingestion.product_usage.recognise import kind_of, kind_of_name
from ingestion.product_usage.refusals import Refusals
from ingestion.product_usage.schema import DATASET
from ingestion.product_usage.state import FileStatus
from ingestion.profile import Profile
from ingestion.progress import NoProgress, Progress
from ingestion.quarantine import Quarantined
from ingestion.settings import ProductUsageSettings


@dataclass
class UsageReport:
    """What a landing brought: new rows per kind, files and tables found and read, rows in quarantine, account links."""

    rows: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    found: int = 0
    read: int = 0
    quarantined: int = 0
    links: int = 0
    seconds: float = 0.0


def load(
    profile: Profile,
    *,
    mapping: UsageMapping | None = None,
    rules: UsageRules | None = None,
    progress: Progress | None = None,
    settings: ProductUsageSettings | None = None,
) -> UsageReport:
    """Lands everything that is new in the configured logs; the caller holds `writer_lock`.

    Tables are made even where nothing is configured. Raises ProductUsageError where a path, an address or the mapping
    leads nowhere, DiskFullError, or IngestionError where loading fails; what had landed stays and is not read again.
    """
    started = time.monotonic()
    secret = (settings or ProductUsageSettings()).leaks_product_usage
    run = _Landing(profile, mapping or UsageMapping(), progress or NoProgress())
    try:
        schema.prepare(profile)
        found_files, found_tables = places(secret.get_secret_value() if secret else None)
        _land_rules(profile, run.mapping, rules or UsageRules(), is_configured=secret is not None)
        with in_force(read_erased(profile)):
            run.report.links = land_links(profile, run.mapping, run.spool)
            run.land(found_files, found_tables)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
            raise versions.disk_full(profile) from error
        raise
    finally:
        files.clear(run.spool)
    run.report.seconds = time.monotonic() - started
    return run.report


def _land_rules(profile: Profile, mapping: UsageMapping, rules: UsageRules, *, is_configured: bool) -> None:
    row = {
        "tenant_id": profile.tenant_id,
        "is_configured": is_configured,
        "time_zone": mapping.time_zone,
        **rules.as_row(),
    }
    if versions.read(profile, f"select * from {DATASET}.rules") != [row]:
        versions.replace(profile, DATASET, {"rules": pa.Table.from_pylist([row], schema=schema.RULES)})


class _Landing:
    def __init__(self, profile: Profile, mapping: UsageMapping, progress: Progress) -> None:
        self.profile, self.mapping, self.progress = profile, mapping, progress
        self.report = UsageReport()
        self.spool = profile.spool / DATASET
        self.now = datetime.now(UTC).replace(tzinfo=None)
        self.statuses: dict[str, FileStatus] = {}
        self.refused: state.Refused = {}

    def land(self, found_files: list[Path], found_tables: list[SqlTable]) -> None:
        self.statuses, self.refused = state.read_statuses(self.profile), state.read_refused(self.profile)
        self.report.found = len(found_files) + len(found_tables)
        files.clear(self.spool)
        for batch, cursors in batches(self._items(found_files, found_tables), self.mapping):
            self._land(batch, cursors)
        self.report.quarantined = sum(status.quarantined_count for status in self.statuses.values())

    def _items(self, found_files: list[Path], found_tables: list[SqlTable]) -> Iterator[Item]:
        found: list[Path | SqlTable] = [*found_files, *found_tables]
        for number, one in enumerate(found):
            self.progress.step("product usage", number, self.report.found)
            item = self._file(one) if isinstance(one, Path) else self._table(one)
            if item is not None:
                yield item
        self.progress.step("product usage", self.report.found, self.report.found)

    def _file(self, path: Path) -> Item | None:
        origin = str(path)
        files.form_of(path)
        named = kind_of_name(origin, self.mapping)
        status = self._known(origin, named)
        if status is not None and files.is_read(path, status):
            return None
        try:
            names, delimiter = sample(path)
            if not names and path.stat().st_size == 0 and named is None:
                return None
            kind = named or kind_of(origin, names, self.mapping)
            return Item(kind, files.stretch_of(path, status, self.spool, names, delimiter))
        except UnreadableError as error:
            self._refuse_file(path, named or "login", str(error))
            return None

    def _table(self, table: SqlTable) -> Item | None:
        status = self._known(table.origin, kind_of_name(table.origin, self.mapping))
        kind, stretch, cursor = tables.stretch_of_table(table, status, self.mapping, self.spool)
        return None if stretch.rows == 0 and status is not None else Item(kind, stretch, cursor)

    def _known(self, origin: str, named: Kind | None) -> FileStatus | None:
        """What is known of a file or table, unless it was read as another kind or by another mapping.

        Another mapping reads other facts from the same rows: what had landed goes, and is read anew.
        """
        status = self.statuses.get(origin)
        if status is None:
            return None
        for kind in KINDS:
            if status.kind == kind and status.mapping_version == self.mapping.version(kind) and named in (None, kind):
                return status
        with duckdb.connect(str(self.profile.warehouse)) as connection:
            connection.begin()
            for kind in KINDS:
                connection.execute(f"delete from {DATASET}.{kind} where origin = ?", [origin])
            connection.execute(f"delete from {DATASET}.file_status where origin = ?", [origin])
            connection.commit()
        del self.statuses[origin]
        self.refused.pop(origin, None)
        return None

    def _refuse_file(self, path: Path, kind: Kind, reason: str) -> None:
        origin, seen = str(path), files.fingerprint(path)
        self.statuses[origin] = FileStatus(
            *(origin, kind, self.mapping.version(kind), seen.size, seen.head, seen.tail),
            quarantined_count=1,
            read_at=self.now,
        )
        self.refused[origin] = [(Quarantined(kind, None, f"the file: {reason}", "", f"{origin}:0"), self.now)]
        state.write(self.profile, self.statuses, self.refused)

    def _land(self, batch: Batch, cursors: dict[str, str | None]) -> None:
        outcome = read(self.profile, batch, self.mapping, self.spool, self.now)
        if outcome.part.rows:
            loading.append(self.profile, batch.kind, outcome.part)
        for origin, reason in outcome.unreadable.items():
            self._refuse_file(Path(origin), batch.kind, reason)
        for stretch in batch.stretches:
            if stretch.origin not in outcome.unreadable:
                found = outcome.part.found.get(stretch.origin, Found())
                self._note(batch.kind, stretch, found, outcome.refusals.get(stretch.origin))
                self.statuses[stretch.origin].cursor = cursors[stretch.origin]
            if stretch.is_copy:
                stretch.path.unlink(missing_ok=True)
        state.write(self.profile, self.statuses, self.refused)
        self.report.rows[batch.kind] += outcome.part.rows
        self.report.read += len(batch.stretches)

    def _note(self, kind: Kind, stretch: Stretch, found: Found, refusals: Refusals | None) -> None:
        before = self.statuses.get(stretch.origin)
        # What goes on adds to what was read; what is read from its beginning says everything anew.
        is_on = before is not None and (stretch.read_from > 0 or (stretch.form == "parquet" and stretch.is_copy))
        known = before if is_on and before is not None else FileStatus(stretch.origin, kind, self.mapping.version(kind))
        refused = refusals.count if refusals else 0
        kept = self.refused.get(stretch.origin, []) if is_on else []
        self.refused[stretch.origin] = [*kept, *((row, self.now) for row in (refusals.rows if refusals else []))]
        self.statuses[stretch.origin] = FileStatus(
            origin=stretch.origin,
            kind=kind,
            mapping_version=self.mapping.version(kind),
            size=stretch.fingerprint.size,
            head=stretch.fingerprint.head,
            tail=stretch.fingerprint.tail,
            read_to=stretch.read_to,
            read_lines=stretch.lines_before + stretch.lines,
            row_count=known.row_count + found.rows + refused,
            landed_count=known.landed_count + found.new_rows,
            quarantined_count=known.quarantined_count + refused,
            first_at=min((at for at in (known.first_at, found.first_at) if at), default=None),
            last_at=max((at for at in (known.last_at, found.last_at) if at), default=None),
            read_at=self.now,
        )
