"""The front door: `dagster dev -m dagster_project.definitions`.

What is in `defs/` is named here one by one: scanning the folder costs 1.7 s in every run. A test compares
this list with the folder, because an asset that is not loaded is missed by nobody.
"""

import sys

import dagster as dg

from dagster_project.defs import jobs
from dagster_project.defs.decisions import land_tenant_decisions
from dagster_project.defs.landing import batch, land_stripe
from dagster_project.defs.leaks import leaks
from dagster_project.defs.models import build_models
from dagster_project.defs.outgoing import half_hourly, outgoing
from dagster_project.defs.policy import land_tenant_policy
from dagster_project.defs.product_usage import land_product_usage
from dagster_project.defs.published import warehouse
from dagster_project.defs.quality import check_product_usage, check_what_landed, quality_results
from dagster_project.defs.reconcile import reconcile_stripe
from dagster_project.defs.webhooks import webhook_endpoints, webhooks_arrive
from dagster_project.manifest import PROJECT_DIR
from dagster_project.parsed_dbt import ParsedDbt
from dagster_project.resources import Home, RunOptions

defs = dg.Definitions(
    assets=[
        *(land_stripe, batch, quality_results, land_tenant_policy, land_tenant_decisions, land_product_usage),
        *(reconcile_stripe, webhook_endpoints, build_models, warehouse, leaks),
    ],
    asset_checks=[check_what_landed, check_product_usage, webhooks_arrive],
    jobs=[jobs.refresh, jobs.full_pass, jobs.reconcile, outgoing],
    schedules=[jobs.daily, jobs.hourly, jobs.reconciling, half_hourly],
    sensors=[jobs.tenants],
    resources={
        "home": Home(),
        "options": RunOptions(),
        "dbt": ParsedDbt(
            project_dir=str(PROJECT_DIR),
            profiles_dir=str(PROJECT_DIR),
            dbt_executable=sys.executable,
            global_config_flags=["-m", "dagster_project.dbt_main"],
        ),
    },
    # Importing all this takes seconds, in every step of an executor that starts processes.
    executor=dg.in_process_executor,
)
