"""The findings: each with its customer, plan and triage, filtered, summed and paged.

They are joined once for each publication, into memory: every figure of every page reads that.
"""

from datetime import datetime
from typing import Any
from weakref import WeakSet

import pyarrow as pa

from revops.warehouse import Published
from streamlit_app.data import Row
from streamlit_app.filters import AGE_LABELS, AGE_SQL, NO_COUNTRY, NO_PLAN, Filters

# Of a million invoices only the ids are compared, and the other columns are read of the rows found, which takes a
# third of the time of a plain join.
_JOIN = f"""
with
i as (
    select tenant_id, invoice_id, number, subscription_id from invoices
    where rowid in (
        select invoices.rowid from leak_findings f join invoices on invoices.invoice_id = f.object_id
        where f.object_type = 'invoice'
    )
)
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
left join i
    on i.tenant_id = f.tenant_id and i.invoice_id = case f.object_type when 'invoice' then f.object_id end
left join subscriptions s
    on s.tenant_id = f.tenant_id
    and s.subscription_id = case f.object_type when 'subscription' then f.object_id else i.subscription_id end
"""

# By publication; the two newest, as many as there are files. A publication never changes, so this is no cache
# that could go stale.
_JOINED: dict[tuple[str, datetime], pa.Table] = {}
_KEPT = 2
# Open files that have their `page_findings`.
_READY: WeakSet[Published] = WeakSet()

SUMS = """
    count(*) filter (is_alert) as alerts,
    count(distinct customer_id) filter (is_alert) as customers,
    coalesce(sum(counted_minor) filter (is_alert), 0)::bigint as alert_minor,
    coalesce(sum(expected_recovery_minor) filter (is_alert), 0)::bigint as expected_minor,
    coalesce(sum(recurring_minor) filter (is_alert), 0)::bigint as recurring_minor,
    count(*) filter (not is_alert) as reviews,
    coalesce(sum(amount_minor) filter (not is_alert), 0)::bigint as review_minor
"""


def ask(published: Published, sql: str, values: list[Any] | None = None) -> list[Row]:
    """Rows of a query over `page_findings`, which is made when first asked for."""
    if published not in _READY:
        key = (str(published.path), published.published_at)
        if key not in _JOINED:
            made = published.arrow(_JOIN)
            while len(_JOINED) >= _KEPT:
                _JOINED.pop(next(iter(_JOINED)), None)
            _JOINED[key] = made
        published.add("page_findings", _JOINED[key])
        _READY.add(published)
    return published.query(sql, values)


def options(published: Published) -> dict[str, list[str]]:
    """What the filters offer, by field of Filters: only values that findings have, and every age."""
    row = ask(
        published,
        "select list_sort(list(distinct leak_title)) as leak_types,"
        " list_sort(list(distinct upper(currency))) as currencies,"
        " list_sort(list(distinct plan)) as plans, list_sort(list(distinct country)) as countries from page_findings",
    )[0]
    return {"ages": list(AGE_LABELS), **{name: list(values or []) for name, values in row.items()}}


def matching(published: Published, filters: Filters) -> list[Row]:
    """Per currency the alerts and reviews that pass the filters, each with its sum."""
    where, values = filters.where()
    return ask(
        published,
        f"select currency, {SUMS} from page_findings where {where} group by currency"
        " order by sum(amount_reporting_minor) desc nulls last, currency",
        values,
    )


def findings(published: Published, filters: Filters, *, limit: int | None = None, offset: int = 0) -> list[Row]:
    """The findings that pass the filters, in their order; without a limit all of them."""
    where, values = filters.where()
    page = "" if limit is None else f" limit {int(limit)} offset {int(offset)}"
    return ask(
        published,
        f"select * exclude (searched) from page_findings where {where} order by {filters.order}{page}",
        values,
    )


def finding(published: Published, finding_id: str) -> Row | None:
    """One finding with its evidence, customer, plan and triage, or None if it is not (or no longer) found."""
    rows = ask(
        published,
        "select p.* exclude (searched), f.evidence from page_findings p"
        " join leak_findings f using (tenant_id, finding_id) where p.finding_id = ?",
        [finding_id],
    )
    return rows[0] if rows else None
