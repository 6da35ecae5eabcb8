"""Parts into the warehouse, by dlt: it imports the files as they are."""

import shutil
from collections.abc import Iterator
from typing import Any

import dlt
import pyarrow.parquet as pq
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.pipeline.exceptions import PipelineStepFailed

from ingestion import versions
from ingestion.errors import IngestionError
from ingestion.product_usage.batch import Part
from ingestion.product_usage.mapping import Kind
from ingestion.product_usage.schema import DATASET, FACTS
from ingestion.profile import Profile

_DLT_TYPES: dict[str, dict[str, Any]] = {
    "string": {"data_type": "text"},
    "bool": {"data_type": "bool"},
    "int64": {"data_type": "bigint"},
    "timestamp[us]": {"data_type": "timestamp", "timezone": False, "precision": 6},
    "decimal128(38, 6)": {"data_type": "decimal", "precision": 38, "scale": 6},
}


@dlt.source(name="product_usage")
def facts(kind: Kind, part: Part) -> Iterator[Any]:
    """One part of one table; its rows are appended unparsed."""
    columns: Any = {column.name: dict(_DLT_TYPES[str(column.type)]) for column in FACTS[kind]}
    rows = pq.read_metadata(part.path).num_rows
    yield dlt.resource(
        [dlt.mark.with_file_import(str(part.path), "parquet", rows)],
        name=kind,
        write_disposition="append",
        columns=columns,
    )


def append(profile: Profile, kind: Kind, part: Part) -> None:
    """Appends the part. Raises DiskFullError, or IngestionError for another failure; the next run reads it again.

    A load package that a kill left behind is thrown away: dlt would import a file again whose rows were committed.
    """
    pipelines = profile.pipelines_dir / DATASET
    shutil.rmtree(pipelines, ignore_errors=True)
    dlt.config["load.workers"] = 1
    dlt.config["load.raise_on_failed_jobs"] = True
    credentials = DuckDbCredentials(str(profile.warehouse))
    credentials.global_config = {"memory_limit": versions.MEMORY_LIMIT, "preserve_insertion_order": False}
    pipeline = dlt.pipeline(
        pipeline_name=f"{profile.tenant_id}_{DATASET}",
        pipelines_dir=str(pipelines),
        destination=dlt.destinations.duckdb(credentials),
        dataset_name=DATASET,
    )
    try:
        pipeline.run(facts(kind, part))
    except (PipelineStepFailed, OSError) as error:
        if "No space left" in str(error) or "not enough space" in str(error).lower():
            raise versions.disk_full(profile) from error
        raise IngestionError(f"loading into {profile.warehouse} failed, nothing is lost, run again: {error}") from error
    finally:
        shutil.rmtree(pipelines, ignore_errors=True)
