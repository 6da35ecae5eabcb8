"""Operational store -> warehouse, so that dbt sees what people have set: a tenant's policy and its exemptions."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ingestion import versions
from ingestion.operations.decisions import ACTIONS, ACTIONS_SCHEMA, LEAKS, LEAKS_SCHEMA
from ingestion.profile import Profile

POLICY_SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("policy_version", pa.string()),
        ("reporting_currency", pa.string()),
        ("standard_trial_days", pa.int32()),
        ("retry_max_attempts", pa.int32()),
        ("retry_window_days", pa.int32()),
        ("overdue_grace_days", pa.int32()),
        ("minimum_amount_minor", pa.int64()),
        ("valid_from", pa.timestamp("us")),
    ]
)
EXEMPTIONS_SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("leak_type", pa.string()),
        ("object_type", pa.string()),
        ("metadata_key", pa.string()),
        ("metadata_value", pa.string()),
        ("reason", pa.string()),
    ]
)


def land_policy(profile: Profile, policy_row: Mapping[str, Any], exemptions: Sequence[Mapping[str, Any]]) -> bool:
    """Replaces the tenant's policy and exemptions; returns whether they differ from what was there.

    The rows are those of a validated policy; the caller holds `writer_lock`.
    """
    versions.prepare(
        profile,
        (),
        {
            f"{profile.operations_dataset}.policy": POLICY_SCHEMA,
            f"{profile.operations_dataset}.policy_exemptions": EXEMPTIONS_SCHEMA,
            f"{profile.operations_dataset}.{LEAKS}": LEAKS_SCHEMA,
            f"{profile.operations_dataset}.{ACTIONS}": ACTIONS_SCHEMA,
        },
    )
    landed = versions.read(profile, f"select policy_version from {profile.operations_dataset}.policy")
    if [row["policy_version"] for row in landed] == [policy_row["policy_version"]]:
        return False
    tenant = {"tenant_id": profile.tenant_id}
    versions.replace(
        profile,
        profile.operations_dataset,
        {
            "policy_exemptions": pa.Table.from_pylist([{**row, **tenant} for row in exemptions], EXEMPTIONS_SCHEMA),
            "policy": pa.Table.from_pylist([{**policy_row, **tenant}], POLICY_SCHEMA),
        },
    )
    return True
