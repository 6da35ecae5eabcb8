"""The dbt resource without what a run does not need: seconds of it."""

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

from dagster_dbt import DbtCliResource
from packaging.version import Version


class ParsedDbt(DbtCliResource):
    """Runs dbt as a child process and turns its log into Dagster's events.

    The stock class first runs `dbt --version` and builds an adapter in this process, to fetch row counts and
    columns. Row counts of what readers see come from publishing instead.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ARG002 - the base class names it
        return None
