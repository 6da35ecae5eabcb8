"""What the reader asks of the findings: as an address, and as SQL conditions with bound values.

The address is the one truth: a link shows another person the same list, the back button leads to the list
before, and a reload changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

ALERTS, REVIEWS, BOTH = "Alerts", "Reviews", "Both"
SHOWN = (ALERTS, REVIEWS, BOTH)

PRIORITY, AMOUNT, AGE, NEWEST, NAME = "Priority", "Largest amount", "Oldest", "Newest", "Customer"
# Amounts of different currencies compare in the reporting currency only; what has no rate comes last.
SORTS = {
    PRIORITY: "is_alert desc, priority, amount_reporting_minor desc nulls last, finding_id",
    AMOUNT: "amount_reporting_minor desc nulls last, counted_minor desc, finding_id",
    AGE: "age_days desc, first_detectable_at, finding_id",
    NEWEST: "age_days, first_detectable_at desc, finding_id",
    NAME: "lower(customer_name) nulls last, customer_id, finding_id",
}

# Label, first day, last day of each age; the last one is open.
AGES: tuple[tuple[str, int, int | None], ...] = (
    ("0–7 days", 0, 7),
    ("8–30 days", 8, 30),
    ("31–90 days", 31, 90),
    ("91–180 days", 91, 180),
    ("181–365 days", 181, 365),
    ("over a year", 366, None),
)
AGE_LABELS = tuple(label for label, _, _ in AGES)

AGE_SQL = (
    "case "
    + " ".join(f"when age_days <= {last} then '{label}'" for label, _, last in AGES if last is not None)
    + f" else '{AGE_LABELS[-1]}' end"
)

NO_PLAN, NO_COUNTRY = "No plan", "No country"

# Name in the address, field of Filters, column of page_findings.
CHOICES = (
    ("type", "leak_types", "leak_title"),
    ("currency", "currencies", "upper(currency)"),
    ("age", "ages", "age"),
    ("plan", "plans", "plan"),
    ("country", "countries", "country"),
)


@dataclass(frozen=True)
class Filters:
    """An empty tuple or text asks for everything. Currencies are in capitals, as people read them."""

    shown: str = ALERTS
    leak_types: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    ages: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    search: str = ""
    sort: str = PRIORITY

    @classmethod
    def of_address(cls, address: Mapping[str, Sequence[str]]) -> "Filters":
        """Filters that an address names; unknown ways to show and to sort fall back to the usual ones."""

        def one(name: str, usual: str) -> str:
            return next(iter(address.get(name, ())), usual)

        shown, sort = one("show", ALERTS), one("sort", PRIORITY)
        return cls(
            shown=shown if shown in SHOWN else ALERTS,
            search=one("q", ""),
            sort=sort if sort in SORTS else PRIORITY,
            **{field: tuple(address.get(name, ())) for name, field, _ in CHOICES},
        )

    def address(self) -> dict[str, str | list[str]]:
        """The same as names and values of an address, the usual ones left out."""
        named: dict[str, str | list[str]] = {}
        if self.shown != ALERTS:
            named["show"] = self.shown
        if self.search.strip():
            named["q"] = self.search.strip()
        if self.sort != PRIORITY:
            named["sort"] = self.sort
        for name, field, _ in CHOICES:
            if getattr(self, field):
                named[name] = list(getattr(self, field))
        return named

    def among(self, options: Mapping[str, Sequence[str]]) -> "Filters":
        """Only what the account has: an address of another day may name what is gone."""
        kept: dict[str, Any] = {
            field: tuple(value for value in getattr(self, field) if value in options[field]) for _, field, _ in CHOICES
        }
        return replace(self, **kept)

    def where(self) -> tuple[str, list[Any]]:
        """A condition over the columns of `page_findings` and its values, in order."""
        conditions, values = ["true"], list[Any]()
        if self.shown != BOTH:
            conditions.append("is_alert" if self.shown == ALERTS else "not is_alert")
        for _, field, column in CHOICES:
            wanted = getattr(self, field)
            if wanted:
                conditions.append(f"list_contains(?, {column})")
                values.append(list(wanted))
        if self.search.strip():
            # contains, not like: % and _ in a search are what they look like.
            conditions.append("contains(searched, lower(?))")
            values.append(self.search.strip())
        return " and ".join(conditions), values

    @property
    def order(self) -> str:
        """The order by clause."""
        return SORTS[self.sort]
