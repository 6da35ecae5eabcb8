"""What is known of each file and table that was read, and what of it was refused."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime

import pyarrow as pa

from ingestion import quarantine, versions
from ingestion.product_usage.schema import DATASET, FILE_STATUS, product
from ingestion.profile import Profile
from ingestion.quarantine import Quarantined


@dataclass
class FileStatus:
    """One row of `file_status`; times are naive UTC.

    `head` and `tail` are digests of what surrounds the bytes read, `read_to` and `read_lines` say how far that was in
    the uncompressed content, `cursor` how far in a SQL table. `row_count` counts rows seen, landed or not.
    """

    origin: str
    kind: str
    mapping_version: str
    size: int = 0
    head: str = ""
    tail: str = ""
    read_to: int = 0
    read_lines: int = 0
    cursor: str | None = None
    row_count: int = 0
    landed_count: int = 0
    quarantined_count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    read_at: datetime | None = None


Refused = dict[str, list[tuple[Quarantined, datetime]]]


def read_statuses(profile: Profile) -> dict[str, FileStatus]:
    """What earlier runs left, by origin."""
    rows = versions.read(profile, f"select * exclude (tenant_id) from {DATASET}.file_status")
    names = {f.name for f in fields(FileStatus)}
    return {row["origin"]: FileStatus(**{k: v for k, v in row.items() if k in names}) for row in rows}


def read_refused(profile: Profile) -> Refused:
    """The quarantined rows by the file they came from (their origin is file:line)."""
    found: Refused = {}
    for row, at in versions.read_quarantine(product(profile)):
        found.setdefault(row.origin.rpartition(":")[0], []).append((row, at))
    return found


def write(profile: Profile, statuses: Mapping[str, FileStatus], refused: Refused) -> None:
    """Stores both, all or nothing."""
    tenant = profile.tenant_id
    rows: Iterable[tuple[Quarantined, datetime]] = (row for of_file in refused.values() for row in of_file)
    versions.replace(
        profile,
        DATASET,
        {
            "file_status": pa.Table.from_pylist(
                [{"tenant_id": tenant, **asdict(status)} for status in statuses.values()], schema=FILE_STATUS
            ),
            "quarantine": quarantine.as_table(rows, tenant),
        },
    )
