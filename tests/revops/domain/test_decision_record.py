"""A record has one spelling, one hash and one signature; every other text is none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from revops.domain.decision_record import (
    Actor,
    DecisionRecord,
    DecisionRecordError,
    Entry,
    Subject,
    canonical,
    hash_of,
    is_signed,
    key_id_of,
    moment,
    part_hash,
    read,
    seal,
    spell,
    without_half_characters,
)
from tests.revops.domain.logs import new_key, public

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RECORD = DecisionRecord(
    tenant_id="acme",
    number=7,
    at=datetime(2026, 11, 1, 12, 30, 0, 123_456, tzinfo=UTC),
    kind="action.approve",
    subject=Subject("action", "act_1", 2, "ab" * 32),
    actor=Actor("person_1", "approver", "slack"),
    data={"amount_minor": 1999, "names": ["é", None, True]},
    personal={"note": "cd" * 32},
    previous_hash="ef" * 32,
    key_id=key_id_of(public(KEY)),
)
# Written once by hand, so that no later version spells it otherwise: logs are kept for years.
SPELLED = (
    '{"actor":{"channel":"slack","id":"person_1","role":"approver"},"at":"2026-11-01T12:30:00.123Z",'
    '"data":{"amount_minor":1999,"names":["é",null,true]},"format":1,'
    '"key_id":"ed25519:56475aa75463474c0285df5dbf2bcab7","kind":"action.approve","number":7,'
    f'"personal":{{"note":"{"cd" * 32}"}},"previous_hash":"{"ef" * 32}",'
    f'"subject":{{"id":"act_1","type":"action","version":2,"version_hash":"{"ab" * 32}"}},"tenant_id":"acme"}}'
)
SIGNATURE = (
    "6b075f69d6329c0965da9ca89b0a534a99b2e27403f5dfc4d2d0c126ed58ea1f"
    "004a7d12ed536ad8794a9dc4e5117d9aee1a01062348d4fc34e520cd12a44606"
)


def changed(**changes: Any) -> str:
    """The record's text with other fields, spelled as it should be."""
    content = json.loads(SPELLED)
    for name, value in changes.items():
        place, _, field = name.rpartition("__")
        (content[place] if place else content)[field] = value
    return rfc8785.dumps(content).decode()


def test_a_record_is_spelled_hashed_and_signed_as_ever() -> None:
    signed = seal(RECORD, KEY)
    assert signed.text == SPELLED
    assert signed.hash == hashlib.sha256(SPELLED.encode()).hexdigest()
    assert signed.signature == SIGNATURE
    assert signed.record == RECORD


def test_a_record_is_read_back_in_whole_milliseconds() -> None:
    record = read(SPELLED)
    assert record == replace(RECORD, at=RECORD.at.replace(microsecond=123_000))
    assert spell(record) == SPELLED


def test_what_may_be_missing_is_read_as_none() -> None:
    bare = replace(RECORD, subject=Subject("leak", "leak_1", None, None), personal={}, previous_hash=None)
    assert read(spell(bare)).subject == bare.subject
    assert (read(spell(bare)).previous_hash, dict(read(spell(bare)).personal)) == (None, {})


def test_the_signature_is_of_this_hash_by_this_key_for_this_purpose() -> None:
    signed = seal(RECORD, KEY)
    assert is_signed(signed.hash, signed.signature, public(KEY))
    assert not is_signed(hash_of("x"), signed.signature, public(KEY))
    assert not is_signed(signed.hash, signed.signature, public(new_key()))
    assert not is_signed(signed.hash, KEY.sign(bytes.fromhex(signed.hash)).hex(), public(KEY))


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: f" {text}", lambda text: text[:-2], lambda text: text + "0"]
)
def test_another_spelling_of_hash_or_signature_is_refused(change: Any) -> None:
    signed = seal(RECORD, KEY)
    assert not is_signed(signed.hash, change(signed.signature), public(KEY))
    assert not is_signed(change(signed.hash), signed.signature, public(KEY))


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
def test_what_is_no_key_signed_nothing(key: bytes) -> None:
    signed = seal(RECORD, KEY)
    assert not is_signed(signed.hash, signed.signature, key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        f" {SPELLED}",
        SPELLED.replace(":", ": ", 1),
        SPELLED.replace("é", "\\u00e9"),
        SPELLED.replace('"number":7', '"number":7,"number":7'),
        SPELLED.replace("1999", "1999.0"),
        SPELLED.replace("1999", "NaN"),
        SPELLED.replace("1999", "9" * 5_000),
    ],
)
def test_a_text_that_is_not_spelled_so_is_no_record(text: str) -> None:
    with pytest.raises(DecisionRecordError, match=r"This is no decision record|cannot hold"):
        read(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"more": 1},
        {"subject__more": 1},
        {"actor__more": 1},
        {"format": 2},
        {"number": 0},
        {"number": "7"},
        {"number": True},
        {"tenant_id": 7},
        {"kind": None},
        {"key_id": 7},
        {"at": "2026-11-01"},
        {"at": "soon"},
        {"at": 7},
        {"at": "2026-11-01T12:30:00.123456Z"},
        {"at": "2026-11-01T13:30:00.123+01:00"},
        {"at": "0001-01-01T00:00:00.000+05:00"},
        {"subject": []},
        {"subject__type": None},
        {"subject__id": 7},
        {"subject__version": 0},
        {"subject__version": "2"},
        {"subject__version_hash": 7},
        {"actor": None},
        {"actor__id": None},
        {"actor__role": 7},
        {"actor__channel": []},
        {"data": []},
        {"data": None},
        {"data__x": 0.5},
        {"personal": []},
        {"personal__note": "short"},
        {"personal__note": "CD" * 32},
        {"personal__note": 7},
        {"personal__name": "cd" * 32},
        {"previous_hash": "short"},
        {"previous_hash": 7},
    ],
    ids=str,
)
def test_a_record_with_other_fields_or_values_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(DecisionRecordError):
        read(changed(**changes))


@pytest.mark.parametrize("name", json.loads(SPELLED))
def test_a_record_without_a_field_is_none(name: str) -> None:
    content = json.loads(SPELLED)
    del content[name]
    with pytest.raises(DecisionRecordError):
        read(rfc8785.dumps(content).decode())


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (0.5, "float at its top"),
        ({"a": [1, {"b": 2.0}]}, r"float at a\[1\]\.b"),
        ({"a": {1: 2}}, "dict at a"),
        (2**53, "int at its top"),
        (-(2**53), "int at its top"),
        ({"at": RECORD.at}, "datetime at at"),
        ({"b": b"x"}, "bytes at b"),
    ],
)
def test_what_cannot_be_spelled_is_named_with_its_place(value: object, where: str) -> None:
    with pytest.raises(DecisionRecordError, match=f"cannot hold {where}: write money as integers"):
        canonical(value)


def test_half_a_character_is_refused_in_data_and_replaced_in_what_people_type() -> None:
    with pytest.raises(DecisionRecordError, match="cannot hold this"):
        canonical("\ud800")
    assert without_half_characters("a\ud800b") == "a?b"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_what_is_spelled_is_read_back_equal(value: object) -> None:
    record = replace(RECORD, at=RECORD.at.replace(microsecond=0), data={"x": value})
    assert read(spell(record)) == record


def test_times_are_utc_whatever_zone_they_are_given_in() -> None:
    east = datetime(2026, 11, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert moment(east) == "2026-11-01T12:00:00.000Z"
    with pytest.raises(DecisionRecordError, match="without a zone"):
        moment(east.replace(tzinfo=None))


def test_the_salt_and_what_it_salts_cannot_be_shifted_into_each_other() -> None:
    assert part_hash("ab", '"x"') == hashlib.sha256(b'ab\0"x"').hexdigest()
    assert part_hash("ab", '"x"') != part_hash("a", 'b"x"')
    assert part_hash("ab", '"\ud800"') != part_hash("ab", '"?"')


def test_a_key_is_named_after_itself() -> None:
    key = public(KEY)
    assert key_id_of(key) == f"ed25519:{hashlib.sha256(key).hexdigest()[:32]}"
    assert key_id_of(key) != key_id_of(public(new_key()))


def test_who_has_a_colon_in_the_id_is_a_person() -> None:
    entry = Entry("action.deny", "action", "act_1", 1, "x", "cli:ada", "admin", "cli", {})
    assert entry.is_by_person
    assert not replace(entry, actor_id="worker").is_by_person
