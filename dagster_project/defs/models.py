"""dbt's models as assets, their data tests as asset checks."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from dagster_project.build import arguments, environment, explain, fresh_target
from dagster_project.manifest import read_manifest
from dagster_project.plan import describe
from dagster_project.progress import progress
from dagster_project.resources import Home, RunOptions
from dagster_project.tenants import TENANTS
from dagster_project.translator import ModelTranslator


@dbt_assets(
    manifest=read_manifest(),
    name="build_models",
    partitions_def=TENANTS,
    dagster_dbt_translator=ModelTranslator(),
)
def build_models(
    context: dg.AssetExecutionContext, home: Home, options: RunOptions, dbt: DbtCliResource
) -> Iterator[Any]:
    """Build what the plan asks for; builds nothing when everything is published already."""
    plan = home.plan(options)
    context.log.info(describe(plan))
    if not plan.is_needed:
        return
    target = fresh_target(home.tenant_dir)
    with environment(home.profile.warehouse, plan):
        invocation = dbt.cli(arguments(plan), context=context, target_path=target, raise_on_error=False)
    total = len(context.selected_output_names)
    built = 0
    for event in invocation.stream():
        built += isinstance(event, dg.Output)
        progress().step("models", min(built, total), total)
        yield event
    if not invocation.is_successful():
        raise explain(target, str(invocation.get_error() or ""))
    progress().step("models", total, total)
