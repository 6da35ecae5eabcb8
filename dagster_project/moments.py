"""Moments as they travel: whole seconds, UTC, ISO with Z."""

from datetime import UTC, datetime, timedelta


def utc(moment: datetime) -> datetime:
    """Aware UTC; a naive moment is UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def next_second(moment: datetime) -> datetime:
    """The first whole second at or after `moment`: nothing read until `moment` lies behind it."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)


def iso(moment: datetime) -> str:
    """`2026-10-01T00:00:00Z`."""
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")
