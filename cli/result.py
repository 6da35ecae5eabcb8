"""What `leaks run` and the demo print: read from the published file, never from the run's memory."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cli.moments import iso
from revops.domain.money import format_minor
from revops.settings import TENANT
from revops.warehouse import Published

_BY_TYPE = """
    select
        t.leak_type,
        t.family,
        any_value(k.title) as title,
        t.currency,
        count(*) filter (where t.is_alert) as alerts,
        coalesce(sum(t.counted_minor) filter (where t.is_alert), 0)::bigint as alert_minor,
        coalesce(sum(t.recurring_minor) filter (where t.is_alert), 0)::bigint as alert_recurring_minor,
        coalesce(sum(t.expected_recovery_minor) filter (where t.is_alert), 0)::bigint as expected_recovery_minor,
        count(*) filter (where not t.is_alert) as reviews,
        coalesce(sum(t.amount_minor) filter (where not t.is_alert), 0)::bigint as review_minor
    from triage t
    left join leak_types k on k.tenant_id = t.tenant_id and k.leak_type = t.leak_type
    group by t.leak_type, t.family, t.currency
    order by alert_minor desc, t.leak_type, t.currency
"""


# Files that were published before there were logs have no such table.
_HAS_USAGE = "select 1 from duckdb_tables() where table_name = 'product_usage_coverage'"
_USAGE = """
    select source, "rows", matched_share, quarantined_count, note from product_usage_coverage
    where "rows" > 0 or quarantined_count > 0 order by source
"""


@dataclass(frozen=True)
class Line:
    """Findings of one leak type in one currency, in minor units.

    Alerts count each unit of money once; reviews stand alone, because they are in no total.
    """

    leak_type: str
    family: str
    title: str | None
    currency: str
    alerts: int
    alert_minor: int
    alert_recurring_minor: int
    expected_recovery_minor: int
    reviews: int
    review_minor: int


@dataclass(frozen=True)
class Result:
    """The state of one published file."""

    as_of: datetime
    mode: str
    file: Path
    is_new: bool
    lines: list[Line]
    switched_off: list[dict[str, Any]]
    quarantined: int
    product_usage: list[dict[str, Any]]


def read_result(home: Path, as_of: datetime | None, *, is_new: bool, tenant: str = TENANT) -> Result:
    """Read a tenant's present, or a past `as_of`. Raises NothingPublishedError."""
    with Published.open(home, as_of, tenant) as published:
        lines = [Line(**row) for row in published.query(_BY_TYPE)]
        switched_off = published.query(
            "select resource, reason, permission from data_coverage where not is_on order by resource"
        )
        mode = published.query("select mode from integration limit 1")
        quarantined = published.query("select count(*) as n from quarantined")
        return Result(
            as_of=published.as_of,
            mode=str(mode[0]["mode"]) if mode else "live",
            file=published.path,
            is_new=is_new,
            lines=lines,
            switched_off=switched_off,
            quarantined=int(quarantined[0]["n"]),
            product_usage=published.query(_USAGE) if published.query(_HAS_USAGE) else [],
        )


def as_json(result: Result) -> dict[str, Any]:
    """The result for programs; totals per currency count alerts only."""
    return {
        "as_of": iso(result.as_of),
        "mode": result.mode,
        "published_file": str(result.file),
        "is_new": result.is_new,
        "findings": [asdict(line) for line in result.lines],
        "totals": [
            {"currency": currency, "alerts": alerts, "alert_minor": amount}
            for currency, (alerts, amount) in _totals(result).items()
        ],
        "switched_off": result.switched_off,
        "quarantined": result.quarantined,
        "product_usage": result.product_usage,
    }


def as_text(result: Result) -> str:
    """The result for people."""
    banner = ["TEST MODE: this is not real money."] if result.mode == "test" else []
    state = "" if result.is_new else " (nothing new since the last run)"
    text = [*banner, f"What leaks, as of {iso(result.as_of)}{state}", ""]
    if not result.lines:
        text.append("  Nothing leaks.")
    for line in result.lines:
        text.append(f"  {line.title or line.leak_type} ({line.leak_type}, {line.currency.upper()})")
        text.append(
            f"    {_count(line.alerts, 'alert'):<12} {format_minor(line.alert_minor, line.currency):>18}"
            f"   about {format_minor(line.expected_recovery_minor, line.currency)} likely to come back"
        )
        if line.alert_recurring_minor:
            text.append(f"    {'each month':<12} {format_minor(line.alert_recurring_minor, line.currency):>18}")
        if line.reviews:
            text.append(
                f"    {_count(line.reviews, 'review'):<12} "
                f"{format_minor(line.review_minor, line.currency):>18}   not in the totals"
            )
    totals = _totals(result)
    if totals:
        text += ["", "  Recoverable now (alerts only):"]
        text += [f"    {format_minor(amount, currency):>18}" for currency, (_, amount) in totals.items()]
    if result.switched_off:
        text += ["", "  Switched off:"]
        text += [f"    {row['resource']}: {row['reason']}" for row in result.switched_off]
    if result.product_usage:
        text += ["", "  Product usage:", *_usage_lines(result)]
    if result.quarantined:
        text += ["", f'  Quarantined objects: {result.quarantined} (leaks sql "select * from quarantined")']
    return "\n".join([*text, "", f"Published: {result.file}"])


def _usage_lines(result: Result) -> Iterator[str]:
    for row in result.product_usage:
        share = "" if row["matched_share"] is None else f", {row['matched_share']:.1%} of known customers"
        yield f"    {row['source']}: {row['rows']:,} rows{share}"
        if row["note"]:
            yield f"      {row['note']}"


def _totals(result: Result) -> dict[str, tuple[int, int]]:
    totals: dict[str, tuple[int, int]] = {}
    for line in result.lines:
        if line.alerts:
            alerts, amount = totals.get(line.currency, (0, 0))
            totals[line.currency] = (alerts + line.alerts, amount + line.alert_minor)
    return dict(sorted(totals.items(), key=lambda item: -item[1][1]))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
