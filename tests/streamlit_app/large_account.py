"""A published file of a large account, made by SQL in seconds: what page times are measured on."""

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from tests.streamlit_app.published_account import AS_OF
from tests.streamlit_app.published_tables import NEWER_TABLES, TABLES

_ROWS = """
insert into customers by name
select 'default' as tenant_id, 'cus_' || md5('c' || i)[:14] as customer_id, 'Customer ' || i as name,
    'billing@' || i || '.example' as email, (array['US', 'DE', 'GB', 'FR', 'JP', 'KW', 'NO'])[1 + i % 7] as country
from range({customers}) t(i);

insert into subscriptions by name
select 'default' as tenant_id, 'sub_' || md5('s' || i)[:14] as subscription_id,
    'cus_' || md5('c' || i)[:14] as customer_id,
    (array['Starter', 'Growth', 'Scale', 'Team seats'])[1 + i % 4] as plan_name, 'active' as status,
    (array['usd', 'eur', 'jpy'])[1 + i % 3] as currency, 2900 + i % 50 as net_monthly_minor,
    timestamp '{as_of}' - to_days(500) as started_at, false as is_cancel_at_period_end
from range({customers}) t(i);

insert into invoices by name
select 'default' as tenant_id, 'in_' || md5('i' || i)[:14] as invoice_id,
    'cus_' || md5('c' || (i % {customers}))[:14] as customer_id,
    'sub_' || md5('s' || (i % {customers}))[:14] as subscription_id, 'N-' || i as number,
    case when i < {findings} then 'open' else 'paid' end as status, (array['usd', 'eur', 'jpy'])[1 + i % 3] as currency,
    2900 + i % 5000 as total_minor, case when i < {findings} then 2900 + i % 5000 else 0 end as amount_remaining_minor,
    0 as refunded_minor, timestamp '{as_of}' - to_days((i % 540)::int) as created_at, created_at as finalized_at,
    case when i >= {findings} then created_at end as paid_at, false as is_paid_out_of_band, false as is_deleted
from range({invoices}) t(i);

insert into payments by name
select 'default' as tenant_id, 'ch_' || md5('p' || i)[:14] as payment_id, 'in_' || md5('i' || i)[:14] as invoice_id,
    'cus_' || md5('c' || (i % {customers}))[:14] as customer_id,
    case when i < {findings} then 'failed' else 'succeeded' end as status, 2900 + i % 5000 as amount_minor,
    (array['usd', 'eur', 'jpy'])[1 + i % 3] as currency, 0 as amount_refunded_minor, false as is_disputed,
    case when i < {findings} then 'insufficient_funds' end as decline_code,
    case when i < {findings} then 'retry_later' end as decline_group, 'visa' as card_brand, '4242' as card_last4,
    timestamp '{as_of}' - to_days((i % 540)::int) as created_at
from range({invoices}) t(i);

insert into leak_findings by name
select 'default' as tenant_id, md5('f' || i) as finding_id, 'unpaid_invoice' as leak_type, 'failed_charges' as family,
    'invoice' as object_type, 'in_' || md5('i' || i)[:14] as object_id,
    'cus_' || md5('c' || (i % {customers}))[:14] as customer_id, (array['usd', 'eur', 'jpy'])[1 + i % 3] as currency,
    2900 + i % 5000 as amount_minor, 0 as recurring_minor, case when i % 5 = 0 then 0.3 else 0.95 end as confidence,
    0.35 as recovery_probability, timestamp '{as_of}' - to_days((i % 400)::int) as first_detectable_at,
    '{evidence}' as evidence, timestamp '{as_of}' as as_of
from range({findings}) t(i);

insert into triage by name
select tenant_id, finding_id, leak_type, family, customer_id, currency, confidence >= 0.5 as is_alert, amount_minor,
    case when is_alert then amount_minor else 0 end as counted_minor, 0 as recurring_minor,
    amount_minor as amount_reporting_minor, counted_minor as counted_reporting_minor, 'usd' as reporting_currency,
    amount_minor // 3 as expected_recovery_minor,
    row_number() over (order by is_alert desc, finding_id)::int as priority,
    datediff('day', first_detectable_at, as_of)::int as age_days
from leak_findings;

insert into recoverable_daily by name
select 'default' as tenant_id, date '{as_of}' - back::int as day, 'unpaid_invoice' as leak_type, currency,
    count(*) filter (age_days >= back) as alerts, sum(counted_minor) filter (age_days >= back) as amount_minor,
    amount_minor as amount_reporting_minor
from triage cross join range(90) d(back) where is_alert group by all;

insert into customer_activity by name
select tenant_id, customer_id, true as has_match, 'stripe_id' as matched_by, timestamp '{as_of}' as last_active_at,
    10 as logins_30d, 2 as active_users_30d, true as is_judged from customers;

insert into fx_rates by name
select 'default' as tenant_id, date '{as_of}' - d::int as rate_date, c as currency, 'usd' as reporting_currency,
    1 as rate, 'seed' as source
from range(500) t(d), unnest(['usd', 'eur', 'jpy']) u(c);

insert into integration by name select 'default' as tenant_id, 'export' as source, 'acct_1Ab' as account_id,
    'live' as mode, timestamp '{as_of}' as as_of;
insert into policy by name select 'default' as tenant_id, 'usd' as reporting_currency;
insert into leak_types by name select 'default' as tenant_id, 'unpaid_invoice' as leak_type,
    'failed_charges' as family, 'Unpaid invoices' as title, 'invoice' as requires, true as is_on;
insert into data_coverage by name select 'default' as tenant_id, r as resource, true as is_on,
    {invoices} as row_count, timestamp '{as_of}' as read_at from unnest(['customer', 'invoice', 'charge']) u(r);
insert into quality_results by name select 'default' as tenant_id, timestamp '{as_of}' as checked_at,
    'invoice' as resource, 'expect_check_' || i as expectation, 'warning' as severity, i <> 3 as is_passed
from range(40) t(i);
"""

_EVIDENCE = {
    "currency": "usd",
    "reasons": ["Every scheduled try has failed and Stripe will not try again on its own."],
    "wrong_if": "A payment arrived outside Stripe.",
}


def publish(home: Path, *, customers: int = 20_000, invoices: int = 850_000, findings: int = 1_500) -> None:
    """Writes published-1.duckdb with as many payments as invoices, and points to it."""
    folder = home / "default"
    folder.mkdir(parents=True)
    sizes = {"customers": customers, "invoices": invoices, "findings": findings}
    with duckdb.connect(str(folder / "published-1.duckdb")) as connection:
        for table, columns in (TABLES | NEWER_TABLES).items():
            connection.execute(f"create table {table} ({columns})")
        connection.execute(_ROWS.format(**sizes, as_of=f"{AS_OF:%Y-%m-%d}", evidence=json.dumps(_EVIDENCE)))
    moment = f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}"
    pointer = {
        "file": "published-1.duckdb",
        "n": 1,
        "as_of": moment,
        "published_at": datetime.now(UTC).isoformat(),
    }
    (folder / "published.json").write_text(json.dumps(pointer), encoding="utf-8")
