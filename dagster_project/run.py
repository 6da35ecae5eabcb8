"""One run of the job in this process: what `leaks run` and the demo do."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from dagster_project.in_process import execute
from dagster_project.moments import iso
from ingestion.progress import Progress
from revops.settings import TENANT


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
    can_wait: bool = False,
    is_debug: bool = False,
) -> Outcome:
    """Land, check, build and publish a tenant through the Dagster job `refresh`, in this process.

    `accept` takes what just landed although the quality gate finds it suspect, `can_wait` waits while another writer
    has the warehouse.

    Raises as `dagster_project.in_process.execute` does.
    """
    options = {
        "as_of": iso(as_of) if as_of else "",
        "since": iso(since) if since else "",
        "full": full,
        "accept": accept,
    }
    result = execute(
        "refresh",
        tenant_id,
        {"resources": {"options": {"config": options}}},
        progress,
        is_debug=is_debug,
        can_wait=can_wait,
    )
    # Seconds, if the job had not imported it already.
    from dagster_project.defs.quality import CHECK

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
