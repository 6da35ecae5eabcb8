"""Who the customers are: names, places, e-mail addresses, cards."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sandbox import objects
from sandbox.objects import Payload

from .seeds import letters

_FIRST = (
    "Alder", "Amber", "Aspen", "Birch", "Blue", "Bright", "Cedar", "Clear", "Copper", "Coral", "Crane", "Dawn",
    "Delta", "Ember", "Fern", "Field", "Flint", "Forge", "Glade", "Gold", "Granite", "Harbor", "Hazel", "Heron",
    "Hill", "Ivory", "Jade", "Juniper", "Kestrel", "Lake", "Larch", "Laurel", "Linden", "Lumen", "Maple", "Marble",
    "Meadow", "Mint", "North", "Oak", "Ocean", "Olive", "Onyx", "Orchid", "Otter", "Pearl", "Pine", "Plover",
    "Quartz", "Quill", "Raven", "Reed", "River", "Robin", "Rowan", "Sage", "Silver", "Slate", "Sparrow", "Stone",
    "Summit", "Swift", "Teal", "Thistle", "Timber", "Umber", "Vale", "Velvet", "Walnut", "Willow", "Wren", "Yarrow",
)  # fmt: skip
_SECOND = (
    "Analytics", "Archives", "Books", "Clinics", "Coffee", "Courier", "Dental", "Design", "Energy", "Events",
    "Farms", "Films", "Fitness", "Foods", "Freight", "Games", "Gardens", "Health", "Hotels", "Insurance",
    "Interiors", "Kitchens", "Labs", "Learning", "Legal", "Logistics", "Media", "Mobility", "Motors", "Museum",
    "Music", "Optics", "Outdoors", "Paper", "Pharma", "Pottery", "Press", "Print", "Realty", "Robotics", "Sailing",
    "Schools", "Security", "Software", "Sports", "Studio", "Supply", "Surveys", "Systems", "Tea", "Textiles",
    "Theatre", "Tickets", "Tools", "Toys", "Travel", "Ventures", "Vision", "Wines", "Yoga",
)  # fmt: skip
_PEOPLE = ("ana", "ben", "chen", "dara", "eli", "fay", "goran", "hana", "ivo", "jun", "kim", "lea", "mo", "nia", "omar")
FREE_MAIL = "gmail.com"
_BRANDS = ("visa", "mastercard", "amex")
_BRAND_WEIGHTS = (60, 32, 8)
_FUNDINGS = ("credit", "debit", "prepaid")
_FUNDING_WEIGHTS = (55, 40, 5)


@dataclass(frozen=True, slots=True)
class Place:
    """A country where customers are, with the hours that its clocks are ahead of UTC."""

    country: str
    currency: str
    ahead_hours: int
    city: str
    postal_code: str
    state: str | None
    weight: int


PLACES = (
    Place("US", "usd", -8, "Portland", "97204", "OR", 27),
    Place("US", "usd", -5, "Albany", "12207", "NY", 17),
    Place("CA", "usd", -5, "Ottawa", "K1P 1J1", "ON", 4),
    Place("AU", "usd", 10, "Hobart", "7000", "TAS", 3),
    Place("GB", "gbp", 0, "Leeds", "LS1 4AP", None, 13),
    Place("DE", "eur", 1, "Hamburg", "20095", None, 12),
    Place("FR", "eur", 1, "Lyon", "69002", None, 8),
    Place("NL", "eur", 1, "Utrecht", "3511 CE", None, 4),
    Place("JP", "jpy", 9, "Osaka", "530-0001", None, 8),
    Place("KW", "kwd", 3, "Kuwait City", "13001", None, 4),
)
_WEIGHTS = tuple(place.weight for place in PLACES)


@dataclass(slots=True)
class Person:
    """Who a customer is before anything is bought."""

    name: str
    email: str
    domain: str
    place: Place

    @property
    def address(self) -> Payload:
        """The address in Stripe's shape."""
        place = self.place
        return {
            "city": place.city,
            "country": place.country,
            "line1": "1 Market Square",
            "line2": None,
            "postal_code": place.postal_code,
            "state": place.state,
        }


def somebody(draw: random.Random, number: int, *, currency: str | None = None, is_firm: bool = False) -> Person:
    """A person or firm. With `currency` from a place that pays in it; a firm has mail of its own domain."""
    places = PLACES if currency is None else tuple(place for place in PLACES if place.currency == currency)
    weights = _WEIGHTS if currency is None else tuple(place.weight for place in places)
    place = draw.choices(places, weights)[0]
    first, second = draw.choice(_FIRST), draw.choice(_SECOND)
    slug = f"{first}{second}".lower()
    has_free_mail = draw.random() < 0.08 and not is_firm
    domain = FREE_MAIL if has_free_mail else f"{slug}{number}.example"
    mailbox = f"{slug}{number}.sandbox" if has_free_mail else draw.choice(("billing", "accounts", "hello", "office"))
    return Person(f"{first} {second}", f"{mailbox}@{domain}", domain, place)


def user_email(person: Person, index: int) -> str:
    """The address of a user of the product: the first one is the customer's own."""
    if index == 0:
        return person.email
    name = _PEOPLE[index % len(_PEOPLE)]
    return f"{name}{index // len(_PEOPLE) or ''}@{person.domain}"


def card(
    draw: random.Random,
    method_id: str,
    customer: Payload,
    at: int,
    *,
    fingerprint: str | None = None,
    expires: tuple[int, int] | None = None,
) -> Payload:
    """A card of the customer; a shared one has the `fingerprint` of another."""
    return objects.payment_method(
        method_id,
        customer,
        at,
        brand=draw.choices(_BRANDS, _BRAND_WEIGHTS)[0],
        funding=draw.choices(_FUNDINGS, _FUNDING_WEIGHTS)[0],
        fingerprint=fingerprint or letters(draw, 16),
        last4=f"{draw.randrange(10_000):04d}",
        expires=expires or (2028 + draw.randrange(5), 1 + draw.randrange(12)),
        country=customer["address"]["country"],
    )
