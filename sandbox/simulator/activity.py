"""What a customer's people do in the product: logins and API calls, as the product's own logs have them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import objects
from sandbox.objects import Payload

from .calendar import DAY, HOUR
from .catalog import METRIC
from .seeds import letters

if TYPE_CHECKING:
    from .customer import Customer
    from .life import Process

_WEEK = 7 * DAY
_METHODS = (b"password", b"password", b"password", b"sso", b"google")
_CALLS_IN_A_BATCH = 3


class Activity:
    """Plans each week at its beginning; what was planned for a time after `stop` does not happen.

    `users` people log in at least once a week, so that they are exactly the distinct ones of any 30 days.
    """

    def __init__(self, customer: Customer) -> None:
        self.customer, self.life = customer, customer.life
        self.users = 1
        self.logins_per_week = 2.0
        self.calls_per_week = 0
        self.seasons: list[tuple[int, int]] = []
        self.is_running = False
        self.is_metered = False
        self.lost_share = Decimal(0)
        self.calls: list[tuple[int, int]] = []
        self._unmetered: list[tuple[int, int]] = []
        self._days: dict[int, Payload] = {}
        self._names: dict[int, tuple[bytes, bytes]] = {}
        self._round = 0

    def start(self) -> None:
        """People begin to use the product now."""
        self.is_running = True
        self._round += 1
        self.life.spawn(self._weeks(self._round))

    def stop(self) -> None:
        """Nobody comes any more."""
        self.is_running = False
        self._forget(self.life.logins)
        self._forget(self.life.usage)
        self.calls = [one for one in self.calls if one[0] <= self.life.at]
        self._unmetered = [one for one in self._unmetered if one[0] <= self.life.at]

    def log_in(self) -> None:
        """Somebody logs in now."""
        head, tail = self._names.get(0) or self._name(0)
        self.life.logins.append((self.life.at, b'%b%d%b%b"}\n' % (head, self.life.at, tail, _METHODS[0])))

    def first_login(self, index: int) -> int | None:
        """When a user logged in first."""
        if index not in self._names:
            return None
        head = self._names[index][0]
        return min((at for at, row in self.life.logins if row.startswith(head)), default=None)

    def stop_logins(self) -> None:
        """Nobody logs in any more; programs go on calling the API."""
        self.users = 0
        self._forget(self.life.logins)

    def _forget(self, rows: list[tuple[int, bytes]]) -> None:
        rows[:] = [row for row in rows if row[0] <= self.life.at]

    def _weeks(self, this_round: int) -> Process:
        life = self.life
        yield life.at
        while self.is_running and this_round == self._round:
            if not any(since <= life.at < until for since, until in self.seasons):
                self._plan_logins()
                if self.calls_per_week:
                    self._plan_calls()
            yield life.at + _WEEK

    def _plan_logins(self) -> None:
        life, draw = self.life, self.life.random
        random, begin = draw.random, life.at
        ahead = self.customer.person.place.ahead_hours * HOUR
        midnight = begin - (begin + ahead) % DAY
        rows = life.logins
        for index in range(self.users):
            head, tail = self._names.get(index) or self._name(index)
            count = 1 + int(random() * 2 * (self.logins_per_week - 1) + 0.5)
            for _ in range(count):
                day = int(random() * 7)
                if (midnight // DAY + day + 3) % 7 > 4 and random() < 0.75:
                    day = (day + 3) % 7
                at = midnight + day * DAY + int((8 + random() * 10) * HOUR)
                if at < begin:
                    at += _WEEK
                method = _METHODS[int(random() * 5)]
                rows.append((at, b'%b%d%b%b"}\n' % (head, at, tail, method)))

    def _name(self, index: int) -> tuple[bytes, bytes]:
        """The parts of a login's row before and after its time."""
        self._names[index] = self.life.world.identity.login(self.customer, index)
        return self._names[index]

    def _plan_calls(self) -> None:
        life, draw = self.life, self.life.random
        left = max(int(self.calls_per_week * (0.6 + 0.8 * draw.random())), _CALLS_IN_A_BATCH)
        times = sorted(life.at + draw.randrange(_WEEK) for _ in range(_CALLS_IN_A_BATCH))
        for number, at in enumerate(times):
            share = left if number == _CALLS_IN_A_BATCH - 1 else max(int(left * draw.random() * 0.6), 1)
            left -= share
            self.call(at, share)
            if left <= 0:
                return

    def call(self, at: int, quantity: int) -> None:
        """So many API calls at that time."""
        key = letters(self.life.random, 12)
        self.calls.append((at, quantity))
        if self.is_metered:
            self._unmetered.append((at, quantity))
        head = self.life.world.identity.usage(self.customer)
        row = b'%b"metric":"%b","quantity":%d,"ts":%d,"idempotency_key":"%b"}\n' % (
            head, METRIC.encode(), quantity, at, key.encode(),
        )  # fmt: skip
        self.life.usage.append((at, row))

    def used(self, start: int, end: int) -> int:
        """API calls from `start` up to and without `end`."""
        return sum(quantity for at, quantity in self.calls if start <= at < end)

    def meter(self) -> int:
        """Let Stripe's meter count what was called since it last did; returns how much it heard of.

        It counts by whole days. Of each call a part may be lost on the way.
        """
        heard = 0
        at = self.life.at
        late = [one for one in self._unmetered if one[0] < at]
        self._unmetered = [one for one in self._unmetered if one[0] >= at]
        for moment, quantity in late:
            counted = int(quantity * (1 - self.lost_share))
            self._count(moment - moment % DAY, counted)
            heard += counted
        return heard

    def _count(self, day: int, quantity: int) -> None:
        life, known = self.life, self._days.get(day)
        if known is not None:
            life.change(None, known, aggregated_value=known["aggregated_value"] + quantity)
            return
        meter, customer = life.world.catalog.meter["id"], self.customer.payload["id"]
        summary = objects.meter_event_summary(life.identifier("mtrusg"), meter, customer, day, day + DAY, quantity)
        self._days[day] = life.keep("meter_event_summary", summary)
