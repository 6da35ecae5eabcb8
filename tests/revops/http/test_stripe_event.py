"""The envelope of every kind of event is read, and what no later step could hold is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.http.stripe_event import EventRefusedError, StripeEvent, read_event
from tests.revops.http.deliveries import CREATED, body_of, event

AT = datetime.fromtimestamp(CREATED, UTC)
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def refused(body: bytes) -> str:
    with pytest.raises(EventRefusedError) as caught:
        read_event(body)
    return caught.value.problem


def test_a_snapshot_event_is_filed_by_its_object() -> None:
    assert read_event(body_of(event(7))) == StripeEvent("evt_7", "invoice.payment_failed", "live", AT, "in_7", None)


def test_test_mode_is_kept_apart() -> None:
    assert read_event(body_of(event(livemode=False))).mode == "test"


def test_an_upcoming_invoice_has_no_id() -> None:
    assert read_event(body_of(event(data={"object": {"object": "invoice"}}))).object_id is None


def test_an_event_of_a_connected_account_names_it() -> None:
    assert read_event(body_of(event(account="acct_1"))).account_id == "acct_1"


def test_a_thin_event_names_its_object_and_its_account_elsewhere() -> None:
    thin = {
        "id": "evt_test_65R",
        "object": "v2.core.event",
        "type": "v1.billing.meter.error_report_triggered",
        "created": "2026-09-30T20:00:00.120Z",
        "livemode": False,
        "context": "acct_platform/acct_2",
        "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"},
    }
    read = read_event(body_of(thin))
    assert (read.object_id, read.account_id, read.mode) == ("mtr_1", "acct_2", "test")
    assert read.created_at == datetime(2026, 9, 30, 20, 0, 0, 120_000, tzinfo=UTC)


def test_an_event_type_that_nobody_knows_is_read() -> None:
    assert read_event(body_of(event(type="invoice.teleported"))).event_type == "invoice.teleported"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"id": NaN}',
        b'{"id": "\\ud800"}',
        b'{"id": "\xed\xa0\x80"}',
        b"[" * 2000 + b"]" * 2000,
        b'{"id": 1e999}',
        b"{} {}",
    ],
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert refused(body) == "not_json"


@pytest.mark.parametrize("whole", [[], "evt_1", 1, None, True, [event()]])
def test_an_event_is_an_object(whole: Any) -> None:
    assert refused(body_of(whole)) == "no_event"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": ""},
        {"id": 5},
        {"id": "e" * 256},
        {"id": "evt 1"},
        {"id": "evt_\n"},
        {"id": "évt"},
        {"type": None},
        {"type": {}},
        {"livemode": None},
        {"livemode": "true"},
        {"livemode": 1},
        {"created": None},
        {"created": True},
        {"created": 1.5},
        {"created": "yesterday"},
        {"created": "2026-09-30T20:00:00"},
        {"created": "0001-01-01T00:00:00+23:59"},
        {"created": "9999-12-31T23:59:59-23:59"},
    ],
)
def test_an_event_without_what_files_it_is_refused(changes: dict[str, Any]) -> None:
    assert refused(body_of(event(**changes))) == "no_event"


@pytest.mark.parametrize("created", [-1, 2**33 + 1, 2**63 - 1, -(2**63)])
def test_a_time_outside_the_calendar_of_stripe_is_refused(created: int) -> None:
    assert refused(body_of(event(created=created))) == "number_out_of_range"


@pytest.mark.parametrize("digits", [str(2**63), str(-(2**63) - 1), str(2**64), "-" + "9" * 30, "1" + "0" * 300])
@pytest.mark.parametrize("where", [{"amount": "HERE"}, {"deep": [[{"a": "HERE"}]]}, ["HERE", 2], "HERE"])
def test_an_integer_beyond_64_bits_is_refused_wherever_it_stands(where: Any, digits: str) -> None:
    body = body_of(event(data={"object": where})).replace(b'"HERE"', digits.encode())
    assert refused(body) == "number_out_of_range"


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 10**18])
def test_the_largest_integers_are_kept(number: int) -> None:
    assert read_event(body_of(event(data={"object": {"id": "in_1", "amount": number}}))).object_id == "in_1"


def test_long_numbers_inside_text_are_text() -> None:
    reference = "7" * 23
    assert read_event(body_of(event(data={"object": {"id": "re_1", "reference": reference}}))).object_id == "re_1"


@pytest.mark.parametrize("place", ["id", "value", "key"])
def test_a_nul_is_refused_wherever_it_stands(place: str) -> None:
    holder = {"id": {"id": "in_\0"}, "value": {"a": ["x\0y"]}, "key": {"a\0": 1}}[place]
    assert refused(json.dumps(event(data={"object": holder})).encode()) == "nul"


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert read_event(body_of(event(data={"object": {"id": "in_1", "note": "\\u0000"}}))).object_id == "in_1"


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert refused(body) in ("not_json", "no_event")


@given(JSON_VALUES)
def test_no_json_breaks_the_reader(value: Any) -> None:
    refused(json.dumps(value).encode())


@given(
    st.dictionaries(st.sampled_from(["id", "type", "created", "livemode", "account", "context", "data"]), JSON_VALUES)
)
def test_no_event_with_strange_parts_breaks_the_reader(changes: dict[str, Any]) -> None:
    body = json.dumps({**event(), **changes}).encode()
    try:
        read = read_event(body)
    except EventRefusedError:
        return
    assert 0 < len(read.event_id) <= 255
    assert "\0" not in f"{read.event_id}{read.event_type}{read.object_id}{read.account_id}"
    assert read.created_at.tzinfo is UTC
