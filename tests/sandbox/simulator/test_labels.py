"""Labels say what was injected: about objects that exist, with amounts that the injected story explains."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from sandbox.simulator.deck import CARDS
from tests.sandbox.simulator.written import ANCHOR, Payload, Written

_LEAK_TYPES = {
    "unpaid_invoice", "phantom_retry", "stale_payment_method", "authentication_unfinished",
    "discount_stacking", "promo_farming", "discount_past_intended_end",
    "trial_overlong", "trial_pushed", "paused_after_trial",
    "paying_inactive", "downgrade_then_silent",
    "seats_over_quantity", "usage_over_quota", "usage_billed_short", "usage_after_cancellation",
    "legacy_price",
    "draft_never_finalised", "pending_items_stale", "period_without_invoice", "cancelled_with_open_invoices",
    "pause_forgotten",
}  # fmt: skip


def _leaks(company: Written, leak_type: str) -> list[Payload]:
    return [one for one in company.labels if one["kind"] == "leak" and one["leak_type"] == leak_type]


def test_labels_name_objects_and_customers_that_exist(company: Written) -> None:
    for label in company.labels:
        assert label["object"] in company.by_id
        assert company.by_id[label["customer"]]["object"] == "customer"
        assert label["kind"] in ("leak", "pending", "look_alike")
        assert (label["kind"] == "leak") == (label["first_detectable_at"] is not None)
        if label["kind"] == "leak":
            assert label["first_detectable_at"] <= ANCHOR
            assert label["amount"] is not None or label["recurring"] is not None


def test_a_hundred_customers_have_every_leak_type(company: Written) -> None:
    first = {one["id"] for one in company.objects["customer"][:100]}
    found = {one["leak_type"] for one in company.labels if one["kind"] == "leak" and one["customer"] in first}
    assert found == _LEAK_TYPES


def test_two_hundred_customers_have_a_look_alike_of_nearly_every_leak_type(large: Path) -> None:
    labels = Written(large).labels
    found = {one["leak_type"] for one in labels if one["kind"] == "look_alike"}
    assert found >= {
        "unpaid_invoice", "promo_farming", "discount_past_intended_end", "trial_overlong", "trial_pushed",
        "paused_after_trial", "paying_inactive", "downgrade_then_silent", "seats_over_quantity", "usage_over_quota",
        "usage_billed_short", "legacy_price", "pending_items_stale", "pause_forgotten",
    }  # fmt: skip


def test_an_unpaid_invoice_is_labelled_with_what_remains(company: Written) -> None:
    labels = [one for one in company.labels if one["leak_type"] == "unpaid_invoice"]
    owed = {one["object"]: one["amount"] for one in labels if one["kind"] in ("leak", "pending")}
    for invoice_id, amount in owed.items():
        assert company.by_id[invoice_id]["amount_remaining"] == amount > 0
    live = [one for one in company.objects["invoice"] if one["livemode"]]
    still_open = {one["id"] for one in live if one["status"] in ("open", "uncollectible") and one["amount_remaining"]}
    known = {one["object"] for one in labels}
    assert owed.keys() <= still_open <= known


def test_a_failure_that_stripe_still_retries_is_pending(company: Written) -> None:
    pending = [one for one in company.labels if one["kind"] == "pending" and one["leak_type"] == "unpaid_invoice"]
    assert pending
    for label in pending:
        assert company.by_id[label["object"]]["next_payment_attempt"] > ANCHOR


def test_stacking_is_worth_what_went_beyond_the_largest_discount(company: Written) -> None:
    for label in _leaks(company, "discount_stacking"):
        beyond = 0
        for invoice in company.objects["invoice"]:
            details = (invoice["parent"] or {}).get("subscription_details") or {}
            given = [one["amount"] for one in invoice["total_discount_amounts"]]
            if details.get("subscription") == label["object"] and len(given) > 1:
                beyond += sum(given) - max(given)
        assert label["amount"] == beyond > 0


def test_seats_and_users_differ_by_what_the_label_says(company: Written) -> None:
    users: dict[str, set[str]] = defaultdict(set)
    for login in company.rows("login"):
        if login["ts"] > ANCHOR - 30 * 86_400:
            users[login["customer"]].add(login["user_id"])
    found = _leaks(company, "seats_over_quantity")
    assert found
    for label in found:
        item = company.by_id[label["object"]]["items"]["data"][0]
        excess = len(users[label["customer"]]) - item["quantity"]
        assert label["recurring"] == excess * item["price"]["unit_amount"] > 0


def test_those_who_are_quiet_did_nothing_and_pay(company: Written) -> None:
    last: dict[str, int] = defaultdict(int)
    for name in ("login", "usage"):
        for row in company.rows(name):
            last[row["customer"]] = max(last[row["customer"]], row["ts"])
    for label in _leaks(company, "paying_inactive"):
        assert company.by_id[label["object"]]["status"] == "active"
        assert last[label["customer"]] + 60 * 86_400 == label["first_detectable_at"]


def test_short_billing_is_the_difference_between_log_and_invoice(company: Written) -> None:
    for label in _leaks(company, "usage_billed_short"):
        used = sum(one["quantity"] for one in company.rows("usage") if one["customer"] == label["customer"])
        billed = sum(
            line["quantity"]
            for invoice in company.objects["invoice"]
            if invoice["customer"] == label["customer"]
            for line in invoice["lines"]["data"]
            if line["description"].endswith("API calls")
        )
        assert label["amount"] > 0
        assert billed < used


def test_a_promotion_is_farmed_with_a_card_or_a_domain_that_somebody_had_before(large: Path) -> None:
    company = Written(large)
    cards: dict[str, list[Payload]] = defaultdict(list)
    for method in company.objects["payment_method"]:
        cards[method["card"]["fingerprint"]].append(method)
    for label in _leaks(company, "promo_farming"):
        email = company.by_id[label["customer"]]["email"]
        domain = email.split("@")[1]
        earlier = [
            one["created"]
            for one in company.objects["customer"]
            if not one.get("deleted") and one["email"].endswith(f"@{domain}") and one["id"] != label["customer"]
        ]
        [own] = [one for one in company.objects["payment_method"] if one["customer"] == label["customer"]]
        shared = [one["created"] for one in cards[own["card"]["fingerprint"]] if one["id"] != own["id"]]
        assert min([*earlier, *shared]) < company.by_id[label["customer"]]["created"]


def test_the_policy_is_the_companys_own_word(company: Written) -> None:
    policy = (company.folder / "policy.yml").read_text()
    assert "standard_trial_days: 14" in policy
    description = json.loads((company.folder / "company.json").read_text())
    assert description["customers"] == len(company.objects["customer"]) == 150
    assert description["counts"]["event"] == len(company.events)


def test_every_story_of_the_deck_is_rare_enough_for_a_real_company() -> None:
    assert sum(card.share for card in CARDS) < 35
