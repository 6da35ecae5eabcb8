"""Operational store -> warehouse: leaks and actions as they stand, so that SQL can count what came back."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ingestion import versions
from ingestion.profile import Profile

LEAKS, ACTIONS = "leak_records", "action_records"
LEAKS_SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("leak_id", pa.string()),
        ("root_cause", pa.string()),
        ("occurrence", pa.string()),
        ("family", pa.string()),
        ("leak_type", pa.string()),
        ("object_type", pa.string()),
        ("object_id", pa.string()),
        ("customer_id", pa.string()),
        ("currency", pa.string()),
        ("amount_minor", pa.int64()),
        ("is_alert", pa.bool_()),
        ("status", pa.string()),
        ("resolution", pa.string()),
        ("opened_at", pa.timestamp("us")),
        ("closed_at", pa.timestamp("us")),
        ("resolved_at", pa.timestamp("us")),
    ]
)
ACTIONS_SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("action_id", pa.string()),
        ("leak_id", pa.string()),
        ("kind", pa.string()),
        ("moves_money", pa.bool_()),
        ("currency", pa.string()),
        ("amount_minor", pa.int64()),
        ("status", pa.string()),
        ("denied_because", pa.string()),
        ("created_at", pa.timestamp("us")),
        ("dispatched_at", pa.timestamp("us")),
        ("ended_at", pa.timestamp("us")),
        ("outcome", pa.string()),
        ("collected_minor", pa.int64()),
        ("collected_at", pa.timestamp("us")),
        ("charge_id", pa.string()),
    ]
)


def land_decisions(profile: Profile, leaks: Sequence[Mapping[str, Any]], actions: Sequence[Mapping[str, Any]]) -> None:
    """Replaces both tables; times are naive UTC, amounts minor units. The caller holds `writer_lock`."""
    dataset = profile.operations_dataset
    versions.prepare(profile, (), {f"{dataset}.{LEAKS}": LEAKS_SCHEMA, f"{dataset}.{ACTIONS}": ACTIONS_SCHEMA})
    versions.replace(
        profile,
        dataset,
        {
            LEAKS: pa.Table.from_pylist(list(leaks), LEAKS_SCHEMA),
            ACTIONS: pa.Table.from_pylist(list(actions), ACTIONS_SCHEMA),
        },
    )
