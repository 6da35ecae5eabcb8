"""The front door: `dagster dev -m dagster_project.definitions`.

Everything in `defs/` is loaded by its folder. A file there that has a function marked `@definitions` loads
only that function, silently; tests count the assets.
"""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules and resources."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
