"""Resources of all assets."""

import dagster as dg
from dagster_dbt import DbtCliResource

from dagster_project.manifest import PROJECT_DIR, dbt_executable
from dagster_project.resources import Home, RunOptions


@dg.definitions
def resources() -> dg.Definitions:
    """The home with its writer lock, the run's options, and dbt; one process per run, because importing
    definitions takes seconds in every other executor's step."""
    return dg.Definitions(
        resources={
            "home": Home(),
            "options": RunOptions(),
            "dbt": DbtCliResource(
                project_dir=str(PROJECT_DIR), profiles_dir=str(PROJECT_DIR), dbt_executable=dbt_executable()
            ),
        },
        executor=dg.in_process_executor,
    )
