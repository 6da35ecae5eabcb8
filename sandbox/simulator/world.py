"""The company as a whole: what all lives share, and who lives which story."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sandbox.objects import Payload

from .catalog import catalog
from .deck import Role, deal
from .identity import Identity, Kind
from .life import Life
from .seeds import source
from .stories import STORIES

ROLES_IN_A_DECK = 100
# Some sign up after the moment from which the company is looked at.
_TO_COME_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes a company: all else follows. `anchor` is the moment at which its 18 months of history end."""

    seed: int
    customers: int
    anchor: int
    identity: Kind = "stripe"


class World:
    """Everything that customers share."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.seed, self.anchor = plan.seed, plan.anchor
        self.identity = Identity(plan.identity, plan.seed)
        self.catalog = catalog(plan.seed, plan.anchor)
        self._coupons = {coupon["id"]: coupon for coupon in self.catalog.coupons.values()}
        self._deck = lru_cache(maxsize=4)(self._deal)

    @property
    def numbers(self) -> range:
        """The numbers of all customers, with those who come after the anchor."""
        return range(self.plan.customers + 1 + round(self.plan.customers * _TO_COME_SHARE))

    def coupon(self, coupon_id: str) -> Payload:
        """The coupon of an id."""
        return self._coupons[coupon_id]

    def role(self, number: int) -> Role:
        """The story that a customer lives."""
        if number >= self.plan.customers:
            return Role("arrives", "")
        return self._deck(number // ROLES_IN_A_DECK)[number % ROLES_IN_A_DECK]

    def _deal(self, block: int) -> list[Role]:
        return deal(source(self.seed, "deck", block), block, ROLES_IN_A_DECK)

    def life(self, number: int) -> Life:
        """A customer's life, at its beginning."""
        life = Life(self, number)
        role = self.role(number)
        life.spawn(STORIES[role.story](life, role))
        return life
