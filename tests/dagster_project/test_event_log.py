"""The event log with kept connections writes what the stock one reads."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from dagster_project.event_log import KeptEnginesEventLog
from dagster_project.instance import prepare_dagster_home

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "")
    return prepare_dagster_home(tmp_path)


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


@dg.asset
def counted() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 7})


def test_runs_and_their_metadata_can_be_read_by_the_stock_class(instance: dg.DagsterInstance, home: Path) -> None:
    assert isinstance(instance.event_log_storage, KeptEnginesEventLog)
    # More runs than files that stay open.
    runs = [dg.materialize([counted], instance=instance) for _ in range(10)]
    assert all(run.success for run in runs)
    stock = SqliteEventLogStorage(str(home / "history" / "runs"))
    assert {run.run_id for run in runs} == set(stock.get_all_run_ids())
    record = stock.get_latest_materialization_events([dg.AssetKey("counted")])[dg.AssetKey("counted")]
    assert record is not None
    assert record.asset_materialization is not None
    assert record.asset_materialization.metadata["rows"].value == 7


def test_a_partition_is_known_from_its_addition_to_its_removal(instance: dg.DagsterInstance) -> None:
    assert not instance.has_dynamic_partition("tenant", "acme")
    instance.add_dynamic_partitions("tenant", ["acme"])
    assert instance.has_dynamic_partition("tenant", "acme")
    assert instance.has_dynamic_partition("tenant", "acme")
    instance.delete_dynamic_partition("tenant", "acme")
    assert not instance.has_dynamic_partition("tenant", "acme")
