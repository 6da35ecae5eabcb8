"""What Dagster runs is of one tenant: assets have a partition per tenant, jobs too but for those named here."""

from __future__ import annotations

import dagster as dg
import pytest

pytestmark = [
    pytest.mark.pipeline,
    # Dagster reads pydantic's old names.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
]

# What is of no tenant, and why.
OF_NO_TENANT = {"tenants": "the sensor that keeps partitions in step with tenants; it reads no data of theirs"}
OF_EACH_TENANT = {"outgoing": "every half hour, each tenant by itself: a run for each would be mostly starting it"}


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    from dagster_project.definitions import defs

    return defs


def test_each_asset_has_a_partition_per_tenant(defs: dg.Definitions) -> None:
    from dagster_project.tenants import TENANTS

    specs = defs.resolve_all_asset_specs()
    assert len(specs) > 50
    assert [spec.key.to_user_string() for spec in specs if spec.partitions_def != TENANTS] == []


def test_each_job_has_a_partition_per_tenant(defs: dg.Definitions) -> None:
    from dagster_project.tenants import TENANTS

    jobs = {job.name: job.partitions_def for job in defs.resolve_all_job_defs()}
    assert {name for name, partitions in jobs.items() if partitions != TENANTS} == OF_EACH_TENANT.keys()


def test_what_begins_runs_begins_them_for_a_tenant(defs: dg.Definitions) -> None:
    """Schedules are asked in tests/dagster_project/test_tenants.py, every one; sensors begin none."""
    assert {sensor.name for sensor in defs.sensors or ()} == OF_NO_TENANT.keys()
    assert [sensor.name for sensor in defs.sensors or () if getattr(sensor, "has_jobs", False)] == []
