"""Dates, ages, counts and codes in words. Every time is UTC and says so where it has an hour."""

from datetime import UTC, datetime, timedelta


def as_utc(value: datetime) -> datetime:
    """The warehouse keeps UTC without a zone; give it back its zone."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def day(value: datetime | None) -> str:
    """`1 Oct 2026`, or a dash where there is none."""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """`1 Oct 2026, 00:00 UTC`, or a dash where there is none."""
    return "–" if value is None else f"{day(value)}, {value:%H:%M} UTC"


def ago(then: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that says enough: `just now`, `5 minutes ago`, `3 days ago`."""
    passed = as_utc(now) - as_utc(then)
    if passed < timedelta(minutes=1):
        return "just now"
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        n = int(passed.total_seconds()) // length
        if n >= (2 if unit == "day" else 1):
            return f"{count(n, unit)} ago"
    return "just now"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """`1 finding`, `1,204 findings`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def percent(share: float | None) -> str:
    """`35 %` of a share between 0 and 1, or a dash where there is none."""
    return "–" if share is None else f"{round(share * 100)} %"


def words(code: str | None) -> str:
    """A code as words: `insufficient_funds` -> `Insufficient funds`; empty text for none."""
    spaced = (code or "").replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:]
