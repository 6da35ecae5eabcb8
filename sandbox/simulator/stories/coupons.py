"""Discounts: too many at once, taken by those they are not for, kept too long; and those that are as agreed."""

from __future__ import annotations

from ..calendar import DAY, HOUR, add_months
from ..contract import Contract
from ..customer import Customer
from ..deck import Role
from ..life import Life, Process
from ..people import somebody
from ..seeds import letters, source
from .common import Story, buys, comes, cycle, sign_up_time
from .ordinary import wanders

_INTENDED_MONTHS = 4


def stacked(life: Life, _role: Role) -> Process:
    """A second discount came on top of the first."""
    begin, last = cycle(life, life.random.randrange(2, 25), life.random.randrange(4, 12))
    yield begin
    customer = comes(life)
    contract = buys(customer, life.random.choice(("studio", "business")), coupon="partner")
    yield add_months(last, -life.random.randrange(1, 4)) - DAY
    contract.add_discount("stay")
    contract.stacked = life.note(
        "discount_stacking",
        "second_discount",
        contract.payload["id"],
        detectable_at=life.at,
        amount=0,
        note="on each invoice since: what was discounted beyond the single largest one",
    )


def farmed(life: Life, role: Role) -> Process:
    """The welcome offer, once as it is meant and once more under another name with the same card or company."""
    group, place = role.group.rsplit("/", 1)
    shared = source(life.world.seed, group)
    by_card = shared.random() < 0.6
    fingerprint = letters(shared, 16)
    begin, _ = cycle(life, shared.randrange(3, 25), 6 if place == "0" else 3)
    yield begin
    person = somebody(life.random, life.number, is_firm=True)
    if not by_card:
        person.domain = f"common{letters(shared, 8).lower()}.example"
        person.email = f"{person.name.split()[0].lower()}@{person.domain}"
    customer = comes(life, person=person, fingerprint=fingerprint if by_card else None)
    contract = buys(customer, "studio", coupon="welcome", code="welcome")
    if place != "0":
        contract.shared = life.note(
            "promo_farming",
            "same_card" if by_card else "same_domain",
            contract.payload["id"],
            amount=0,
            note="the discounts on its paid invoices",
        )
    yield from wanders(customer, contract)


def _launch(invoices_beyond: int) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """A coupon for ever that was meant for four months."""
        months = _INTENDED_MONTHS + invoices_beyond - 1
        begin, _ = cycle(life, life.random.randrange(1, 27), months)
        yield begin
        customer = comes(life)
        contract = buys(customer, coupon="launch", code="launch")
        label = life.note(
            "discount_past_intended_end",
            "forgotten_coupon",
            contract.payload["id"],
            amount=0,
            note="discounts given since the intended end",
        )
        discount = contract.payload["discounts"][0]
        contract.overdue_discounts[discount["id"]] = (add_months(contract.start, _INTENDED_MONTHS), label)

    return story


def _long_launch(life: Life, role: Role) -> Process:
    yield from _launch(life.random.randrange(1, 9))(life, role)


def _standing(coupon: str, metadata: dict[str, str], looks_like: str) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """A standing discount that was agreed."""
        yield sign_up_time(life)
        customer = comes(life, metadata=metadata)
        contract = buys(customer, life.random.choice(("solo", "studio", "business")), coupon=coupon)
        life.note(looks_like, coupon, contract.payload["id"], note="agreed, see the customer's metadata")
        yield from wanders(customer, contract)

    return story


def agency(life: Life, role: Role) -> Process:
    """One card pays for several customers, and none of them uses a welcome offer."""
    group, _ = role.group.rsplit("/", 1)
    fingerprint = letters(source(life.world.seed, group), 16)
    yield sign_up_time(life)
    customer = comes(life, fingerprint=fingerprint, metadata={"paid_by": "agency"})
    contract = buys(customer)
    life.note("promo_farming", "agency_card", contract.payload["id"], note="a shared card, no promotion")
    yield from wanders(customer, contract)


def expired_coupon(life: Life, _role: Role) -> Process:
    """Redeemed before the coupon expired and running on as Stripe means it."""
    begin, _ = cycle(life, life.random.randrange(2, 25), life.random.randrange(6, 10))
    yield begin
    customer = comes(life)
    contract = buys(customer)
    yield life.at + HOUR
    _give(customer, contract)


def _give(customer: Customer, contract: Contract) -> None:
    contract.add_discount("spring", code="spring")
    customer.life.note(
        "expired_coupon_applied", "expired_coupon", contract.payload["id"], note="redeemed while it was valid"
    )


STORIES: dict[str, Story] = {
    "stacked": stacked,
    "farmed": farmed,
    "past_intended_end": _long_launch,
    "within_intended_end": _launch(0),
    "nonprofit": _standing("nonprofit", {"nonprofit": "true"}, "discount_past_intended_end"),
    "partner": _standing("partner", {"partner_contract": "PC-2204"}, "discount_past_intended_end"),
    "staff": _standing("staff", {"internal": "true"}, "full_discount_active"),
    "agency": agency,
    "expired_coupon": expired_coupon,
}
