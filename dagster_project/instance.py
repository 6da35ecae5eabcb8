"""Dagster's own state under LEAKS_HOME: written by us, so that it tells nobody anything and stays small."""

import json
import os
from pathlib import Path

# Dagster's name for it; importing Dagster for it costs seconds.
_PARTITION_TAG = "dagster/partition"

# A schedule's ticks are kept for three months: on SQLite a longer history makes the pages slow. Two runs at a time, as
# each takes a core, and one of each tenant, which has one writer.
_CONFIG = """\
telemetry:
  enabled: false
event_log_storage:
  module: dagster_project.event_log
  class: KeptEnginesEventLog
  config:
    base_dir: {history}
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - key: {partition}
        value:
          applyLimitPerUniqueValue: true
        limit: 1
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      failure: 30
      success: 30
"""


def prepare_dagster_home(home: Path) -> Path:
    """Make DAGSTER_HOME under `home`, set the variable for this process and its children, return it."""
    folder = (home / "dagster").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    text = _CONFIG.format(history=json.dumps(str(folder / "history" / "runs")), partition=_PARTITION_TAG)
    if not config.is_file() or config.read_text() != text:
        config.write_text(text)
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder
