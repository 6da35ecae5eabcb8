"""When a retry is likely to work: after the wait, near payday, in the customer's own day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from revops.actions.retry_rules import LocalHours, RetryRules


@cache
def zones_of(country: str | None) -> tuple[ZoneInfo, ...]:
    """The time zones of a country (ISO 3166, two letters), UTC where it is not known. Source: IANA's zone.tab."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    found = tuple(ZoneInfo(row[2]) for row in rows if country is not None and row[0] == country.upper())
    return found or (ZoneInfo("UTC"),)


def good_time(earliest: datetime, country: str | None, rules: RetryRules, *, waits_for_payday: bool) -> datetime:
    """The first good moment from `earliest` on, UTC, whole seconds.

    Of a country with several zones it is day in all of them, or in the first where their days have no hour in common.
    """
    zones = zones_of(country)
    moment = earliest
    if waits_for_payday:
        moment = max(moment, _payday(earliest, zones[0], rules))
    return _in_day(moment, zones, rules.local_hours).astimezone(UTC).replace(microsecond=0)


def _payday(moment: datetime, zone: ZoneInfo, rules: RetryRules) -> datetime:
    """The morning of a payday that is near; the moment itself where none is."""
    local = moment.astimezone(zone)
    for days in range(rules.payday_within_days + 1):
        day = local + timedelta(days=days)
        if day.day in rules.paydays:
            morning = day.replace(hour=rules.local_hours.best, minute=0, second=0, microsecond=0)
            return max(moment, morning)
    return moment


def _in_day(moment: datetime, zones: Sequence[ZoneInfo], hours: LocalHours) -> datetime:
    if _is_day(moment, zones, hours):
        return moment
    best = moment.astimezone(zones[0]).replace(hour=hours.best, minute=0, second=0, microsecond=0)
    for day in range(3):
        for hour in range(hours.last - hours.best):
            candidate = best + timedelta(days=day, hours=hour)
            if candidate >= moment and _is_day(candidate, zones, hours):
                return candidate
    return _in_day(moment, zones[:1], hours)


def _is_day(moment: datetime, zones: Sequence[ZoneInfo], hours: LocalHours) -> bool:
    return all(hours.first <= moment.astimezone(zone).hour < hours.last for zone in zones)
