"""How dbt's models appear in Dagster."""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster_dbt import DagsterDbtTranslator

from dagster_project.owners import OWNERS


class ModelTranslator(DagsterDbtTranslator):
    """Groups by layer (staging, intermediate, marts, leaks, seeds), one owner, and a description always."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The model's folder: the layer it belongs to."""
        return "seeds" if dbt_resource_props["resource_type"] == "seed" else str(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:  # noqa: ARG002 - the base class names it
        """The same people for every model."""
        return OWNERS

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The model's own text, without the SQL that Dagster would append."""
        return dbt_resource_props.get("description") or f"dbt {dbt_resource_props['name']}"
