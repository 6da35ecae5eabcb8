"""What an erasure leaves of a Stripe object: ids and figures, and nothing that names its person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.erasure.erased import Erased, Erasure
from ingestion.erasure.in_force import in_force
from ingestion.erasure.pseudonyms import Pseudonyms, digest, is_erased
from ingestion.erasure.washing import MARK, is_telling_key, kinds, wash
from ingestion.stripe.objects import split_event, version

SALT = "0123"
AT = datetime(2026, 10, 1, tzinfo=UTC).replace(tzinfo=None)
HIDDEN = Pseudonyms(SALT, {digest("roe.example", SALT)})
PERSON = {
    "id": "cus_1",
    "object": "customer",
    "email": "Jane@roe.example",
    "name": "Jane Roe",
    "phone": "+1 555 0100",
    "address": {"line1": "1 Market Square", "city": "Lyon", "country": "FR"},
    "created": 1_700_000_000,
    "currency": "eur",
    "metadata": {"contact_name": "J. R.", "account_id": "a-17", "note": "ask Jane Roe", "owner": "jane@roe.example"},
}


def erased(*emails: str, customer: str = "cus_1", objects: tuple[str, ...] = ()) -> Erased:
    return Erased([Erasure(customer, SALT, (), tuple(digest(e, SALT) for e in emails), (), AT)], objects)


def test_a_customer_keeps_ids_figures_and_country() -> None:
    left = wash(PERSON, HIDDEN).value
    pseudonym = HIDDEN.of("jane@roe.example")
    assert left == {
        "id": "cus_1",
        "object": "customer",
        "email": pseudonym,
        "name": MARK,
        "phone": None,
        "address": {"line1": None, "city": None, "country": "FR"},
        "created": 1_700_000_000,
        "currency": "eur",
        "metadata": {"contact_name": MARK, "account_id": "a-17", "note": f"ask {MARK}", "owner": pseudonym},
    }


def test_what_was_taken_out_is_told_with_what_took_its_place() -> None:
    said = wash(PERSON, HIDDEN).said
    assert said["email", "Jane@roe.example"] == HIDDEN.of("jane@roe.example")
    assert {text for kind, text in said if kind == "phone"} == {"+1 555 0100"}
    assert ("address", "1 Market Square") in said


def test_a_charge_loses_its_payer_and_keeps_its_card() -> None:
    card = {"brand": "visa", "last4": "4242", "fingerprint": "f1", "country": "FR"}
    charge = {
        "id": "ch_1",
        "billing_details": {"name": "Jane Roe", "email": "jane@roe.example", "address": {"postal_code": "69002"}},
        "description": "For Jane",
        "receipt_url": "https://pay.stripe.com/receipts/x",
        "payment_method_details": {"card": card, "type": "card"},
        "outcome": {"seller_message": "Payment complete."},
    }
    left = wash(charge, HIDDEN).value
    assert left["payment_method_details"]["card"] == card
    assert left["outcome"] == charge["outcome"]
    assert (left["description"], left["receipt_url"]) == (None, None)
    assert left["billing_details"] == {
        "name": MARK,
        "email": HIDDEN.of("jane@roe.example"),
        "address": {"postal_code": None},
    }


def test_what_the_company_sells_is_not_looked_into() -> None:
    plan = {"id": "p", "name": "Jane Roe", "description": "a plan"}
    value = {"name": "Jane Roe", "plan": plan, "items": {"data": [{"price": {"nickname": "Jane Roe"}}]}}
    left = wash(value, HIDDEN).value
    assert (left["plan"], left["items"]) == (plan, value["items"])


def test_a_company_called_as_a_status_changes_no_status() -> None:
    left = wash({"name": "active", "status": "active", "metadata": {"a": "is active"}}, HIDDEN).value
    assert left == {"name": MARK, "status": "active", "metadata": {"a": f"is {MARK}"}}


def test_evidence_of_a_dispute_goes_as_a_whole_and_is_told() -> None:
    dispute = {"id": "dp_1", "evidence": {"customer_name": "Jane Roe", "customer_purchase_ip": "10.0.0.1"}}
    washed = wash(dispute, HIDDEN)
    assert washed.value["evidence"] == {}
    assert {("name", "Jane Roe"), ("number", "10.0.0.1")} <= washed.said.keys()


def test_a_domain_is_hidden_where_it_is_the_customers_alone() -> None:
    assert HIDDEN.of("jane@roe.example").endswith(".invalid")
    assert HIDDEN.of("jane@mail.example").endswith("@mail.example")
    assert HIDDEN.of("jane@mail.example") != HIDDEN.of("john@mail.example")
    assert HIDDEN.of(" Jane@Mail.example") == HIDDEN.of("jane@mail.example")


def test_a_pseudonym_stays_and_its_domain_goes_when_it_must_be_hidden() -> None:
    open_domain = Pseudonyms(SALT).of("jane@roe.example")
    assert open_domain.endswith("@roe.example")
    assert HIDDEN.of(open_domain) == HIDDEN.of("jane@roe.example")
    assert HIDDEN.of(HIDDEN.of(open_domain)) == HIDDEN.of(open_domain)


@pytest.mark.parametrize("key", ["name", "contact_name", "billingEmail", "phone-2", "Contact Person"])
def test_keys_of_metadata_that_tell_a_person_are_known(key: str) -> None:
    assert is_telling_key(key)


@pytest.mark.parametrize(
    "key", ["account_id", "contract_id", "internal", "nonprofit", "partner_contract", "pilot_until"]
)
def test_keys_of_metadata_that_policies_use_are_left(key: str) -> None:
    assert not is_telling_key(key)


TEXTS = st.sampled_from(["", "Jane Roe", "jane@roe.example", "mail jane@roe.example now", "active", MARK, "a b"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*sorted(kinds()), "id", "metadata", "status", "note"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_washing_twice_is_washing_once(value: Any) -> None:
    once = wash(value, HIDDEN).value
    assert wash(once, HIDDEN).value == once


@given(VALUES)
def test_no_address_is_left_but_in_the_catalogue(value: Any) -> None:
    assert all(is_erased(text) or "@" not in text for text in _texts(wash(value, HIDDEN).value))


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if kinds().get(key) == "catalogue":
        return
    if isinstance(value, dict):
        for name, content in value.items():
            yield from _texts(content, name)
    elif isinstance(value, list):
        for content in value:
            yield from _texts(content)
    elif isinstance(value, str):
        yield value.removeprefix("mail ")


def test_objects_of_an_erased_customer_are_known_by_customer_or_charge() -> None:
    found = erased(objects=("ch_1",))
    assert found.owns({"id": "cus_1"})
    assert found.owns({"id": "in_1", "customer": "cus_1"})
    assert found.owns({"id": "in_1", "customer": {"id": "cus_1"}})
    assert found.owns({"id": "dp_1", "charge": "ch_1"})
    assert found.owns({"object": "event", "data": {"object": {"id": "in_1", "customer": "cus_1"}}})
    assert not found.owns({"id": "in_2", "customer": "cus_2", "charge": "ch_1"})
    assert not found.owns({"id": "dp_2", "charge": "ch_2"})


def test_another_customers_object_loses_the_erased_address_and_nothing_else() -> None:
    value = {"id": "in_2", "customer": "cus_2", "name": "John", "metadata": {"cc": "jane@roe.example, al@b.example"}}
    left = json.loads(erased("jane@roe.example").payload(value))
    pseudonym = Pseudonyms(SALT).of("jane@roe.example")
    assert left == {**value, "metadata": {"cc": f"{pseudonym}, al@b.example"}}


def test_a_charge_without_customer_that_names_the_address_is_theirs() -> None:
    charge = {
        "id": "ch_9",
        "object": "charge",
        "customer": None,
        "billing_details": {"name": "J", "email": "j@r.example"},
    }
    left = json.loads(erased("j@r.example").payload(charge))
    assert left["billing_details"]["name"] == MARK


def test_an_erased_object_has_the_hash_of_what_is_left_of_it() -> None:
    found = erased("jane@roe.example")
    with in_force(found):
        landed = version(PERSON)
        again = version(json.loads(landed.payload))
    assert landed == again
    assert b"Jane" not in landed.payload
    assert version(PERSON) != landed


def test_an_event_is_stripped_in_its_object_and_in_what_changed() -> None:
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "customer.updated",
        "created": 1_700_000_000,
        "data": {"object": {**PERSON, "livemode": True}, "previous_attributes": {"email": "old@roe.example"}},
    }
    with in_force(erased()):
        split = split_event(event, is_live=True)
    assert split.object is not None
    assert b"roe.example" not in split.object.payload.replace(b"@roe.example", b"")
    previous = json.loads(split.envelope.payload)["data"]["previous_attributes"]
    assert previous == {"email": Pseudonyms(SALT).of("old@roe.example")}


def test_text_that_could_not_be_understood_goes_whole_where_it_names_an_erased_customer() -> None:
    found = erased("jane@roe.example")
    assert found.text('{"id": "cus_1", "x') == MARK
    assert found.text("Jane@Roe.example,1") == MARK
    assert found.text("john@roe.example,1") == "john@roe.example,1"


def test_every_field_has_one_kind() -> None:
    listed = Path("ingestion/erasure/fields.yml").resolve()
    assert listed.is_file()
    assert set(kinds().values()) == {
        *("email", "name", "phone", "number", "text", "link", "address", "whole", "catalogue"),
    }
