"""One text, two looks: HTML is always made from a letter's text, so that both say the same, whoever wrote it.

Paragraphs are set apart by an empty line. A paragraph that is some words, a colon and a link on the next line becomes a
button. MJML is compiled once; words are filled in afterwards by Jinja2, which escapes them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined, Template
from mjml import mjml2html

from revops.domain.letter import LINK_NAMES, Letter, LetterFacts, LinkName, placeholder
from revops.drafting.errors import DraftingError

_FILE = Path(__file__).with_name("layout.mjml")
_BUTTON = re.compile(r"(?P<words>[^\n]+?)\s*:\n(?P<link>\S+)")
_LINKS = frozenset(placeholder(name) for name in LINK_NAMES)


@dataclass(frozen=True)
class Block:
    """A paragraph with its HTML, in which everything is escaped; or the words of a button and where it leads."""

    words: str
    link: str | None = None
    html: str = ""


def laid_out(
    facts: LetterFacts,
    subject: str,
    text: str,
    written_by: Literal["template", "model", "person"],
    note: str | None = None,
) -> Letter:
    """A letter from its subject and text; the HTML is made here. Nothing is checked: see check.py."""
    tidy = tidied(text)
    html = _template().render(language=facts.language, subject=subject, blocks=_blocks(tidy, facts.support_address))
    return Letter(facts.topic, facts.language, subject, tidy, html, written_by, note)


def tidied(text: str) -> str:
    """Paragraphs set apart by one empty line, without blanks at the ends of lines."""
    lines = [re.sub(r"[ \t]+", " ", line).strip(" \t") for line in text.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def with_links(letter: Letter, links: Mapping[LinkName, str]) -> Letter:
    """The letter as it goes out, its placeholders replaced by links that were just made.

    Raises DraftingError for a link that the letter needs and that is not given, and for one that is not https (http
    only to this machine).
    """
    text, html = letter.text, letter.html
    for name in LINK_NAMES:
        mark = placeholder(name)
        if mark not in text and mark not in html:
            continue
        link = links.get(name)
        if link is None:
            raise DraftingError(f"The letter needs the link {name}; make one and send it then.")
        _refuse_unsafe(name, link)
        text, html = text.replace(mark, link), html.replace(mark, escape(link))
    return replace(letter, text=text, html=html)


def _refuse_unsafe(name: LinkName, link: str) -> None:
    parts = urlsplit(link)
    is_local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    has_odd = any(not character.isprintable() or character.isspace() for character in link)
    if has_odd or not parts.hostname or not (parts.scheme == "https" or is_local):
        raise DraftingError(f"The link {name} is none that a customer may open: it has to begin with https://.")


def _blocks(text: str, support: str | None) -> list[Block]:
    blocks = []
    for paragraph in text.strip("\n").split("\n\n"):
        button = _BUTTON.fullmatch(paragraph)
        if button and button["link"] in _LINKS:
            blocks.append(Block(button["words"], button["link"]))
        else:
            blocks.append(Block(paragraph, html=_linked(paragraph, support)))
    return blocks


def _linked(paragraph: str, support: str | None) -> str:
    """A paragraph as HTML: what it says, with its links and the support address to be clicked."""
    known = sorted((*_LINKS, *([support] if support else [])), key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, known))})", paragraph)
    html = "".join(_anchor(part, support) if part in known else escape(part) for part in parts)
    return html.replace("\n", "<br>")


def _anchor(part: str, support: str | None) -> str:
    href = f"mailto:{part}" if part == support else part
    return f'<a href="{escape(href)}" style="color:#1d4ed8;">{escape(part)}</a>'


@cache
def _template() -> Template:
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(compiled_layout())


@cache
def compiled_layout() -> str:
    """The layout as HTML, its words still to be filled in."""
    return mjml2html(_FILE.read_text(encoding="utf-8"), fonts={})
