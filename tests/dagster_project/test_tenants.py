"""Partitions are the store's tenants; schedules run those that can be read, each for itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from dagster_project.sources import NotConnectedError, product_usage_settings, readable_settings, stripe_settings
from revops.domain.stripe_access import StripeAccess
from revops.settings import Settings
from revops.store import Store
from revops.store.integrations import PRODUCT_USAGE, Integrations
from revops.store.secrets import Secrets
from revops.store.tenants import Tenants
from tests.revops.store.filled import AT

pytestmark = [
    pytest.mark.pipeline,
    # Dagster reads pydantic's old names.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
]

KEY = SecretStr("rk_" + "live_of_acme")


@pytest.fixture
def store(sqlite_settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The tenants default, acme (which has a key) and bravo (which has none yet), in the environment's home."""
    assert sqlite_settings.leaks_secret_key is not None
    monkeypatch.setenv("LEAKS_HOME", str(sqlite_settings.leaks_home))
    monkeypatch.setenv("LEAKS_SECRET_KEY", sqlite_settings.leaks_secret_key.get_secret_value())
    for tenant in ("acme", "bravo"):
        Tenants(sqlite_store).add(tenant, None, actor="ada", at=AT)
    integrations = Integrations(sqlite_store, Secrets(sqlite_settings.leaks_secret_key))
    integrations.connect("acme", mode="live", kind="api_key", credentials=KEY, actor="ada", at=AT)
    places = SecretStr("postgresql://reader:secret@host/app#logins")
    integrations.connect(
        "bravo", mode="live", kind="export", credentials=places, system=PRODUCT_USAGE, actor="ada", at=AT
    )
    return sqlite_store


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Dagster's state, forgotten after the test."""
    with dg.instance_for_test() as one:
        yield one


def at_a_tick(instance: dg.DagsterInstance) -> dg.ScheduleEvaluationContext:
    from dagster_project.definitions import defs

    return dg.build_schedule_context(instance, repository_def=defs.get_repository_def())


def partitions(instance: dg.DagsterInstance) -> set[str]:
    return {*instance.get_dynamic_partitions("tenant")}


def test_partitions_follow_the_store(store: Store, instance: dg.DagsterInstance) -> None:
    from dagster_project.tenants import all_tenants, keep_in_step

    keep_in_step(instance, all_tenants())
    assert partitions(instance) == {"default", "acme", "bravo"}
    Tenants(store).remove("bravo", actor="ada", at=AT)
    keep_in_step(instance, all_tenants())
    assert partitions(instance) == {"default", "acme"}


def test_the_sensor_asks_for_what_is_missing_and_for_nothing_else(store: Store, instance: dg.DagsterInstance) -> None:
    from dagster_project.defs.jobs import tenants
    from dagster_project.tenants import all_tenants, keep_in_step

    instance.add_dynamic_partitions("tenant", ["default", "gone"])
    asked = tenants(dg.build_sensor_context(instance=instance))
    assert isinstance(asked, dg.SensorResult)
    changes = {type(one).__name__: one.partition_keys for one in asked.dynamic_partitions_requests or ()}
    assert changes == {
        "AddDynamicPartitionsRequest": ["acme", "bravo"],
        "DeleteDynamicPartitionsRequest": ["gone"],
    }
    keep_in_step(instance, all_tenants())
    assert isinstance(tenants(dg.build_sensor_context(instance=instance)), dg.SkipReason)


def test_a_schedule_runs_each_tenant_that_can_be_read(
    store: Store, sqlite_settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster_project.definitions import defs

    # Something has landed: there is something to compare with Stripe, too.
    for tenant in ("acme", "bravo"):
        (sqlite_settings.leaks_home / tenant).mkdir()
        (sqlite_settings.leaks_home / tenant / "warehouse.duckdb").touch()
    for schedule in defs.schedules or ():
        assert isinstance(schedule, dg.ScheduleDefinition)
        if schedule.name == "half_hourly_outgoing":
            continue  # It sees to all tenants itself.
        ticked = schedule.evaluate_tick(at_a_tick(instance))
        assert [one.partition_key for one in ticked.run_requests or ()] == ["acme"], schedule.name
    monkeypatch.setenv("STRIPE_API_KEY", "rk_" + "live_of_default")
    ticked = defs.resolve_schedule_def("daily_full_pass").evaluate_tick(at_a_tick(instance))
    assert [one.partition_key for one in ticked.run_requests or ()] == ["acme", "default"]


def test_without_an_account_to_read_a_schedule_says_so(store: Store, instance: dg.DagsterInstance) -> None:
    from dagster_project.definitions import defs

    Tenants(store).remove("acme", actor="ada", at=AT)
    ticked = defs.resolve_schedule_def("daily_full_pass").evaluate_tick(at_a_tick(instance))
    assert not ticked.run_requests
    assert "leaks doctor" in str(ticked.skip_message)


def test_what_the_environment_names_is_of_default_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "rk_" + "live_of_default")
    monkeypatch.setenv("STRIPE_ACCOUNT", "acct_of_default")
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:1")
    monkeypatch.setenv("LEAKS_PRODUCT_USAGE", "logs/of/default")
    assert stripe_settings("default", None).stripe_account == "acct_of_default"
    of_acme = stripe_settings("acme", StripeAccess(KEY))
    assert (of_acme.stripe_api_key, of_acme.stripe_account) == (KEY, None)
    assert of_acme.stripe_api_base == "http://127.0.0.1:1", "the API's address holds for all"
    assert product_usage_settings("default", None).leaks_product_usage is not None
    assert product_usage_settings("acme", None).leaks_product_usage is None
    with pytest.raises(NotConnectedError, match="leaks tenants add bravo --api-key-env"):
        readable_settings("bravo", None)


def test_a_home_is_that_of_its_runs_partition(store: Store, tmp_path: Path) -> None:
    from dagster_project.resources import Home

    with dg.build_resources({"home": Home()}) as resources:
        assert resources.home.tenant_dir == tmp_path / "home" / "default"
    home = Home()
    run = dg.DagsterRun(job_name="refresh", tags={"dagster/partition": "acme"})
    context = dg.InitResourceContext({}, resources={}, resource_def=None, all_resource_defs={}, dagster_run=run)  # type: ignore[arg-type]
    with home.yield_for_execution(context) as one:
        assert one.tenant_dir == tmp_path / "home" / "acme"
        assert one.stripe().stripe_api_key == KEY
        assert one.product_usage().leaks_product_usage is None
