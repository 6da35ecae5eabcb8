"""What changed between two drafts: counted in words, shown as text and as HTML."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.domain.letter import Letter
from revops.drafting.diff import diff_letters, edit_distance, edits_between


def letter(text: str, subject: str = "Your payment") -> Letter:
    return Letter("reminder", "en", subject, text, "")


@pytest.mark.parametrize(
    ("before", "after", "edits"),
    [
        ("", "", 0),
        ("a b c", "a b c", 0),
        ("a b c", "a  b\n\nc", 0),
        ("a b c", "a x c", 1),
        ("a b c", "a c", 1),
        ("a c", "a b c", 1),
        ("a b c", "", 3),
        ("", "a b", 2),
        ("a b c d", "b c d a", 2),
        ("Please pay now.", "Please pay soon, thanks.", 2),
    ],
)
def test_edits_are_words_added_removed_or_replaced(before: str, after: str, edits: int) -> None:
    assert edit_distance(before, after) == edits


words = st.lists(st.sampled_from(("a", "b", "c", "dd")), max_size=12).map(" ".join)


@given(words, words, words)
def test_edits_are_a_distance(a: str, b: str, c: str) -> None:
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) is (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert abs(len(a.split()) - len(b.split())) <= edit_distance(a, b) <= max(len(a.split()), len(b.split()))


def test_subject_and_text_count() -> None:
    before, after = letter("One two three.", "Old subject"), letter("One two four.", "New subject")
    assert edits_between(before, after) == 2
    assert diff_letters(before, after).edits == 2


def test_what_went_and_what_came_is_marked() -> None:
    found = diff_letters(letter("Please pay the invoice.\n\nBye"), letter("Please pay your invoice soon.\n\nBye"))
    assert found.as_text() == "Your payment\n\nPlease pay [-the invoice.-] {+your invoice soon.+}\n\nBye"
    assert found.as_html() == (
        "<p>Your payment</p><p>Please pay <del>the invoice.</del> <ins>your invoice soon.</ins></p><p>Bye</p>"
    )


def test_markup_in_a_draft_is_shown_as_it_is() -> None:
    html = diff_letters(letter("a <b>"), letter("a <script>&")).as_html()
    assert "<del>&lt;b&gt;</del>" in html
    assert "<ins>&lt;script&gt;&amp;</ins>" in html


@given(words, words)
def test_both_versions_can_be_read_from_the_marks(a: str, b: str) -> None:
    html = diff_letters(letter(a), letter(b)).as_html().split("</p>", 1)[1]
    before = unescape(re.sub(r"<ins>.*?</ins>|<[^>]+>", " ", html)).split()
    after = unescape(re.sub(r"<del>.*?</del>|<[^>]+>", " ", html)).split()
    assert (before, after) == (a.split(), b.split())
