"""What is known of each resource: switched on or off, how far back it is covered, when it was last read whole."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime

import pyarrow as pa

from ingestion.profile import Profile
from ingestion.versions import read

SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("resource", pa.string()),
        ("is_on", pa.bool_()),
        ("reason", pa.string()),
        ("permission", pa.string()),
        ("covered_from", pa.timestamp("us")),
        ("read_at", pa.timestamp("us")),
        ("row_count", pa.int64()),
        ("quarantined_count", pa.int64()),
        ("other_mode_count", pa.int64()),
        ("fully_read_at", pa.timestamp("us")),
        ("digest", pa.string()),
        ("mark", pa.string()),
    ]
)
INTEGRATION_SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("source", pa.string()),
        ("account_id", pa.string()),
        ("mode", pa.string()),
        ("source_now", pa.timestamp("us")),
        ("api_version", pa.string()),
        ("since", pa.timestamp("us")),
        ("landed_at", pa.timestamp("us")),
    ]
)
# The objects that the last batch of delivered events touched.
BATCH_SCHEMA = pa.schema([("tenant_id", pa.string()), ("resource", pa.string()), ("id", pa.string())])


@dataclass
class ResourceState:
    """One row of `resource_status`; times are naive UTC by the source's clock.

    `covered_from` None means all history. `fully_read_at` is when the list was last read from end to end, `read_at`
    when anything of it was last read, `digest` the fingerprint of the export file it came from and `mark` what the
    file system said of that file.
    """

    resource: str
    is_on: bool = True
    reason: str | None = None
    permission: str | None = None
    covered_from: datetime | None = None
    read_at: datetime | None = None
    row_count: int = 0
    quarantined_count: int = 0
    other_mode_count: int = 0
    fully_read_at: datetime | None = None
    digest: str | None = None
    mark: str | None = None


@dataclass
class Integration:
    """The one row of `integration`: where the tenant's objects come from, in which mode, as of when."""

    source: str
    account_id: str | None
    mode: str
    source_now: datetime
    api_version: str | None
    since: datetime | None
    landed_at: datetime


def read_states(profile: Profile) -> dict[str, ResourceState]:
    """The states the last run left, by resource; empty on a new home."""
    rows = read(profile, f"select * exclude (tenant_id) from {profile.dataset}.resource_status")
    names = {f.name for f in fields(ResourceState)}
    return {row["resource"]: ResourceState(**{k: v for k, v in row.items() if k in names}) for row in rows}


def read_integration(profile: Profile) -> Integration | None:
    """What the last run left, or None on a new home."""
    rows = read(profile, f"select * exclude (tenant_id) from {profile.dataset}.integration")
    names = {f.name for f in fields(Integration)}
    return Integration(**{k: v for k, v in rows[0].items() if k in names}) if rows else None


def states_table(states: dict[str, ResourceState], tenant_id: str) -> pa.Table:
    """The states as they are stored."""
    return pa.Table.from_pylist([{"tenant_id": tenant_id, **asdict(s)} for s in states.values()], schema=SCHEMA)


def integration_table(integration: Integration, tenant_id: str) -> pa.Table:
    """The integration as it is stored."""
    return pa.Table.from_pylist([{"tenant_id": tenant_id, **asdict(integration)}], schema=INTEGRATION_SCHEMA)
