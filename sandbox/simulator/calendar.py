"""Dates as billing counts them."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

HOUR = 3_600
DAY = 86_400


def add_months(moment: int, months: int) -> int:
    """The same day and time so many months on; a day that a month lacks becomes its last."""
    start = datetime.fromtimestamp(moment, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return calendar.timegm((year, month + 1, day, start.hour, start.minute, start.second))


def early_in_month(moment: int) -> int:
    """At most the 28th: every month has one, so that a cycle that is anchored there never drifts."""
    late = max(datetime.fromtimestamp(moment, UTC).day - 28, 0)
    return moment - late * DAY
