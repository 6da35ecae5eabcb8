"""The HTML of a letter is made of its text, and links are put into both when it goes out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from revops.drafting.errors import DraftingError
from revops.drafting.layout import laid_out, tidied, with_links
from revops.drafting.render import write_letter
from tests.revops.drafting import oracle
from tests.revops.drafting.leaks import plain_facts

FACTS = plain_facts(links=("update_card", "pay_invoice"))
LINKS = {"update_card": "https://billing.example/p/1?a=b&c=d", "pay_invoice": "https://pay.example/i/2"}


def test_words_a_colon_and_a_link_become_a_button() -> None:
    letter = laid_out(FACTS, "s", "Hello,\n\nUpdate your card:\nhttps://link.invalid/update_card\n", "person")
    assert re.search(
        r'<a href="https://link\.invalid/update_card" rel="noopener"[^>]*>Update your card</a>', letter.html
    )


def test_a_link_within_a_sentence_can_be_clicked() -> None:
    letter = laid_out(FACTS, "s", "Open https://link.invalid/update_card now.", "person")
    assert re.search(
        r'Open <a href="https://link\.invalid/update_card"[^>]*>https://link\.invalid/update_card</a> now', letter.html
    )


def test_no_other_link_becomes_one() -> None:
    html = laid_out(FACTS, "s", "Pay:\nhttps://evil.example/x\n\nor https://evil.example", "person").html
    assert 'href="https://evil' not in html


def test_what_is_typed_is_shown_as_it_was_typed() -> None:
    typed = 'a < b & "c" <script>x</script>\nsecond line'
    letter = laid_out(FACTS, "<b>s</b>", typed, "person")
    assert "<script>" not in letter.html
    assert "<b>" not in letter.html
    assert oracle.seen(letter.html).strip() == typed


def test_the_support_address_can_be_clicked_even_where_it_looks_like_a_pattern() -> None:
    facts = replace(FACTS, support_address="help+a.b@acme.example")
    html = laid_out(facts, "s", "Write to help+a.b@acme.example.", "person").html
    assert 'href="mailto:help+a.b@acme.example"' in html


def test_blanks_and_empty_lines_are_tidied() -> None:
    assert tidied("\r\n a  b \r\n\r\n\r\n\r\nc\t\td  \r\n") == "a b\n\nc d\n"


def test_the_language_is_that_of_the_letter() -> None:
    assert '<html lang="fr" dir="auto"' in write_letter(plain_facts("fr")).html


def test_nothing_is_fetched_to_show_a_letter() -> None:
    html = write_letter(FACTS).html
    assert not re.search(r"<img|<script|<link|<iframe|src=|url\(|@import", html)


def test_links_are_put_into_both_and_escaped_in_the_html() -> None:
    sent = with_links(write_letter(FACTS), LINKS)  # type: ignore[arg-type]
    assert LINKS["update_card"] in sent.text
    assert 'href="https://billing.example/p/1?a=b&amp;c=d"' in sent.html
    assert "link.invalid" not in sent.text + sent.html


def test_a_letter_does_not_go_out_without_a_link_that_it_has() -> None:
    with pytest.raises(DraftingError, match="the link pay_invoice; make one"):
        with_links(write_letter(FACTS), {"update_card": LINKS["update_card"]})


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "http://billing.example/x", "https://", "//x.example", "https://x.example/a\nb", ""]
)
def test_a_link_that_no_customer_may_open_is_refused(link: str) -> None:
    with pytest.raises(DraftingError, match="https://"):
        with_links(write_letter(plain_facts()), {"update_card": link})


def test_a_link_to_this_machine_is_taken_so_that_it_can_be_tried_out() -> None:
    link = "http://127.0.0.1:8000/portal"
    assert link in with_links(write_letter(plain_facts()), {"update_card": link}).text
