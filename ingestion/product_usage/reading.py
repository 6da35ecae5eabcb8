"""A batch read with all its troubles: rows that cannot be understood, files that change meanwhile or are damaged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import datetime
from pathlib import Path

from ingestion.product_usage import files
from ingestion.product_usage.batch import Batch, Found, Part, read_batch, scanned_columns
from ingestion.product_usage.files import Stretch, UnreadableError
from ingestion.product_usage.mapping import Kind, UsageMapping
from ingestion.product_usage.recognise import matches_nothing, missing
from ingestion.product_usage.refusals import Refusals, find, repaired
from ingestion.profile import Profile

# Files are read together up to this size, so that many small ones cost little and one batch stays bounded.
BATCH_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Item:
    """One stretch to land, with its kind and, of a SQL table, the newest cursor."""

    kind: Kind
    stretch: Stretch
    cursor: str | None = None


@dataclass
class Outcome:
    """What a batch gave: new facts, refused rows by origin, and files that DuckDB could not read, with reason."""

    part: Part
    refusals: dict[str, Refusals] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


def batches(items: Iterable[Item], mapping: UsageMapping) -> Iterator[tuple[Batch, dict[str, str | None]]]:
    """Items that can be read together, as they come, with the cursors of SQL tables by origin."""
    waiting: list[Item] = []
    for item in items:
        if waiting and (not _alike(waiting[0], item) or _size(waiting) + _size([item]) > BATCH_BYTES):
            yield _batch(waiting, mapping)
            waiting = []
        waiting.append(item)
    if waiting:
        yield _batch(waiting, mapping)


def _alike(one: Item, other: Item) -> bool:
    a, b = one.stretch, other.stretch
    same = (one.kind, a.form) == (other.kind, b.form)
    return same and (a.form == "json" or (a.columns, a.delimiter) == (b.columns, b.delimiter))


def _size(items: list[Item]) -> int:
    return sum(item.stretch.path.stat().st_size for item in items if item.stretch.rows)


def _batch(items: list[Item], mapping: UsageMapping) -> tuple[Batch, dict[str, str | None]]:
    kind, first = items[0].kind, items[0].stretch
    names = dict.fromkeys(name for item in items for name in item.stretch.columns)
    scanned = scanned_columns(first.form, tuple(names), mapping.fields(kind))
    stretches = tuple(item.stretch for item in items)
    return Batch(kind, first.form, scanned, first.delimiter, stretches), {i.stretch.origin: i.cursor for i in items}


def read(profile: Profile, batch: Batch, mapping: UsageMapping, spool: Path, now: datetime) -> Outcome:
    """Reads the batch into one part and accounts for every row of it.

    Raises ProductUsageError where none of the mapped fields is in any row of a file.
    """
    target = spool / f"{batch.kind}.part.parquet"
    outcome = Outcome(Part(target, 0))
    filled = [stretch for stretch in batch.stretches if stretch.rows]
    if not filled:
        return outcome
    try:
        outcome.part = _part(profile, batch, filled, mapping, spool, now)
    except UnreadableError:
        outcome.unreadable = _unreadable(profile, batch, filled, mapping, spool, now)
        filled = [stretch for stretch in filled if stretch.origin not in outcome.unreadable]
        if not filled:
            return outcome
        outcome.part = _part(profile, batch, filled, mapping, spool, now)
    whole: list[Stretch] = []
    for stretch in filled:
        found = outcome.part.found.get(stretch.origin, Found())
        whole.append(stretch)
        if found.rows == stretch.rows:
            continue
        if found.rows == 0 and stretch.columns and missing(stretch.columns, batch.kind, mapping):
            raise matches_nothing(stretch.origin, stretch.columns, batch.kind, mapping)
        whole[-1], refusals = repaired(stretch, batch.kind, spool)
        find(profile, batch, stretch, whole[-1], mapping, refusals)
        outcome.refusals[stretch.origin] = refusals
    if whole != filled:
        outcome.part = _part(profile, batch, whole, mapping, spool, now)
    return outcome


def _part(
    profile: Profile, batch: Batch, stretches: list[Stretch], mapping: UsageMapping, spool: Path, now: datetime
) -> Part:
    target = spool / f"{batch.kind}.part.parquet"
    part = read_batch(profile, changed(batch, stretches=tuple(stretches)), mapping, target, now)
    moved = [s for s in stretches if not s.is_copy and s.path.stat().st_size != s.fingerprint.size]
    if not moved:
        return part
    # Something was written while DuckDB read: what it saw is not known, so the same stretch is read from a copy.
    still = [files.as_copy(s, spool) if s in moved else s for s in stretches]
    return read_batch(profile, changed(batch, stretches=tuple(still)), mapping, target, now)


def _unreadable(
    profile: Profile, batch: Batch, stretches: list[Stretch], mapping: UsageMapping, spool: Path, now: datetime
) -> dict[str, str]:
    found = {}
    for stretch in stretches:
        try:
            _part(profile, batch, [stretch], mapping, spool, now)
        except UnreadableError as error:
            found[stretch.origin] = str(error)
    return found
