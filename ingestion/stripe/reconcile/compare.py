"""One table of ours against what Stripe showed of it: what drifted, and the versions that mend it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson

from ingestion.parts import PartWriter
from ingestion.profile import Profile
from ingestion.stripe.client import API_VERSION
from ingestion.stripe.drift import Drift
from ingestion.stripe.objects import version
from ingestion.versions import COLUMNS, IS_NEWEST, MEMORY_LIMIT, PART_FORMAT

_IS_DELETED = "coalesce((payload ->> '$.deleted')::boolean, false)"
# Stripe signs these links anew from time to time, so they may differ where nothing changed.
_LEFT_OUT = '{"hosted_invoice_url": null, "invoice_pdf": null, "receipt_url": null}'


@dataclass(frozen=True)
class Shown:
    """What Stripe showed of one table.

    `parts` hold objects as they were read (source `api`), `gone` are ids that it has no more. Of the ids in `moving`
    something happened just now, of which events are on their way to us.
    """

    parts: Sequence[Path]
    gone: Collection[str] = ()
    moving: Collection[str] = ()


@dataclass(frozen=True)
class Compared:
    """What drifted in one table, and the parts that mend it."""

    drift: Drift
    parts: list[Path] = field(default_factory=list)


def compare(profile: Profile, table: str, shown: Shown, *, began: datetime, now: datetime, folder: Path) -> Compared:
    """Compares what Stripe showed of a table with our newest versions; the caller holds `writer_lock`.

    `began` (naive UTC, this machine's clock) is when the reading began: what had landed by then is older than what was
    read, whatever the clocks' seconds say; what landed since may be newer. `now` is Stripe's clock. The parts, written
    into `folder`, are loaded now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _compared(profile, table, shown, began) as connection:
        drift = _drift(connection, table)
        if not drift.difference:
            return Compared(drift)
        loaded_at = datetime.now(UTC).replace(tzinfo=None)
        parts = _read_anew(connection, loaded_at, folder / "read.parquet")
        with PartWriter(folder / "ended.parquet", tenant_id=profile.tenant_id, loaded_at=loaded_at) as ended:
            _add_ended(connection, f"{profile.dataset}.{table}", now, ended)
        parts += [ended.path] if ended.rows else []
    return Compared(drift, parts)


@contextmanager
def _compared(profile: Profile, table: str, shown: Shown, began: datetime) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with `theirs`, the objects as read, and `compared`, a verdict per id.

    same; missing, different or gone; later where it changed here or there while Stripe was read; unknown where Stripe
    deleted what we never saw, which is no loss.
    """
    raw = f"{profile.dataset}.{table}"
    files = [str(path) for path in shown.parts]
    source = f"read_parquet({files!r})" if files else f"(from {raw} limit 0)"
    with duckdb.connect(str(profile.warehouse), config={"memory_limit": MEMORY_LIMIT}) as connection:
        connection.execute(f"create temp view theirs as select {', '.join(COLUMNS)} from {source} qualify {IS_NEWEST}")
        for name, ids in (("gone", shown.gone), ("moving", shown.moving)):
            connection.execute(f"create temp table {name} as select unnest($ids::varchar[]) as id", {"ids": [*ids]})
        connection.execute(
            f"""
            create temp table compared as
            with ours as (
                select *, {_IS_DELETED} as is_deleted
                from {raw}
                where id in (select id from theirs union all select id from gone)
                qualify {IS_NEWEST}
            ),
            stripes as (
                select id, version_at, payload_hash, payload, {_IS_DELETED} as is_deleted from theirs
                union all
                select id, null, null, null, true from gone where id not in (select id from theirs)
            )
            select
                id,
                ours.version_at,
                ours.is_deleted as is_known_deleted,
                stripes.is_deleted,
                ours.source = 'event' and ours.api_version <> '{API_VERSION}' as is_other_version,
                case
                    when ours.id is null and stripes.is_deleted then 'unknown'
                    when ours.payload_hash = stripes.payload_hash then 'same'
                    when ours.is_deleted and stripes.is_deleted then 'same'
                    when id in (select id from moving) then 'later'
                    when ours.id is null then 'missing'
                    when ours.loaded_at > $began and ours.version_at >= stripes.version_at then 'later'
                    when stripes.is_deleted then 'gone'
                    when json_merge_patch(ours.payload, $left_out) = json_merge_patch(stripes.payload, $left_out)
                        then 'same'
                    else 'different'
                end as verdict
            from stripes left join ours using (id)
            """,
            {"began": began, "left_out": _LEFT_OUT},
        )
        yield connection


def _drift(connection: duckdb.DuckDBPyConnection, table: str) -> Drift:
    ours, stripes, other_version = connection.execute(
        """
        select count(*) filter (not is_known_deleted), count(*) filter (not is_deleted),
            count(*) filter (verdict = 'different' and is_other_version)
        from compared
        """
    ).fetchall()[0]
    rows = connection.execute("select verdict, list(id order by id) from compared group by verdict").fetchall()
    ids = {verdict: tuple(found) for verdict, found in rows}
    return Drift(
        table,
        ours,
        stripes,
        missing=ids.get("missing", ()),
        different=ids.get("different", ()),
        gone=ids.get("gone", ()),
        other_version=other_version,
    )


def _read_anew(connection: duckdb.DuckDBPyConnection, loaded_at: datetime, target: Path) -> list[Path]:
    """What Stripe showed of objects that drifted, as newer than all that had landed before it was read."""
    newest = "greatest(theirs.version_at, compared.version_at)"
    rows = connection.execute(
        f"""
        copy (
            select theirs.* replace ({newest} as version_at, timestamp '{loaded_at.isoformat(sep=" ")}' as loaded_at)
            from theirs join compared on compared.id = theirs.id
            where verdict in ('missing', 'different', 'gone')
        ) to '{target}' {PART_FORMAT}
        """
    ).fetchall()
    return [target] if rows[0][0] else []


def _add_ended(connection: duckdb.DuckDBPyConnection, raw: str, now: datetime, part: PartWriter) -> None:
    """Objects that Stripe has no more: as they last were, and deleted."""
    rows = connection.execute(
        f"""
        select version_at, payload from {raw}
        where id in (select id from compared where verdict = 'gone') and id not in (select id from theirs)
        qualify {IS_NEWEST}
        """
    ).fetchall()
    for version_at, payload in rows:
        ended = version({**orjson.loads(payload), "deleted": True})
        part.add(
            id=ended.id,
            version_at=max(now, version_at),
            source="api",
            payload=ended.payload,
            payload_hash=ended.payload_hash,
        )
