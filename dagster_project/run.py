"""One run of the job in this process: what `leaks run` and the demo do."""

import logging
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import cast

from dagster_project.build import BuildError
from dagster_project.instance import prepare_dagster_home
from dagster_project.landed import NothingLandedError
from dagster_project.manifest import ManifestError, read_manifest
from dagster_project.moments import iso
from dagster_project.progress import listening
from dagster_project.publish import PublishError
from ingestion.errors import IngestionError
from ingestion.progress import Progress
from revops.errors import RevopsError
from revops.settings import TENANT, load_settings
from revops.store import open_store
from revops.store.tenants import Tenants

KNOWN_ERRORS = (BuildError, IngestionError, ManifestError, NothingLandedError, PublishError, RevopsError)


@dataclass(frozen=True)
class Outcome:
    """What a run did: whether it published anything, and the rows that landed.

    `has_more` says that a large account's newest history is there and the older is left for another run.
    `failed_checks` are what the quality gate warns of in what just landed, one line each.
    """

    is_published: bool
    landed_rows: int
    has_more: bool = False
    failed_checks: tuple[str, ...] = ()


def run_pipeline(
    *,
    tenant_id: str = TENANT,
    as_of: datetime | None,
    since: datetime | None,
    full: bool,
    progress: Progress,
    accept: bool = False,
    is_debug: bool = False,
) -> Outcome:
    """Land, check, build and publish a tenant through the Dagster job `refresh`, in this process.

    `accept` takes what just landed although the quality gate finds it suspect.

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
        from dagster_project.defs.quality import CHECK
        from dagster_project.tenants import all_tenants, keep_in_step

        if not is_debug:
            # It warns of each data test that this run leaves to the daily pass.
            logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
        job = defs.resolve_job_def("refresh")
        progress.step("start", 1, 1)
        config = {
            "resources": {
                "options": {
                    "config": {
                        "as_of": iso(as_of) if as_of else "",
                        "since": iso(since) if since else "",
                        "full": full,
                        "accept": accept,
                    }
                }
            },
            "loggers": {"console": {"config": {"log_level": "DEBUG" if is_debug else "CRITICAL"}}},
        }
        try:
            # dagster-dbt writes dbt's lines to stdout, where only the result belongs.
            with DagsterInstance.get() as instance, redirect_stdout(StringIO() if not is_debug else sys.stderr):
                keep_in_step(instance, all_tenants())
                result = job.execute_in_process(run_config=config, instance=instance, partition_key=tenant_id)
        except Exception as error:
            known = _known(error)
            if known is None:
                raise
            raise known from error
    rows = 0
    is_published = has_more = False
    for event in result.get_asset_materialization_events():
        path = event.asset_key.path if event.asset_key else []
        is_published |= list(path) == ["published", "warehouse"]
        if path and path[0] == "stripe":
            count = event.materialization.metadata.get("dagster/row_count")
            rows += int(str(count.value)) if count is not None else 0
            more = event.materialization.metadata.get("has_more")
            has_more |= more is not None and more.value is True
    failed = tuple(
        str(line)
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.check_name == CHECK and evaluation.metadata["is_new"].value
        for line in cast("list[str]", evaluation.metadata["failed"].value)
    )
    return Outcome(is_published=is_published, landed_rows=rows, has_more=has_more, failed_checks=failed)


def _known(error: BaseException | None) -> BaseException | None:
    """The typed error inside what Dagster raised; chains of causes may have loops."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KNOWN_ERRORS):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None
