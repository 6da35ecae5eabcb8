"""Who the company's customers are and how each of their stories ends."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Story:
    """A customer who pays every period until the last invoice, with which `fate` deals.

    `last_days` is how long ago that invoice was made; `back` moves the fate to an earlier one.
    """

    name: str
    fate: str = "pays"
    plan: str = "growth"
    currency: str = "usd"
    country: str = "US"
    months: int = 13
    last_days: int = 12
    back: int = 0
    interval: str = "month"
    quantity: int = 1
    decline: str = "insufficient_funds"
    coupon: str | None = None
    ends_as: str = "past_due"
    is_invoiced: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


_PAYING = (
    Story("Alder Clinics", plan="business", months=20),
    Story("Birch & Sons", plan="starter"),
    Story("Cedar Freight", plan="team", quantity=24, months=16),
    Story("Dogwood Media", plan="growth", currency="eur", country="DE", months=15),
    Story("Elm Street Bakery", plan="starter", coupon="loyal"),
    Story("Fir Robotics", plan="business", interval="year", months=24, last_days=40),
    Story("Ginkgo Labs", plan="growth", currency="jpy", country="JP", months=14),
    Story("Hazel Legal", plan="growth", coupon="launch", months=8),
    Story("Ivy Schools", plan="growth", coupon="charity", metadata={"nonprofit": "true"}),
    Story("Juniper Travel", plan="starter", currency="eur", country="FR", months=18),
    Story("Kapok Studio", plan="starter_old", months=22),
    Story("Larch Insurance", plan="business", currency="eur", country="DE"),
    Story("Maple Fitness", plan="growth", fate="cancelled", months=9),
    Story("Nettle Games", plan="starter", coupon="launch", months=2, last_days=6),
    Story("Oak Logistics", plan="business", months=17, is_invoiced=True, fate="paid_invoice", last_days=25),
    Story("Pine Optics", plan="growth", currency="jpy", country="JP"),
    Story("Quince Catering", plan="starter", coupon="starter"),
    Story("Rowan Energy", plan="growth", fate="meters", months=13),
    Story("Sorrel Music", plan="starter", fate="cancels_later"),
    Story("Teak Interiors", plan="growth", months=1, last_days=3),
    Story("Umber Films", plan="team", quantity=3),
    Story("Violet Pharma", plan="business", currency="jpy", country="JP", months=19),
)

_INNOCENT = (
    Story("Willow Dental", fate="recovered", back=2, decline="do_not_honor"),
    Story("Yarrow Yoga", fate="recovered", plan="starter", decline="insufficient_funds", last_days=16),
    Story("Aspen Ticketing", fate="recovered", currency="eur", country="FR", back=4, decline="processing_error"),
    Story("Basil Kitchens", fate="reissued", back=1),
    Story("Clover Pets", fate="reissued", plan="business", last_days=20),
    Story("Dill Consulting", fate="paid_outside", plan="business", back=1, decline="generic_decline"),
    Story("Endive Farms", fate="paid_outside", is_invoiced=True, last_days=22),
    Story("Fennel Press", fate="refunded", back=1),
    Story("Garlic Radio", fate="part_refunded", plan="business", last_days=14),
    Story("Hop Brewing", fate="disputed", last_days=18),
    Story("Iris Photo", fate="dispute_lost", back=3),
    Story("Jasmine Spa", fate="never_started", decline="authentication_required", months=0, last_days=50),
    Story("Kale Delivery", fate="never_started", decline="generic_decline", months=0, last_days=9),
    Story("Lotus Design", fate="signing_up", months=0, last_days=0),
    Story("Mint Theatre", fate="trial", months=0, last_days=5),
    Story("Nutmeg Cafe", fate="blocked_sign_up", decline="highest_risk_level", months=0, last_days=12),
    Story("Olive Trading", fate="not_due", plan="business", is_invoiced=True, last_days=8),
    Story("Pansy Sports", fate="draft", plan="growth", last_days=0, months=6),
    Story("Reed Shipping", fate="paused", plan="growth", last_days=10),
    Story("Sage Courier", fate="retrying", decline="insufficient_funds", last_days=3),
    Story("Thyme Motors", fate="retrying", plan="business", currency="eur", country="DE", last_days=6),
    Story("Tulip Hotels", fate="retrying", decline="do_not_honor", currency="jpy", country="JP", last_days=1),
)

_OWED = (
    Story("Vetch Hardware", fate="exhausted", last_days=24),
    Story("Walnut Movers", fate="exhausted", plan="business", decline="generic_decline", last_days=21),
    Story("Yew Archives", fate="exhausted", decline="expired_card", ends_as="unpaid", last_days=28),
    Story("Acorn Toys", fate="exhausted", plan="starter", decline="do_not_honor", ends_as="canceled", last_days=60),
    Story(
        "Burdock Mining",
        fate="exhausted",
        plan="business",
        interval="year",
        months=12,
        last_days=75,
        decline="transaction_not_allowed",
        ends_as="canceled",
    ),
    Story("Cress Software", fate="exhausted", plan="team", quantity=180, decline="generic_decline", last_days=26),
    Story("Daisy Prints", fate="exhausted", currency="jpy", country="JP", decline="processing_error", last_days=20),
    Story("Elder Care", fate="exhausted", currency="eur", country="DE", decline="lost_card", last_days=19),
    Story("Fern Apparel", fate="phantom", decline="stolen_card", last_days=6),
    Story("Gorse Antiques", fate="phantom", decline="revocation_of_authorization", plan="business", last_days=9),
    Story("Heather Wines", fate="phantom", decline="incorrect_number", currency="eur", country="FR", last_days=4),
    Story("Indigo Paint", fate="stale_card", decline="expired_card", last_days=23),
    Story("Jute Carpets", fate="authentication", decline="authentication_required", currency="eur", country="FR"),
    Story("Kelp Seafood", fate="written_off", last_days=90, ends_as="canceled"),
    Story("Lilac Events", fate="written_off", plan="business", decline="do_not_honor", last_days=33),
    Story("Moss Surveying", fate="overdue", plan="business", is_invoiced=True, last_days=55),
    Story("Narcissus Mirrors", fate="overdue", currency="eur", country="DE", is_invoiced=True, last_days=41),
    Story("Orchid Rentals", fate="part_credited", decline="insufficient_funds", last_days=22),
    Story("Poppy Fields", fate="exhausted", plan="lite", last_days=21),
)

STORIES = (*_PAYING, *_INNOCENT, *_OWED)
