"""`leaks reconcile`: is what we hold what Stripe holds, and mend it."""

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.moments import iso, parse_moment
from cli.output import Format, rows_as_text

if TYPE_CHECKING:
    from ingestion.stripe.drift import Drift, DriftReport

# As many ids as one can look up by hand; `drift_objects` has them all.
_NAMED = 10
_COLUMNS = ("objects", "ours", "stripe's", "difference", "missing here", "different", "gone there")


class ReportFormat(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"


def reconcile(
    since: Annotated[
        str | None,
        typer.Option("--since", help="Compare what changed in so many days, or since a date or time (UTC); default 3."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Compare every object.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair/--no-repair", help="Land what differs and publish; without, only report.")
    ] = True,
    tenant: Annotated[str, typer.Option("--tenant", help="Whose account.")] = "default",
    form: Annotated[ReportFormat, typer.Option("--format", help="How the report is written.")] = ReportFormat.TEXT,
) -> None:
    """Compare what we hold with Stripe, report what drifted, and mend it; drift is a finding, not a failure."""
    if everything and since is not None:
        raise typer.BadParameter("--all compares every object, so there is no --since.")
    days, moment = _span(since)
    from cli.progress import Bars
    from dagster_project.reconcile import run_reconcile
    from dagster_project.run import run_pipeline
    from revops.settings import load_settings

    is_debug = load_settings().leaks_debug
    with Bars() as bars:
        report = run_reconcile(
            tenant_id=tenant,
            since=moment,
            days=days,
            everything=everything,
            repair=repair,
            progress=bars,
            is_debug=is_debug,
        )
        failed: tuple[str, ...] = ()
        if repair:
            outcome = run_pipeline(
                tenant_id=tenant, as_of=None, since=None, full=False, can_wait=True, progress=bars, is_debug=is_debug
            )
            failed = outcome.failed_checks
    for line in failed:
        typer.echo(line, err=True)
    typer.echo(json.dumps(as_json(report), indent=2) if form is ReportFormat.JSON else as_text(report))


def as_json(report: "DriftReport") -> dict[str, Any]:
    """The report as plain values; of each kind of difference at most ten ids, and how many more there are."""
    return {
        "reconciled_at": iso(report.reconciled_at),
        "since": iso(report.begins_at) if report.begins_at else None,
        "is_repaired": report.is_repaired,
        "difference": report.difference,
        "objects": [
            {
                "resource": one.resource,
                "ours": one.ours,
                "stripe": one.stripes,
                "difference": one.difference,
                **{kind: _named(ids) for kind, ids in _kinds(one)},
                "other_version": one.other_version,
                "unread_reason": one.unread_reason,
            }
            for one in report.drifts
        ],
    }


def as_text(report: "DriftReport") -> str:
    """The report for people."""
    scope = f"changed since {iso(report.begins_at)}" if report.begins_at else "every object"
    lines = [f"Compared with Stripe at {iso(report.reconciled_at)}: {scope}.", ""]
    rows = [
        (one.resource, one.ours, one.stripes, one.difference, len(one.missing), len(one.different), len(one.gone))
        for one in report.drifts
        if one.unread_reason is None
    ]
    lines += [rows_as_text(_COLUMNS, rows, Format.TABLE), ""]
    for one in report.drifts:
        if one.unread_reason is not None:
            lines.append(f"{one.resource} was not compared: {one.unread_reason}")
        lines += [f"{one.resource}, {_SAID[kind]}: {_list(ids)}" for kind, ids in _kinds(one) if ids]
        if one.other_version:
            lines.append(
                f"{one.resource}: {one.other_version} of the different ones are held as an event of another API version"
                " told them, which may be all the difference"
            )
    if not report.difference:
        lines.append("Nothing drifted.")
    elif report.is_repaired:
        lines.append("What differed has landed and is published.")
    else:
        lines.append("Nothing was changed; `leaks reconcile` without --no-repair mends it.")
    return "\n".join(lines)


_SAID = {"missing": "missing here", "different": "different", "gone": "gone there"}


def _kinds(one: "Drift") -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("missing", one.missing), ("different", one.different), ("gone", one.gone))


def _named(ids: tuple[str, ...]) -> dict[str, Any]:
    return {"count": len(ids), "ids": list(ids[:_NAMED]), "more": max(0, len(ids) - _NAMED)}


def _list(ids: tuple[str, ...]) -> str:
    more = len(ids) - _NAMED
    return ", ".join(ids[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _span(since: str | None) -> tuple[float | None, datetime | None]:
    """Days, or a moment; neither where nothing was said. Raises typer.BadParameter."""
    if since is None or not since.strip().isdecimal():
        return None, parse_moment(since)
    days = int(since)
    if not 1 <= days <= 10_000:
        raise typer.BadParameter(f"{since} days is no span to compare; write 7, a date such as 2026-10-01, or --all.")
    return float(days), None
