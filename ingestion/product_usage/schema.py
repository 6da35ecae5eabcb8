"""The tables of product usage: facts that are appended, and small tables that are replaced."""

from dataclasses import replace as changed

import pyarrow as pa

from ingestion import quarantine, versions
from ingestion.product_usage.mapping import Kind
from ingestion.profile import Profile

DATASET = "product"

_WHO = [
    ("tenant_id", pa.string()),
    ("account_id", pa.string()),
    ("user_id", pa.string()),
    ("user_email", pa.string()),
]
_HOW = [
    ("occurred_at", pa.timestamp("us")),
    ("is_zone_assumed", pa.bool_()),
    ("idempotency_key", pa.string()),
    ("row_key", pa.int64()),
    ("origin", pa.string()),
    ("read_from", pa.int64()),
    ("mapping_version", pa.string()),
    ("loaded_at", pa.timestamp("us")),
]
FACTS: dict[Kind, pa.Schema] = {
    "login": pa.schema([*_WHO, ("method", pa.string()), *_HOW]),
    "usage": pa.schema([*_WHO, ("metric", pa.string()), ("quantity", pa.decimal128(38, 6)), *_HOW]),
}
ACCOUNT_LINK = pa.schema(
    [("tenant_id", pa.string()), ("account_id", pa.string()), ("customer_id", pa.string()), ("origin", pa.string())]
)
RULES = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("is_configured", pa.bool_()),
        ("time_zone", pa.string()),
        ("identity", pa.string()),
        ("metadata_key", pa.string()),
        ("unmatched_warning_share", pa.float64()),
        ("stale_after_days", pa.int32()),
    ]
)
FILE_STATUS = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("origin", pa.string()),
        ("kind", pa.string()),
        ("mapping_version", pa.string()),
        ("size", pa.int64()),
        ("head", pa.string()),
        ("tail", pa.string()),
        ("read_to", pa.int64()),
        ("read_lines", pa.int64()),
        ("cursor", pa.string()),
        ("row_count", pa.int64()),
        ("landed_count", pa.int64()),
        ("quarantined_count", pa.int64()),
        ("first_at", pa.timestamp("us")),
        ("last_at", pa.timestamp("us")),
        ("read_at", pa.timestamp("us")),
    ]
)
TABLES: dict[str, pa.Schema] = {
    **{str(kind): table for kind, table in FACTS.items()},
    "account_link": ACCOUNT_LINK,
    "rules": RULES,
    "file_status": FILE_STATUS,
    "quarantine": quarantine.SCHEMA,
}


def product(profile: Profile) -> Profile:
    """The same tenant's place, in the dataset of product usage."""
    return changed(profile, dataset=DATASET)


def prepare(profile: Profile) -> None:
    """Makes the warehouse and every table of product usage that is not there yet."""
    versions.prepare(product(profile), (), {f"{DATASET}.{name}": table for name, table in TABLES.items()})
