"""Everything in `defs/` is loaded, described and owned."""

import importlib
import pkgutil
from pathlib import Path

import dagster as dg
import pytest

import dagster_project.defs
from dagster_project.manifest import read_manifest
from ingestion.stripe.resources import TABLES

pytestmark = [
    pytest.mark.pipeline,
    # Dagster reads pydantic's old names.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
]


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    from dagster_project.definitions import defs

    return defs


def test_every_table_model_and_seed_is_an_asset(defs: dg.Definitions) -> None:
    nodes = read_manifest()["nodes"].values()
    models = sum(node["resource_type"] in ("model", "seed") for node in nodes)
    landed = len(TABLES) + len(("integration", "resource_status", "quarantine", "quality_results"))
    policy = len(("policy", "policy_exemptions", "leak_records", "action_records"))
    product = len(("login", "usage", "account_link", "rules", "file_status", "quarantine"))
    materializable = [spec for spec in defs.resolve_all_asset_specs() if spec.group_name != "default"]
    beside = len(("stripe/batch", "published/warehouse", "operations/leaks"))
    beside += len(("stripe/drift", "stripe/drift_objects", "stripe/webhook_endpoints"))
    assert len(materializable) == landed + policy + product + models + beside


def test_nothing_in_the_folder_is_left_out(defs: dg.Definitions) -> None:
    loaded = {spec.key for spec in defs.resolve_all_asset_specs()}
    for module in pkgutil.iter_modules(dagster_project.defs.__path__):
        found = vars(importlib.import_module(f"dagster_project.defs.{module.name}")).values()
        for thing in found:
            if isinstance(thing, dg.AssetsDefinition):
                assert set(thing.keys) <= loaded, f"{module.name} is not in definitions.py"
            if isinstance(thing, dg.ScheduleDefinition):
                assert thing in (defs.schedules or ()), f"{thing.name} is not in definitions.py"


def test_every_source_of_the_models_is_an_asset_that_lands(defs: dg.Definitions) -> None:
    keys = {spec.key for spec in defs.resolve_all_asset_specs()}
    for source in read_manifest()["sources"].values():
        assert dg.AssetKey([source["source_name"], source["name"]]) in keys


def test_every_asset_says_what_it_is_whose_and_where_it_belongs(defs: dg.Definitions) -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.group_name in {
            "landing",
            "operations",
            "staging",
            "intermediate",
            "marts",
            "leaks",
            "seeds",
            "published",
        }, spec.key


def test_the_published_file_has_to_be_fresh(defs: dg.Definitions) -> None:
    (published,) = [s for s in defs.resolve_all_asset_specs() if s.key == dg.AssetKey(["published", "warehouse"])]
    assert published.freshness_policy is not None


def test_there_is_a_daily_full_pass_and_an_incremental_job(defs: dg.Definitions) -> None:
    daily = defs.resolve_schedule_def("daily_full_pass")
    assert daily.job_name == "full_pass"
    assert daily.cron_schedule == "0 4 * * *"
    assert daily.default_status is dg.DefaultScheduleStatus.RUNNING
    assert defs.resolve_job_def("refresh")


def test_missed_events_are_looked_for_hourly_and_stripe_is_compared_before_the_full_pass(defs: dg.Definitions) -> None:
    hourly, daily = (defs.resolve_schedule_def(name) for name in ("hourly_refresh", "daily_reconcile"))
    assert (hourly.job_name, hourly.cron_schedule) == ("refresh", "15 * * * *")
    assert (daily.job_name, daily.cron_schedule) == ("reconcile", "30 3 * * *")
    assert {hourly.default_status, daily.default_status} == {dg.DefaultScheduleStatus.RUNNING}


def test_a_run_does_not_compare_and_a_comparison_builds_nothing(defs: dg.Definitions) -> None:
    drift = {dg.AssetKey(["stripe", name]) for name in ("drift", "drift_objects")}
    run, comparison = (
        defs.resolve_job_def(name).asset_layer.executable_asset_keys for name in ("refresh", "reconcile")
    )
    assert comparison == drift
    assert not drift & {*run}


def test_no_seed_is_public_because_publishing_waits_for_what_only_some_runs_load() -> None:
    seeds = [node for node in read_manifest()["nodes"].values() if node["resource_type"] == "seed"]
    assert not [seed["name"] for seed in seeds if seed["config"].get("meta", {}).get("public")]


def test_data_tests_are_asset_checks(defs: dg.Definitions) -> None:
    tests = [n for n in read_manifest()["nodes"].values() if n["resource_type"] == "test"]
    assets = [asset for asset in defs.assets or () if isinstance(asset, dg.AssetsDefinition)]
    checks = [key for asset in assets for key in asset.check_keys]
    assert len(checks) == len(tests)


def test_dagsters_own_file_tells_nobody_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster_project.instance import prepare_dagster_home

    monkeypatch.setenv("DAGSTER_HOME", "")
    folder = prepare_dagster_home(tmp_path)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        assert not instance.telemetry_enabled
