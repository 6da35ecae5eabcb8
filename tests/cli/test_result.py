"""What `leaks run` prints is what is published: alerts in the totals, reviews beside them."""

from pathlib import Path

import duckdb

from cli.result import as_json, as_text, read_result


def test_alerts_are_counted_and_reviews_stand_apart(home: Path) -> None:
    text = as_text(read_result(home, None, is_new=True))
    assert "What leaks, as of 2026-10-01T00:00:00Z\n" in text
    assert "Unpaid invoices (unpaid_invoice, USD)" in text
    assert "2 alerts              USD 20.00   about USD 5.01 likely to come back" in text
    assert "1 review               USD 7.00   not in the totals" in text
    assert "JPY 500" in text
    assert "dispute: no permission" in text
    assert "Quarantined objects: 1" in text


def test_a_run_without_news_says_so(home: Path) -> None:
    assert "(nothing new since the last run)" in as_text(read_result(home, None, is_new=False))


def test_json_has_integers_in_minor_units_and_never_sums_currencies(home: Path) -> None:
    result = as_json(read_result(home, None, is_new=True))
    assert result["totals"] == [
        {"currency": "usd", "alerts": 2, "alert_minor": 2000},
        {"currency": "jpy", "alerts": 1, "alert_minor": 500},
    ]
    assert result["findings"][0] == {
        "leak_type": "unpaid_invoice",
        "family": "failed_charges",
        "title": "Unpaid invoices",
        "currency": "usd",
        "alerts": 2,
        "alert_minor": 2000,
        "alert_recurring_minor": 0,
        "expected_recovery_minor": 501,
        "reviews": 1,
        "review_minor": 700,
    }
    assert result["as_of"] == "2026-10-01T00:00:00Z"
    assert result["switched_off"] == [
        {"resource": "dispute", "reason": "no permission", "permission": "rak_dispute_read"}
    ]


def test_the_share_of_logins_that_belong_to_known_customers_is_shown_with_what_to_mind(home: Path) -> None:
    result = read_result(home, None, is_new=True)
    assert "  Product usage:\n    login: 1,200 rows, 96.5% of known customers\n      the login log ends early\n" in (
        as_text(result)
    )
    assert "usage: 0 rows" not in as_text(result)
    assert [row["source"] for row in as_json(result)["product_usage"]] == ["login"]


def test_a_file_published_before_there_were_logs_still_shows(home: Path) -> None:
    with duckdb.connect(str(home / "default" / "published-1.duckdb")) as connection:
        connection.execute("drop table product_usage_coverage")
    assert "Product usage" not in as_text(read_result(home, None, is_new=True))
