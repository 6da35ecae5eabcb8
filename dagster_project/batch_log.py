"""What the worker's batches did, where people look for it: in Dagster, as events of the asset stripe/batch."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import structlog

from dagster_project.instance import prepare_dagster_home

_ASSET = dg.AssetKey(["stripe", "batch"])
_log = structlog.get_logger(__name__)


class BatchLog:
    """Notes batches in Dagster's event log; no run belongs to them."""

    def __init__(self, home: Path) -> None:
        prepare_dagster_home(home)
        self._instance = dg.DagsterInstance.get()

    def note(self, tenant_id: str, figures: Mapping[str, float]) -> None:
        """Note a batch. What is done is done: where it cannot be noted the worker goes on."""
        metadata = dict(figures)
        event = dg.AssetMaterialization(asset_key=_ASSET, partition=tenant_id, metadata=metadata)
        try:
            self._instance.report_runless_asset_event(event)
        except Exception as error:  # noqa: BLE001 - whatever Dagster's storage raises, the leaks are open
            _log.warning("batch_not_noted", tenant=tenant_id, error=type(error).__name__)

    def close(self) -> None:
        """Close Dagster's storage."""
        self._instance.dispose()
