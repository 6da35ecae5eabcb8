"""A Dagster job of one tenant in this process, with the typed error of whatever failed inside it."""

import logging
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

from dagster_project.build import BuildError
from dagster_project.instance import prepare_dagster_home
from dagster_project.landed import NothingLandedError
from dagster_project.manifest import ManifestError, read_manifest
from dagster_project.progress import listening
from dagster_project.publish import PublishError
from ingestion.errors import IngestionError
from ingestion.progress import Progress
from revops.errors import RevopsError
from revops.settings import load_settings
from revops.store import open_store
from revops.store.tenants import Tenants

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

KNOWN_ERRORS = (BuildError, IngestionError, ManifestError, NothingLandedError, PublishError, RevopsError)


def execute(
    job_name: str,
    tenant_id: str,
    config: Mapping[str, Any],
    progress: Progress,
    *,
    is_debug: bool,
    can_wait: bool = False,
) -> "ExecuteInProcessResult":
    """Run a job for a tenant; one that `can_wait` does so while another writer has the warehouse.

    Raises the typed error of whatever failed (see KNOWN_ERRORS), anything else as Dagster raises it.
    """
    progress.step("start", 0, 1)
    settings = load_settings()
    with open_store(settings, upgrade=True) as store:
        Tenants(store).require(tenant_id)
    prepare_dagster_home(settings.leaks_home)
    with listening(progress):
        read_manifest()
        # Importing Dagster and the definitions takes seconds: only here, not when the module is imported.
        from dagster import DagsterInstance

        from dagster_project.definitions import defs
        from dagster_project.tenants import WAITS_TAG, all_tenants, keep_in_step

        if not is_debug:
            # It warns of each data test that this run leaves to the daily pass.
            logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
        job = defs.resolve_job_def(job_name)
        progress.step("start", 1, 1)
        loggers = {"console": {"config": {"log_level": "DEBUG" if is_debug else "CRITICAL"}}}
        try:
            # dagster-dbt writes dbt's lines to stdout, where only the result belongs.
            with DagsterInstance.get() as instance, redirect_stdout(StringIO() if not is_debug else sys.stderr):
                keep_in_step(instance, all_tenants())
                return job.execute_in_process(
                    run_config={**config, "loggers": loggers},
                    instance=instance,
                    partition_key=tenant_id,
                    tags={WAITS_TAG: "true"} if can_wait else {},
                )
        except Exception as error:
            known = _known(error)
            if known is None:
                raise
            raise known from error


def _known(error: BaseException | None) -> BaseException | None:
    """The typed error inside what Dagster raised; chains of causes may have loops."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KNOWN_ERRORS):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None
