"""Whatever people are called, Linear takes it: lengths are kept, and nothing is sent that JSON cannot hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.connectors.linear.words import DESCRIPTION, description, escaped, line, markdown, web_address

# Surrogates too: a half of a pair comes out of broken exports.
TEXTS = st.text(st.characters(codec=None), max_size=400)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(TEXTS, st.integers(2, 300))
def test_any_text_becomes_one_line_within_its_limit(text: str, limit: int) -> None:
    made = line(text, limit)
    assert units(made) <= limit
    assert len(made.splitlines()) <= 1
    assert not any(ord(one) < 32 for one in made)
    assert json.dumps(made, ensure_ascii=False).encode()
    assert line(made, limit) == made


@given(TEXTS, st.integers(2, 300))
def test_any_text_becomes_markdown_within_its_limit(text: str, limit: int) -> None:
    made = markdown(text, limit)
    assert units(made) <= limit
    assert "\0" not in made
    assert "\r" not in made
    made.encode()


@given(TEXTS)
def test_escaped_words_hold_no_markup_of_their_own(text: str) -> None:
    made = escaped(text)
    for number, one in enumerate(made):
        if one in "*_[]()<>#`":
            assert made[number - 1] == "\\"


@given(TEXTS, TEXTS)
def test_a_description_holds_the_way_back_and_the_notes_whatever_else_it_says(text: str, note: str) -> None:
    notes = (escaped(note),) if escaped(note) else ()
    made = description(text * 200, "https://leaks.example/1", notes)
    assert units(made) <= DESCRIPTION
    assert made.startswith("[Open the leak](https://leaks.example/1)")
    assert all(one in made for one in notes)


def test_a_link_that_the_text_has_already_is_not_said_twice() -> None:
    assert description("See https://leaks.example/1.", "https://leaks.example/1", ()) == "See https://leaks.example/1."


@pytest.mark.parametrize("text", ["\U0001f4b8" * 10, "é" * 10, "👩‍👩‍👧" * 5])
def test_a_cut_never_halves_a_character(text: str) -> None:
    for limit in range(2, 12):
        made = line(text, limit)
        assert "\ufffd" not in made
        assert units(made) <= limit


def test_persian_and_families_keep_their_joiners() -> None:
    assert line("می‌خواهم 👩‍👩‍👧", 100) == "می‌خواهم 👩‍👩‍👧"


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://leaks.example/leak/1?a=b&c=%20#x", "https://leaks.example/leak/1?a=b&c=%20#x"),
        ("http://127.0.0.1:8501/leak", "http://127.0.0.1:8501/leak"),
        ("https://x.example/(a)", "https://x.example/%28a%29"),
        ("HTTPS://X.example", "HTTPS://X.example"),
        ("https://x.example/" + "x" * 2_000, None),
        ("https:///path", None),
        ("https://ä.example", None),
        ("data:text/html,x", None),
    ],
)
def test_a_link_is_a_web_address_or_none(link: str, shown: str | None) -> None:
    assert web_address(link) == shown
