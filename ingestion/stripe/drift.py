"""The report of a reconciliation: what drifted per table, kept for three months, and each object of the last one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from ingestion.profile import Profile
from ingestion.versions import read

KEPT_FOR = timedelta(days=90)
VERDICTS = ("missing", "different", "gone")
SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("reconciled_at", pa.timestamp("us")),
        ("begins_at", pa.timestamp("us")),
        ("is_repaired", pa.bool_()),
        ("resource", pa.string()),
        ("our_count", pa.int64()),
        ("stripe_count", pa.int64()),
        ("missing_count", pa.int64()),
        ("different_count", pa.int64()),
        ("gone_count", pa.int64()),
        ("other_version_count", pa.int64()),
        ("unread_reason", pa.string()),
    ]
)
OBJECTS_SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("reconciled_at", pa.timestamp("us")),
        ("resource", pa.string()),
        ("object_id", pa.string()),
        ("verdict", pa.string()),
    ]
)


@dataclass(frozen=True)
class Drift:
    """One table: how many objects each side has of those compared, and the ids of those that differ.

    `missing` are not here, `different` have another content there, `gone` Stripe has no more. Of the different ones
    `other_version` are held as an event of another API version told them, which may be all the difference.
    `unread_reason` says why Stripe could not be asked.
    """

    resource: str
    ours: int = 0
    stripes: int = 0
    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    other_version: int = 0
    unread_reason: str | None = None

    @property
    def difference(self) -> int:
        """How many objects differ."""
        return len(self.missing) + len(self.different) + len(self.gone)


@dataclass(frozen=True)
class DriftReport:
    """A whole reconciliation; `reconciled_at` and `begins_at` (None: every object) are UTC by Stripe's clock."""

    reconciled_at: datetime
    begins_at: datetime | None
    is_repaired: bool
    drifts: Sequence[Drift] = field(default=())

    @property
    def difference(self) -> int:
        """How many objects differ in all."""
        return sum(one.difference for one in self.drifts)


def store(profile: Profile, report: DriftReport) -> None:
    """Adds the report to `drift` and puts its objects into `drift_objects`; the caller holds `writer_lock`."""
    at, begins_at = _naive(report.reconciled_at), report.begins_at and _naive(report.begins_at)
    lines = [
        {
            "tenant_id": profile.tenant_id,
            "reconciled_at": at,
            "begins_at": begins_at,
            "is_repaired": report.is_repaired,
            "resource": one.resource,
            "our_count": one.ours,
            "stripe_count": one.stripes,
            "missing_count": len(one.missing),
            "different_count": len(one.different),
            "gone_count": len(one.gone),
            "other_version_count": one.other_version,
            "unread_reason": one.unread_reason,
        }
        for one in report.drifts
    ]
    objects = [
        {
            "tenant_id": profile.tenant_id,
            "reconciled_at": at,
            "resource": one.resource,
            "object_id": id,
            "verdict": verdict,
        }
        for one in report.drifts
        for verdict in VERDICTS
        for id in getattr(one, verdict)
    ]
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.register("lines", pa.Table.from_pylist(lines, SCHEMA))
        connection.register("objects", pa.Table.from_pylist(objects, OBJECTS_SCHEMA))
        connection.begin()
        connection.execute(
            f"delete from {profile.dataset}.drift where reconciled_at = $at or reconciled_at < $at - $kept",
            {"at": at, "kept": KEPT_FOR},
        )
        connection.execute(f"insert into {profile.dataset}.drift by name from lines")
        connection.execute(f"delete from {profile.dataset}.drift_objects")
        connection.execute(f"insert into {profile.dataset}.drift_objects by name from objects")
        connection.commit()


def last_report(profile: Profile) -> DriftReport | None:
    """The newest report, None before the first; the caller holds `writer_lock`."""
    newest = f"(select max(reconciled_at) from {profile.dataset}.drift)"
    lines = read(profile, f"select * from {profile.dataset}.drift where reconciled_at = {newest} order by resource")
    if not lines:
        return None
    ids: dict[tuple[str, str], list[str]] = {}
    for row in read(profile, f"select * from {profile.dataset}.drift_objects order by object_id"):
        ids.setdefault((row["resource"], row["verdict"]), []).append(row["object_id"])
    drifts = tuple(
        Drift(
            row["resource"],
            row["our_count"],
            row["stripe_count"],
            **{verdict: tuple(ids.get((row["resource"], verdict), ())) for verdict in VERDICTS},
            other_version=row["other_version_count"],
            unread_reason=row["unread_reason"],
        )
        for row in lines
    )
    begins_at = lines[0]["begins_at"]
    return DriftReport(
        lines[0]["reconciled_at"].replace(tzinfo=UTC),
        begins_at.replace(tzinfo=UTC) if begins_at else None,
        lines[0]["is_repaired"],
        drifts,
    )


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
