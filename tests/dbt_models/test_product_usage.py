"""The product's accounts become Stripe customers by the policy's rules, on a real build."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt_models.staging import AS_OF, Staging
from tests.leaks.warehouse import Version

CREATED = 1_700_000_000


def customer(id: str, **more: Any) -> Version:
    """A customer as it was read a while ago."""
    return Version(
        "customer", {"id": id, "object": "customer", "created": CREATED, **more}, at=AS_OF - timedelta(days=2)
    )


def add_login(staging: Staging, account: str | None, email: str | None = None, *, days_ago: float = 1) -> None:
    """One login."""
    _add(staging, "login", "method", "'password'", account, email, AS_OF - timedelta(days=days_ago))


def add_usage(staging: Staging, account: str | None, *, days_ago: float = 1) -> None:
    """One call of the API."""
    _add(staging, "usage", "metric, quantity", "'api_calls', 1", account, None, AS_OF - timedelta(days=days_ago))


def _add(
    staging: Staging, table: str, names: str, values: str, account: str | None, email: str | None, at: datetime
) -> None:
    fields = [f"'{value}'" if value else "null" for value in (account, email)]
    staging.run(
        f"insert into product.{table} (tenant_id, account_id, user_email, occurred_at, is_zone_assumed, {names}) "
        f"values ('default', {fields[0]}, {fields[1]}, '{at}', false, {values})"
    )


def matches(staging: Staging) -> dict[str, tuple[str | None, str | None, int]]:
    """Customer, rule and candidates of each account."""
    staging.build("+int_product__account_customers", full_refresh=True)
    found = staging.query("select account_key, customer_id, matched_by, candidates from int_product__account_customers")
    return {row["account_key"]: (row["customer_id"], row["matched_by"], row["candidates"]) for row in found}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Staging:
    """Customers and logs of every kind that identity has to tell apart."""
    staging = Staging(tmp_path_factory.mktemp("identity"))
    staging.land(
        [
            customer("cus_stripe", email="pay@stripe-user.example"),
            customer("cus_meta", metadata={"account_id": "acc_meta"}),
            customer("cus_table"),
            customer("cus_mail", email=" Ada@Mail.example "),
            customer("cus_domain", email="billing@domain.example"),
            customer("cus_free", email="someone@gmail.com"),
            customer("cus_twin_1", email="a@twins.example"),
            customer("cus_twin_2", email="b@twins.example"),
            customer("cus_gone", email="ada@gone.example", metadata={"account_id": "acc_gone"}),
        ]
    )
    staging.land(
        [Version("customer", {"id": "cus_gone", "object": "customer", "deleted": True}, at=AS_OF - timedelta(days=1))]
    )
    staging.run("insert into product.account_link values ('default', 'acc_table', 'cus_table', 'accounts.csv')")
    staging.run("insert into product.account_link values ('default', 'acc_void', 'cus_absent', 'accounts.csv')")
    staging.run("update product.rules set is_configured = true")
    for account in ("cus_stripe", "acc_meta", "acc_table", "acc_void", "acc_gone", "cus_of_test_mode"):
        add_login(staging, account)
    add_login(staging, None, "ada@mail.example")
    add_login(staging, None, "bob@domain.example")
    add_login(staging, "acc_mixed", "eve@domain.example")
    add_login(staging, "acc_mixed", "ada@mail.example")
    add_login(staging, None, "other@gmail.com")
    add_login(staging, None, "c@twins.example")
    add_login(staging, None, "ada@gone.example")
    add_login(staging, "cus_stripe", days_ago=61)
    add_usage(staging, "acc_meta", days_ago=70)
    add_usage(staging, "acc_meta", days_ago=-1)
    add_usage(staging, "acc_meta")
    staging.run(
        "insert into product.file_status (tenant_id, origin, kind, quarantined_count) values"
        " ('default', 'a.csv', 'login', 2), ('default', 'b.csv', 'login', 1)"
    )
    return staging


def test_every_rule_finds_its_customers(company: Staging) -> None:
    found = matches(company)
    assert found["cus_stripe"] == ("cus_stripe", "stripe_id", 1)
    assert found["acc_meta"] == ("cus_meta", "metadata", 1)
    assert found["acc_table"] == ("cus_table", "mapping", 1)
    assert found["ada@mail.example"] == ("cus_mail", "email", 1)
    assert found["bob@domain.example"] == ("cus_domain", "domain", 1)


def test_an_account_is_whoever_one_of_its_users_pays_as(company: Staging) -> None:
    assert matches(company)["acc_mixed"] == ("cus_mail", "email", 1)


def test_free_mail_domains_say_nothing_of_a_company(company: Staging) -> None:
    assert matches(company)["other@gmail.com"] == (None, None, 0)


def test_several_customers_of_one_domain_are_none(company: Staging) -> None:
    assert matches(company)["c@twins.example"] == (None, None, 2)


def test_users_of_a_deleted_customer_still_match_by_what_it_was_known_by(company: Staging) -> None:
    found = matches(company)
    assert found["acc_gone"] == ("cus_gone", "metadata", 1)
    assert found["ada@gone.example"] == ("cus_gone", "email", 1)


def test_a_link_to_a_customer_that_is_not_there_is_no_match(company: Staging) -> None:
    found = matches(company)
    assert found["acc_void"] == (None, None, 0)
    assert found["cus_of_test_mode"] == (None, None, 0)


def test_the_policys_order_and_choice_of_rules_count(company: Staging) -> None:
    company.run("update product.rules set identity = 'domain,email'")
    try:
        found = matches(company)
    finally:
        company.run("update product.rules set identity = 'stripe_id,metadata,mapping,email,domain'")
    assert found["cus_stripe"] == (None, None, 0)
    assert found["acc_mixed"] == (None, None, 2), "two domains, and the first rule decides"
    assert found["ada@mail.example"] == ("cus_mail", "domain", 1)


def test_coverage_counts_what_matches_and_names_what_to_mind(company: Staging) -> None:
    company.build("+product_usage_coverage", "+unmatched_accounts", "+customer_activity", full_refresh=True)
    login, usage = company.query("select * from product_usage_coverage order by source")
    assert (login["rows"], login["matched_rows"], login["unmatched_rows"], login["unmatched_accounts"]) == (
        14,
        10,
        4,
        4,
    )
    assert login["matched_share"] == pytest.approx(10 / 14)
    assert (login["accounts"], login["quarantined_count"]) == (12, 3)
    assert "28.6 % of the rows belong to no known customer; the policy warns above 5.0 %" in login["note"]
    assert "1 accounts could be several customers" in login["note"]
    assert (usage["rows"], usage["matched_share"], usage["note"]) == (2, 1.0, None)
    assert usage["customers_without_activity"] == 7
    unmatched = company.query("select account, reason from unmatched_accounts where source = 'login' order by account")
    assert [(row["account"], row["reason"]) for row in unmatched] == [
        ("acc_void", "no customer"),
        ("c@twins.example", "several customers"),
        ("cus_of_test_mode", "no customer"),
        ("other@gmail.com", "no customer"),
    ]


def test_only_matched_customers_are_judged(company: Staging) -> None:
    company.build("+customer_activity", full_refresh=True)
    found = {row["customer_id"]: row for row in company.query("select * from customer_activity")}
    assert {id for id, row in found.items() if not row["is_judged"]} == {"cus_free", "cus_twin_1", "cus_twin_2"}
    assert found["cus_free"]["reason_not_judged"] == "no account in the logs is known to be this customer"
    assert found["cus_stripe"]["logins_60d"] == 1
    assert found["cus_meta"]["last_usage_at"] == AS_OF - timedelta(days=1), "what is later than as_of is not seen"


def test_without_logs_what_needs_them_is_off_and_says_why(tmp_path: Any) -> None:
    staging = Staging(tmp_path)
    staging.land([customer("cus_1")])
    staging.build("+product_usage_coverage", "+customer_activity", full_refresh=True)
    found = staging.query('select source, "rows", matched_share, note from product_usage_coverage order by source')
    assert found == [
        {"source": kind, "rows": 0, "matched_share": None, "note": "LEAKS_PRODUCT_USAGE names no log"}
        for kind in ("login", "usage")
    ]
    (activity,) = staging.query("select is_judged, reason_not_judged from customer_activity")
    assert activity == {
        "is_judged": False,
        "reason_not_judged": "no log of the product was read: set LEAKS_PRODUCT_USAGE",
    }
