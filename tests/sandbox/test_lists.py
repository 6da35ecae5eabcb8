"""List endpoints behave like Stripe's: order, cursors, windows, filters, refusals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stripe import InvalidRequestError, StripeClient

from sandbox.stripe import Running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.sandbox.clients import LIVE, client_for, invoice_of, invoices

_DAY = 86_400
_HEADERS = {"Authorization": f"Bearer {LIVE}"}


def _live_ids(sandbox: Running, name: str) -> list[str]:
    return [one["id"] for one in sandbox.stand_in.account().store.all(name) if one.get("livemode") is not False]


def test_a_list_is_newest_first_and_ten_long_by_default(client: StripeClient) -> None:
    page = client.v1.invoices.list()
    created = [invoice.created for invoice in page.data]
    assert len(created) == 10
    assert created == sorted(created, reverse=True)
    assert page.has_more
    assert page.url == "/v1/invoices"


def test_auto_paging_visits_every_object_once(client: StripeClient, sandbox: Running) -> None:
    seen = [charge.id for charge in client.v1.charges.list({"limit": 100}).auto_paging_iter()]
    assert seen == _live_ids(sandbox, "charge")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(limit=st.integers(20, 100), days=st.integers(1, 400), backwards=st.booleans())
def test_pages_of_any_size_in_either_direction_cover_a_window_once(
    sandbox: Running, limit: int, days: int, backwards: bool
) -> None:
    since = sandbox.clock.now() - days * _DAY
    wanted = [one["id"] for one in invoices(sandbox, livemode=True) if one["created"] >= since]
    seen = wanted[-1:] if backwards else []
    while wanted:
        cursor = {"ending_before" if backwards else "starting_after": seen[0 if backwards else -1]} if seen else {}
        page = httpx.get(
            f"{sandbox.url}/v1/invoices",
            params={"limit": limit, "created[gte]": since, **cursor},
            headers=_HEADERS,
        ).json()
        ids = [invoice["id"] for invoice in page["data"]]
        seen = ids + seen if backwards else seen + ids
        if not page["has_more"]:
            break
    assert seen == wanted


def test_created_bounds_are_exact(client: StripeClient, sandbox: Running) -> None:
    at = invoices(sandbox, livemode=True)[5]["created"]

    def created(**window: int) -> list[int]:
        return [one.created for one in client.v1.invoices.list({"created": window, "limit": 100}).data]

    assert at in created(gte=at, lte=at)
    assert at not in created(gt=at)
    assert at not in created(lt=at)
    assert {one.created for one in client.v1.invoices.list({"created": at}).data} == {at}


@pytest.mark.parametrize("limit", [0, 101])
def test_a_limit_outside_1_to_100_is_refused(client: StripeClient, limit: int) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.v1.invoices.list({"limit": limit})
    assert caught.value.http_status == 400
    assert caught.value.param == "limit"


def test_an_unknown_parameter_is_refused_by_name(sandbox: Running) -> None:
    answer = httpx.get(f"{sandbox.url}/v1/invoices?colour=red", headers=_HEADERS)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "parameter_unknown"
    assert error["param"] == "colour"
    assert error["message"] == "Received unknown parameter: colour"


def test_an_unknown_bound_of_a_window_is_refused(sandbox: Running) -> None:
    answer = httpx.get(f"{sandbox.url}/v1/invoices?created[since]=1", headers=_HEADERS)
    assert answer.json()["error"]["param"] == "created[since]"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("status=overdue", None),
        ("limit=ten", "parameter_invalid_integer"),
        ("created[gte]=now", "parameter_invalid_integer"),
        ("customer=", "parameter_invalid_empty"),
        ("starting_after=in_nowhere", "resource_missing"),
        ("customer=cus_nowhere", "resource_missing"),
    ],
)
def test_a_value_that_cannot_be_is_refused(sandbox: Running, query: str, code: str | None) -> None:
    answer = httpx.get(f"{sandbox.url}/v1/invoices?{query}", headers=_HEADERS)
    assert answer.status_code == 400
    assert answer.json()["error"].get("code") == code


def test_both_cursors_at_once_are_refused(client: StripeClient, sandbox: Running) -> None:
    one = invoices(sandbox)[0]["id"]
    with pytest.raises(InvalidRequestError, match="only specify one of these"):
        client.v1.invoices.list({"starting_after": one, "ending_before": one})


def test_a_cursor_works_even_where_the_filter_leaves_it_out(client: StripeClient, sandbox: Running) -> None:
    paid = invoices(sandbox, status="paid", livemode=True)[3]
    page = client.v1.invoices.list({"status": "open", "starting_after": paid["id"], "limit": 100})
    assert page.data
    assert all(invoice.created <= paid["created"] for invoice in page.data)


def test_subscriptions_leave_out_cancelled_ones_unless_asked(client: StripeClient, sandbox: Running) -> None:
    default = {one.status for one in client.v1.subscriptions.list({"limit": 100}).data}
    everything = list(client.v1.subscriptions.list({"status": "all", "limit": 100}).auto_paging_iter())
    ended = {one.status for one in client.v1.subscriptions.list({"status": "ended"}).data}
    assert "canceled" not in default
    assert {one.id for one in everything} == set(_live_ids(sandbox, "subscription"))
    assert ended == {"canceled", "incomplete_expired"}


def test_filters_select_by_customer_status_invoice_and_type(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    own = client.v1.invoices.list({"customer": invoice["customer"], "status": "open"}).data
    assert [one.id for one in own] == [invoice["id"]]
    [payment] = client.v1.invoice_payments.list({"invoice": invoice["id"]}).data
    intent = payment.payment.payment_intent
    assert isinstance(intent, str)
    charges = client.v1.charges.list({"payment_intent": intent, "limit": 100}).data
    assert {charge.status for charge in charges} == {"failed"}
    assert {one.type for one in client.v1.balance_transactions.list({"type": "refund"}).data} == {"refund"}


def test_other_filters_select_by_what_they_name(client: StripeClient) -> None:
    assert {price.active for price in client.v1.prices.list({"active": False}).data} == {False}
    assert {price.currency for price in client.v1.prices.list({"currency": "jpy", "limit": 100}).data} == {"jpy"}
    yearly = client.v1.prices.list({"recurring": {"interval": "year"}, "limit": 100}).data
    assert {price.recurring.interval for price in yearly if price.recurring} == {"year"}
    assert {one.invoice for one in client.v1.invoice_items.list({"pending": True}).data} == {None}
    assert all(one.invoice for one in client.v1.invoice_items.list({"pending": False}).data)
    [code] = client.v1.promotion_codes.list({"code": "LAUNCH40"}).data
    assert [one.id for one in client.v1.promotion_codes.list({"coupon": str(code.promotion.coupon)}).data] == [code.id]
    products = [product.id for product in client.v1.products.list({"limit": 2}).data]
    assert {one.id for one in client.v1.products.list({"ids": products}).data} == set(products)


def test_payment_methods_are_listed_by_customer_in_both_places(client: StripeClient, sandbox: Running) -> None:
    customer = invoice_of(sandbox, "stale card")["customer"]
    direct = [one.id for one in client.v1.payment_methods.list({"customer": customer, "type": "card"}).data]
    nested = [one.id for one in client.v1.customers.payment_methods.list(customer, {"limit": 100}).data]
    assert len(direct) == 2
    assert direct == nested


def test_events_older_than_thirty_days_are_gone(client: StripeClient, sandbox: Running) -> None:
    old = {
        **next(sandbox.stand_in.account().store.all("event")),
        "id": "evt_old",
        "created": sandbox.clock.now() - 31 * _DAY,
    }
    sandbox.upsert(old)
    ids = [event.id for event in client.v1.events.list({"limit": 100}).auto_paging_iter()]
    assert ids
    assert "evt_old" not in ids
    with pytest.raises(InvalidRequestError) as caught:
        client.v1.events.retrieve("evt_old")
    assert caught.value.http_status == 404


def test_events_of_the_future_are_not_there_yet(stripe_sandbox: OpenSandbox, company_folder: Any) -> None:
    earlier = stripe_sandbox(company_folder, as_of=COMPANY_NOW.replace(day=1, month=9))
    newest = client_for(earlier).v1.events.list({"limit": 1}).data
    assert not newest or newest[0].created <= earlier.clock.now()


def test_events_are_chosen_by_type_and_pattern(client: StripeClient) -> None:
    failed = client.v1.events.list({"type": "charge.failed", "limit": 100}).data
    either = client.v1.events.list({"types": ["charge.failed", "customer.deleted"], "limit": 100}).data
    invoice = client.v1.events.list({"type": "invoice.*", "limit": 100}).data
    assert {event.type for event in failed} == {"charge.failed"}
    assert {event.type for event in either} == {"charge.failed", "customer.deleted"}
    assert {event.type.split(".")[0] for event in invoice} == {"invoice"}


def test_lists_inside_an_object_are_cut_to_ten_and_complete_at_their_endpoint(
    client: StripeClient, sandbox: Running
) -> None:
    invoice = invoice_of(sandbox, "pays")
    line = invoice["lines"]["data"][0]
    lines = [{**line, "id": f"il_{number:02d}"} for number in range(27)]
    sandbox.upsert({**invoice, "lines": {**invoice["lines"], "data": lines}})
    shown = client.v1.invoices.retrieve(invoice["id"]).lines
    assert len(shown.data) == 10
    assert shown.has_more
    every = client.v1.invoices.line_items.list(invoice["id"], {"limit": 10}).auto_paging_iter()
    assert [one.id for one in every] == [one["id"] for one in lines]


def test_subscription_items_are_listed_and_retrieved(client: StripeClient, sandbox: Running) -> None:
    subscription = next(
        one for one in sandbox.stand_in.account().store.all("subscription") if len(one["items"]["data"]) == 2
    )
    items = client.v1.subscription_items.list({"subscription": subscription["id"]}).data
    assert [item.id for item in items] == [item["id"] for item in subscription["items"]["data"]]
    assert client.v1.subscription_items.retrieve(items[1].id).id == items[1].id


def test_meter_summaries_belong_to_a_customer_and_a_window(client: StripeClient, sandbox: Running) -> None:
    meter = client.v1.billing.meters.list({"status": "active"}).data[0]
    customer = invoice_of(sandbox, "metered")["customer"]
    end = sandbox.clock.now() // _DAY * _DAY
    window = {"customer": customer, "start_time": end - 60 * _DAY, "end_time": end}
    days = {**window, "value_grouping_window": "day", "limit": 100}
    by_day = client.v1.billing.meters.event_summaries.list(meter.id, days).data
    [total] = client.v1.billing.meters.event_summaries.list(meter.id, window).data
    assert len(by_day) > 1
    assert total.aggregated_value == sum(one.aggregated_value for one in by_day)


def test_a_deleted_coupon_is_no_more(client: StripeClient, sandbox: Running) -> None:
    coupon = next(sandbox.stand_in.account().store.all("coupon"))
    sandbox.upsert({**coupon, "deleted": True})
    with pytest.raises(InvalidRequestError, match="No such coupon") as refused:
        client.v1.coupons.retrieve(coupon["id"])
    assert refused.value.http_status == 404
    assert coupon["id"] not in [one.id for one in client.v1.coupons.list({"limit": 100}).auto_paging_iter()]


def test_a_deleted_customer_is_a_stub_and_in_no_list(client: StripeClient, sandbox: Running) -> None:
    records = sandbox.stand_in.account().store.tables["customer"].by_id.values()
    deleted = next(record.id for record in records if record.is_deleted)
    stub = client.v1.customers.retrieve(deleted).to_dict()
    assert stub == {"id": deleted, "object": "customer", "deleted": True}
    assert deleted not in [one.id for one in client.v1.customers.list({"limit": 100}).auto_paging_iter()]


def test_every_answer_names_its_request_and_the_sandboxs_time(sandbox: Running) -> None:
    first, second = (httpx.get(f"{sandbox.url}/v1/customers", headers=_HEADERS) for _ in range(2))
    assert first.headers["Request-Id"].startswith("req_")
    assert first.headers["Request-Id"] != second.headers["Request-Id"]
    assert first.headers["Date"] == "Thu, 01 Oct 2026 12:00:00 GMT"
    assert first.headers.get_list("Date") == [first.headers["Date"]]
    assert "server" not in first.headers


def test_the_api_version_asked_for_is_echoed(sandbox: Running) -> None:
    asked = httpx.get(f"{sandbox.url}/v1/customers", headers={**_HEADERS, "Stripe-Version": "2025-08-27.basil"})
    default = httpx.get(f"{sandbox.url}/v1/customers", headers=_HEADERS)
    assert asked.headers["Stripe-Version"] == "2025-08-27.basil"
    assert default.headers["Stripe-Version"] == "2026-05-27.dahlia"


def test_a_url_that_stripe_does_not_have_is_404(sandbox: Running) -> None:
    answer = httpx.get(f"{sandbox.url}/v1/leaks", headers=_HEADERS)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith("Unrecognized request URL (GET: /v1/leaks)")
