"""Totals of the first page: now, on each of the last 90 days, and by what people group them by."""

from revops.warehouse import Published
from streamlit_app.data import Row, has
from streamlit_app.data.findings import SUMS, ask

GROUPS = ("leak_title", "age", "plan", "country")


def totals(published: Published) -> list[Row]:
    """Per currency, largest first in the reporting currency: alerts and reviews, each with its sum."""
    return ask(
        published,
        f"select currency, {SUMS}, sum(counted_reporting_minor) filter (is_alert) as reporting_minor"
        " from page_findings group by currency order by reporting_minor desc nulls last, currency",
    )


def reporting_total(published: Published) -> Row:
    """All alerts in the reporting currency, how many lack a rate (and are not in it), and the dates of the
    rates: for each foreign currency the newest rate that is not later than as_of."""
    return ask(
        published,
        """with
        alerts as (select * from page_findings where is_alert),
        newest as (
            select r.currency, max(r.rate_date) as rate_date
            from fx_rates r
            where r.currency in (select currency from alerts where counted_reporting_minor is not null)
                and r.currency <> r.reporting_currency
                and r.rate_date <= (select max(as_of) from integration)
            group by r.currency
        )
        select
            (select max(reporting_currency) from policy) as currency,
            (select coalesce(sum(counted_reporting_minor), 0)::bigint from alerts) as amount_minor,
            (select count(*) from alerts) as alerts,
            (select count(distinct customer_id) from alerts) as customers,
            (select count(*) from alerts where counted_reporting_minor is null) as without_rate,
            (select min(rate_date) from newest) as oldest_rate,
            (select max(rate_date) from newest) as newest_rate""",
    )[0]


def by(published: Published, column: str) -> list[Row]:
    """Alerts per value of one of `GROUPS` in the reporting currency, largest first; without a rate left out."""
    if column not in GROUPS:
        raise ValueError(f"alerts are grouped by {', '.join(GROUPS)}, not by {column}")
    return ask(
        published,
        f"select {column} as label, max(reporting_currency) as currency, count(*) as alerts,"
        " sum(counted_reporting_minor)::bigint as amount_minor from page_findings"
        f" where is_alert and counted_reporting_minor is not null group by {column} order by amount_minor desc, label",
    )


def top_customers(published: Published, limit: int) -> list[Row]:
    """The customers with the most to recover in the reporting currency, largest first."""
    return ask(
        published,
        "select customer_id, any_value(customer_name) as label, max(reporting_currency) as currency,"
        " count(*) as alerts, sum(counted_reporting_minor)::bigint as amount_minor from page_findings"
        " where is_alert and counted_reporting_minor is not null and customer_id is not null"
        " group by customer_id order by amount_minor desc, customer_id limit ?",
        [limit],
    )


def daily(published: Published, currency: str | None) -> list[Row]:
    """What could be recovered at the end of each of the last 90 days, oldest first: day, alerts, amount_minor.

    In one currency, or with None everything that has a rate in the reporting currency. Empty where nothing
    leaked in those days, and in a file of a version that did not keep it.
    """
    if not has(published, "recoverable_daily"):
        return []
    amount, where = ("amount_reporting_minor", "amount_reporting_minor is not null")
    if currency is not None:
        amount, where = ("amount_minor", "currency = ?")
    return published.query(
        f"select day, sum(alerts)::bigint as alerts, sum({amount})::bigint as amount_minor"
        f" from recoverable_daily where {where} group by day order by day",
        [] if currency is None else [currency],
    )


def daily_currencies(published: Published) -> list[str]:
    """Currencies that had something to recover on any of the last 90 days, largest today first."""
    if not has(published, "recoverable_daily"):
        return []
    rows = published.query(
        "select currency from recoverable_daily group by currency having max(amount_minor) > 0"
        " order by sum(amount_reporting_minor) desc nulls last, currency"
    )
    return [str(row["currency"]) for row in rows]
