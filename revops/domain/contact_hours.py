"""When a customer is written to at all: in the hours of their own day, and on no holiday of their country."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from revops.domain.contacts import Limits, NotBefore, may_contact
from revops.errors import RevopsError

# No country keeps as many holidays in a row.
_LONGEST_WAIT_DAYS = 30


class ContactHoursError(RevopsError):
    """Hours in which nobody could ever be written to."""

    exit_code = 2


@dataclass(frozen=True)
class ContactHours:
    """Hours of a customer's day, from `first` until before `last`, in all `zones` of their country.

    Where the days of those zones have no hour in common the first zone's count alone. `country` (ISO 3166, two letters)
    says which holidays are kept; of one that is not known none are, and its zone is UTC. Raises ContactHoursError.
    """

    zones: Sequence[ZoneInfo] = field(default=(ZoneInfo("UTC"),))
    country: str | None = None
    first: int = 8
    last: int = 20

    def __post_init__(self) -> None:
        if not self.zones or not 0 <= self.first < self.last <= 24:
            raise ContactHoursError(
                f"Nobody can be written to from {self.first} until {self.last} o'clock in {len(self.zones)} time "
                "zones: give an hour of the day, a later one, and at least one zone."
            )

    def may_contact(self, at: datetime) -> NotBefore | None:
        """None in their day; else the first moment that is, and why."""
        zones = self._counted(at)
        why = self._against(at, zones)
        if why is None:
            return None
        days = range(_LONGEST_WAIT_DAYS + 1)
        mornings = sorted(self._morning(at, zone, day) for zone in zones for day in days)
        # Zones' days begin to be common when the last of them begins: always one zone's morning.
        return NotBefore(next(one for one in mornings if one > at and self._against(one, zones) is None), why)

    def _counted(self, at: datetime) -> Sequence[ZoneInfo]:
        mornings = (self._morning(at, zone, day) for zone in self.zones for day in range(2))
        has_common = any(all(self._is_day(one, zone) for zone in self.zones) for one in mornings)
        return self.zones if has_common else self.zones[:1]

    def _against(self, at: datetime, zones: Sequence[ZoneInfo]) -> str | None:
        if not all(self._is_day(at, zone) for zone in zones):
            return f"Nobody is written to before {self.first} or from {self.last} o'clock of their own day."
        names = (holiday(self.country, at.astimezone(zone).date()) for zone in zones)
        name = next((one for one in names if one is not None), None)
        return None if name is None else f"It is a holiday where the customer is ({name})."

    def _is_day(self, at: datetime, zone: ZoneInfo) -> bool:
        return self.first <= at.astimezone(zone).hour < self.last

    def _morning(self, at: datetime, zone: ZoneInfo, days: int) -> datetime:
        day = at.astimezone(zone).date() + timedelta(days=days)
        return datetime.combine(day, time(self.first), zone).astimezone(UTC)


def may_write(history: Sequence[datetime], at: datetime, limits: Limits, hours: ContactHours) -> NotBefore | None:
    """None where limits and hours both allow a contact at this moment; else the first at which both do.

    `history` are all contacts of the customer; `why` is what stands against this moment.
    """
    first = moment = may_contact(history, at, limits) or hours.may_contact(at)
    while moment is not None:
        at = moment.at
        moment = may_contact(history, at, limits) or hours.may_contact(at)
    return None if first is None else NotBefore(at, first.why)


def holiday(country: str | None, day: date) -> str | None:
    """The name of a country's public holiday, None on other days and where the country is not known."""
    known = _holidays(country.upper(), day.year) if country else None
    return None if known is None else known.get(day)


@cache
def _holidays(country: str, year: int) -> holidays.HolidayBase | None:
    # A year at a time: one that fills itself while it is asked may answer another thread too early.
    try:
        return holidays.country_holidays(country, years=year, language="en_US")
    except NotImplementedError:
        return None
