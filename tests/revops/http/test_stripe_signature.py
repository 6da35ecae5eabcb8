"""A signature holds exactly where Stripe's own rule says so, and no header or body breaks the check."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.http.stripe_signature import TOLERANCE_SECONDS, problem
from tests.revops.http.deliveries import sign

NOW = 1_790_812_800.0
BODY = b'{"id": "evt_1"}'
ANY_HEADER = st.text(st.characters(max_codepoint=255), max_size=80)
ALMOST = st.lists(
    st.tuples(st.sampled_from(["t", "v1", "v0", "", "t ", "V1"]), st.text("0123456789abcdef-+_= é", max_size=70)),
    max_size=6,
).map(lambda items: ",".join("=".join(item) for item in items))


def test_a_sound_signature_has_no_problem() -> None:
    assert problem(BODY, sign(BODY, "whsec_a", at=NOW), ["whsec_a"], NOW) is None


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text("abc", min_size=1), st.integers(0, 10**11))
def test_every_body_that_is_text_can_be_signed(text: str, secret: str, at: int) -> None:
    body = text.encode()
    assert problem(body, sign(body, secret, at=at), [secret], float(at)) is None
    assert problem(body + b" ", sign(body, secret, at=at), [secret], float(at)) == "bad_signature"
    assert problem(body, sign(body, secret, at=at), [secret + "x"], float(at)) == "bad_signature"


@given(st.one_of(ANY_HEADER, ALMOST), st.binary(max_size=40))
def test_what_nobody_signed_is_refused_and_never_raises(header: str, body: bytes) -> None:
    expected = "bad_signature" if header else "no_signature"
    assert problem(body, header, ["whsec_a", "whsec_b"], NOW) == expected


def test_while_a_secret_is_rolled_either_one_signs() -> None:
    for secrets in (("whsec_old",), ("whsec_new",), ("whsec_new", "whsec_old"), ("whsec_other", "whsec_old")):
        assert problem(BODY, sign(BODY, *secrets, at=NOW), ["whsec_new", "whsec_old"], NOW) is None
    assert problem(BODY, sign(BODY, "whsec_old", at=NOW), ["whsec_new"], NOW) == "bad_signature"


def test_without_a_secret_nothing_is_accepted() -> None:
    assert problem(BODY, sign(BODY, "", at=NOW), [], NOW) == "bad_signature"
    assert problem(BODY, sign(BODY, "", at=NOW), [""], NOW) == "bad_signature"


@pytest.mark.parametrize(("age", "expected"), [(TOLERANCE_SECONDS, None), (TOLERANCE_SECONDS + 1, "stale_signature")])
def test_a_signature_lives_five_minutes(age: int, expected: str | None) -> None:
    assert problem(BODY, sign(BODY, "whsec_a", at=NOW - age), ["whsec_a"], NOW) == expected


def test_a_receiver_whose_clock_is_behind_takes_events_all_the_same() -> None:
    assert problem(BODY, sign(BODY, "whsec_a", at=NOW + 3600), ["whsec_a"], NOW) is None


def test_the_time_is_signed_too() -> None:
    old = sign(BODY, "whsec_a", at=NOW - 10_000)
    assert problem(BODY, old.replace(f"t={int(NOW) - 10_000}", f"t={int(NOW)}"), ["whsec_a"], NOW) == "bad_signature"


@pytest.mark.parametrize("change", ["{}=x", "{},t=1", "{},v1=", "t={0}", "{},", "{},junk"])
def test_a_sound_header_with_something_added_says_nothing_new(change: str) -> None:
    """Whoever has seen a delivery can send it again with another header, but not make it younger."""
    time, signature = sign(BODY, "whsec_a", at=NOW - 10_000).split(",")
    header = f"{change.format(time)},{signature}"
    assert problem(BODY, header, ["whsec_a"], NOW) in ("stale_signature", "bad_signature")


def test_a_signature_of_another_scheme_does_not_count() -> None:
    digest = hmac.new(b"whsec_a", b"%d." % int(NOW) + BODY, hashlib.sha256).hexdigest()
    assert problem(BODY, f"t={int(NOW)},v0={digest}", ["whsec_a"], NOW) == "bad_signature"
