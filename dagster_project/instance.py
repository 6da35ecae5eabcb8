"""Dagster's own state under LEAKS_HOME: written by us, so that it tells nobody anything and stays small."""

import os
from pathlib import Path

# A schedule's ticks are kept for three months: on SQLite a longer history makes the pages slow.
_CONFIG = """\
telemetry:
  enabled: false
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
    if not config.is_file() or config.read_text() != _CONFIG:
        config.write_text(_CONFIG)
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder
