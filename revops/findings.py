"""Published findings as records of the domain."""

from collections.abc import Collection
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from revops.domain.finding import Finding, Resolution
from revops.warehouse import Published


def read_findings(published: Published) -> list[Finding]:
    """Every finding of today, alerts and reviews. Raises QueryError."""
    rows = published.query(
        "select findings.*, triage.is_alert, coalesce(leak_types.precedence, 1000) as rank "
        "from leak_findings as findings "
        "inner join triage on findings.tenant_id = triage.tenant_id and findings.finding_id = triage.finding_id "
        "left join leak_types on findings.leak_type = leak_types.leak_type"
    )
    names = [field.name for field in fields(Finding)]
    return [Finding(**{name: _utc(row[name]) for name in names}) for row in rows]


def read_finding_ids(published: Published) -> set[str]:
    """The ids of all findings of today. Raises QueryError."""
    return {row["finding_id"] for row in published.query("select finding_id from leak_findings")}


def read_resolutions(published: Published, only: Collection[str] | None = None) -> list[Resolution]:
    """What became of every object that a detector judged and cleared, or of some by id. Raises QueryError."""
    where, values = (" where object_id in (select unnest(?))", [[*only]]) if only is not None else ("", [])
    rows = published.query(
        "select leak_type, object_type, object_id, resolution, resolved_at, ends_as, definition_version"
        f" from leak_resolutions{where}",
        values,
    )
    return [Resolution(**{name: _utc(value) for name, value in row.items()}) for row in rows]


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
