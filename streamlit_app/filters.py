"""What the reader asked the findings table for, as SQL conditions with bound values."""

from dataclasses import dataclass
from typing import Any

ALERTS, REVIEWS, BOTH = "Alerts", "Reviews", "Both"
SHOWN = (ALERTS, REVIEWS, BOTH)

PRIORITY, AMOUNT, AGE = "Priority", "Largest amount", "Oldest"
# Amounts of different currencies compare in the reporting currency only; what has no rate comes last.
SORTS = {
    PRIORITY: "is_alert desc, priority, amount_reporting_minor desc nulls last, finding_id",
    AMOUNT: "amount_reporting_minor desc nulls last, counted_minor desc, finding_id",
    AGE: "age_days desc, finding_id",
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

    def where(self) -> tuple[str, list[Any]]:
        """A condition over the columns of `page_findings` and its values, in order."""
        conditions, values = ["true"], list[Any]()
        if self.shown != BOTH:
            conditions.append("is_alert" if self.shown == ALERTS else "not is_alert")
        for column, wanted in (
            ("leak_title", self.leak_types),
            ("upper(currency)", self.currencies),
            ("age", self.ages),
            ("plan", self.plans),
            ("country", self.countries),
        ):
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
        """The order by clause; an unknown sort falls back to priority."""
        return SORTS.get(self.sort, SORTS[PRIORITY])
