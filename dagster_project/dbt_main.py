"""dbt, started with the project that set-up has parsed already: `python -m dagster_project.dbt_main build ...`.

dbt parses everything anew whenever a variable or the profile's environment differs from last time, and
as_of differs in every run. Parsing decides nothing that as_of touches, so the parsed project is handed over.
Schema names are decided while parsing: for another schema than `main` dbt parses as usual.
"""

import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from dagster_project.manifest import PROJECT_DIR, is_current, parsed_project


def main() -> int:
    """Run dbt with this process's arguments; returns dbt's exit code."""
    done = dbtRunner(manifest=_parsed()).invoke(sys.argv[1:])
    if done.exception is not None:
        sys.stderr.write(f"{done.exception}\n")
        return 2
    return 0 if done.success else 1


def _parsed() -> Manifest | None:
    path: Path = parsed_project(PROJECT_DIR)
    if os.environ.get("LEAKS_SCHEMA", "main") != "main" or not is_current() or not path.exists():
        return None
    manifest: Manifest = Manifest.from_msgpack(path.read_bytes())
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


if __name__ == "__main__":
    sys.exit(main())
