"""What the pages ask the published warehouse, one function per question.

A page opens `Published` once and asks everything of that one file: figures of two publications never meet
on one page. Nothing is cached between page runs. Money comes as integers of minor units with its currency;
sums of alerts are of `counted_minor`, in which each unit of money counts once; reviews count nowhere and are
summed by what each says alone. Alerts and reviews, and one-time and recurring amounts, are never added.
"""

from typing import Any

from revops.warehouse import Published
from streamlit_app.filters import AGE_SQL, NO_COUNTRY, NO_PLAN, Filters

Row = dict[str, Any]


# Joined once for each open file, into that connection's memory: every figure of a page reads it.
_JOIN = f"""
create temp table if not exists page_findings as
select
    f.* exclude (evidence), t.is_alert, t.counted_minor, t.amount_reporting_minor, t.counted_reporting_minor,
    t.reporting_currency, t.expected_recovery_minor, t.priority, t.age_days,
    coalesce(nullif(k.title, ''), f.leak_type) as leak_title,
    coalesce(c.name, c.email, f.customer_id) as customer_name, c.email as customer_email,
    coalesce(nullif(c.country, ''), '{NO_COUNTRY}') as country,
    coalesce(nullif(s.plan_name, ''), '{NO_PLAN}') as plan,
    i.invoice_id, coalesce(i.number, f.object_id) as object_name,
    {AGE_SQL} as age,
    lower(concat_ws(' ', c.name, c.email, f.customer_id, f.object_id, i.number)) as searched
from leak_findings f
join triage t using (tenant_id, finding_id)
left join leak_types k on k.tenant_id = f.tenant_id and k.leak_type = f.leak_type
left join customers c on c.tenant_id = f.tenant_id and c.customer_id = f.customer_id
-- Conditions on f alone stand inside the equality: outside it DuckDB compares every pair of rows.
left join invoices i
    on i.tenant_id = f.tenant_id and i.invoice_id = case f.object_type when 'invoice' then f.object_id end
left join subscriptions s
    on s.tenant_id = f.tenant_id
    and s.subscription_id = case f.object_type when 'subscription' then f.object_id else i.subscription_id end
"""

_SUMS = """
    count(*) filter (is_alert) as alerts,
    count(distinct customer_id) filter (is_alert) as customers,
    coalesce(sum(counted_minor) filter (is_alert), 0)::bigint as alert_minor,
    coalesce(sum(expected_recovery_minor) filter (is_alert), 0)::bigint as expected_minor,
    coalesce(sum(recurring_minor) filter (is_alert), 0)::bigint as recurring_minor,
    count(*) filter (not is_alert) as reviews,
    coalesce(sum(amount_minor) filter (not is_alert), 0)::bigint as review_minor
"""


def _ask(published: Published, sql: str, values: list[Any] | None = None) -> list[Row]:
    """Rows of a query over `page_findings`, which is made when first asked for."""
    published.query(_JOIN)
    return published.query(sql, values)


def integration(published: Published) -> Row | None:
    """Where the data comes from: source, account_id, mode, since, as_of."""
    rows = published.query("select * from integration limit 1")
    return rows[0] if rows else None


def totals(published: Published) -> list[Row]:
    """Per currency, largest first in the reporting currency: alerts and reviews, each with its sum."""
    return _ask(
        published,
        f"select currency, {_SUMS}, sum(counted_reporting_minor) filter (is_alert) as reporting_minor"
        " from page_findings group by currency order by reporting_minor desc nulls last, currency",
    )


def reporting_total(published: Published) -> Row:
    """All alerts in the reporting currency, how many lack a rate (and are not in it), and the dates of the
    rates: for each foreign currency the newest rate that is not later than as_of."""
    return _ask(
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
    """Alerts per `leak_title` or `age` in the reporting currency; those without a rate are left out."""
    if column not in ("leak_title", "age"):
        raise ValueError(f"alerts are grouped by leak_title or age, not by {column}")
    return _ask(
        published,
        f"select {column} as label, max(reporting_currency) as currency, count(*) as alerts,"
        " sum(counted_reporting_minor)::bigint as amount_minor from page_findings"
        f" where is_alert and counted_reporting_minor is not null group by {column} order by amount_minor desc",
    )


def options(published: Published) -> dict[str, list[str]]:
    """What the filters offer: only values that findings have."""
    row = _ask(
        published,
        "select list_sort(list(distinct leak_title)) as leak_types,"
        " list_sort(list(distinct upper(currency))) as currencies,"
        " list_sort(list(distinct plan)) as plans, list_sort(list(distinct country)) as countries from page_findings",
    )[0]
    return {name: list(values or []) for name, values in row.items()}


def matching(published: Published, filters: Filters) -> list[Row]:
    """The same sums as `totals`, of the findings that pass the filters."""
    where, values = filters.where()
    return _ask(
        published,
        f"select currency, {_SUMS} from page_findings where {where} group by currency"
        " order by sum(amount_reporting_minor) desc nulls last, currency",
        values,
    )


def findings(published: Published, filters: Filters, *, limit: int | None = None, offset: int = 0) -> list[Row]:
    """The findings that pass the filters, in their order; without a limit all of them."""
    where, values = filters.where()
    page = "" if limit is None else f" limit {int(limit)} offset {int(offset)}"
    return _ask(
        published,
        f"select * exclude (searched) from page_findings where {where} order by {filters.order}{page}",
        values,
    )


def finding(published: Published, finding_id: str) -> Row | None:
    """One finding with its evidence, customer, plan and triage, or None if it is not (or no longer) found."""
    rows = _ask(
        published,
        "select p.* exclude (searched), f.evidence from page_findings p"
        " join leak_findings f using (tenant_id, finding_id) where p.finding_id = ?",
        [finding_id],
    )
    return rows[0] if rows else None


def attempts(published: Published, invoice_id: str) -> list[Row]:
    """Every charge for an invoice, oldest first."""
    return published.query(
        "select payment_id, created_at, status, amount_minor, currency,"
        " decline_code, decline_group, card_brand, card_last4"
        " from payments where invoice_id = ? order by created_at, payment_id",
        [invoice_id],
    )


def resources(published: Published) -> list[Row]:
    """What was read of the account, one row per kind of object; switched-off ones first."""
    return published.query("select * from data_coverage order by is_on, resource")


def leak_types(published: Published) -> list[Row]:
    """Every leak type with whether it could be checked and if not, why; those that are off first."""
    return published.query("select * from leak_types order by is_on, title")


def checked(published: Published) -> Row:
    """How much was looked at: the numbers of customers, subscriptions, invoices and payments."""
    return published.query(
        "select (select count(*) from customers) as customers,"
        " (select count(*) from subscriptions) as subscriptions,"
        " (select count(*) from invoices) as invoices, (select count(*) from payments) as payments"
    )[0]


def quarantined(published: Published) -> list[Row]:
    """Objects that could not be read, counted by kind of object and reason; one that failed twice counts once."""
    return published.query(
        "select resource, reason, count(distinct coalesce(id, raw_text)) as objects from quarantined"
        " group by resource, reason order by objects desc, resource, reason"
    )
