"""The HTML of a draft: it says what the text says, and does nothing but show it.

What it may hold is what the layout makes. A mail program shows conditional comments as well, so they have to be the
layout's own.
"""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote

from revops.domain.letter import Fault, Letter, LetterFacts, placeholder
from revops.drafting.layout import compiled_layout, laid_out
from revops.drafting.reading import plain

_TAGS = frozenset(
    "html head title meta style body div table tbody thead tr td th p a br span strong b em i u ul ol li h1 h2".split()  # noqa: SIM905
)
_BLOCKS = frozenset("div table tbody tr td th p br ul ol li h1 h2 title body".split())  # noqa: SIM905
_UNSEEN = frozenset(("title", "style", "head"))
# Attributes that fetch or run something; links are looked at by themselves.
_ACTIVE = re.compile(
    r"on.*|src|srcset|background|action|formaction|data|poster|ping|longdesc|cite|usemap|srcdoc|is|slot"
)
_STYLE_FETCHES = re.compile(r"url\s*\(|@import|expression\s*\(|behavior\s*:|-moz-binding|\\", re.IGNORECASE)
_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|max-height\s*:\s*0|text-indent\s*:\s*-|position\s*:",
    re.IGNORECASE,
)


def html_faults(letter: Letter, facts: LetterFacts) -> Iterator[Fault]:
    """Where the HTML says or does anything else than the text."""
    # What the layout makes of the text says the same, and reading it takes longer than making it again.
    if letter.html == laid_out(facts, letter.subject, letter.text, letter.written_by).html:
        return
    page = _Page(letter, facts)
    page.feed(letter.html)
    page.close()
    yield from page.faults
    if page.title and _flat(page.title) != _flat(letter.subject):
        yield Fault("html", f"title: {_flat(page.title)[:80]}")
    wanted, shown = _flat(letter.text), _flat("".join(page.shown))
    if wanted != shown:
        yield Fault("html", _first_difference(wanted, shown))
    for name in facts.links:
        if placeholder(name) not in page.links:
            yield Fault("missing", placeholder(name))


class _Page(HTMLParser):
    """What is seen, where links lead, and what does not belong there."""

    def __init__(self, letter: Letter, facts: LetterFacts) -> None:
        super().__init__(convert_charrefs=True)
        self.subject = letter.subject
        self.facts = facts
        self.faults: list[Fault] = []
        self.shown: list[str] = []
        self.links: set[str] = set()
        self.title = ""
        self._inside: list[str] = []
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.faults.append(Fault("html", f"<{tag}>"))
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag in _UNSEEN:
            self._inside.append(tag)
        if tag in _BLOCKS:
            self.shown.append(" ")
        if tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self.shown))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and tag in self._inside:
            self._inside.remove(tag)
        if tag == "a" and self._link is not None:
            href, begun = self._link
            said = _flat("".join(self.shown[begun:]))
            # A button is a label, a colon and a link in the text.
            if href in (said, f"mailto:{said}"):
                self._link = None
            else:
                self.shown.append(f": {href} ")
                self._link = None
        if tag in _BLOCKS:
            self.shown.append(" ")

    def handle_data(self, data: str) -> None:
        if "style" in self._inside:
            if _STYLE_FETCHES.search(data) or data.strip() not in _own()[1]:
                self.faults.append(Fault("html", f"style: {data.strip()[:80]}"))
        elif "title" in self._inside:
            self.title += data
        else:
            self.shown.append(data)

    def handle_comment(self, data: str) -> None:
        if data.strip() not in _own()[0]:
            self.faults.append(Fault("html", f"comment: {data.strip()[:80]}"))

    def unknown_decl(self, data: str) -> None:
        if data.strip() not in ("[endif]", "endif"):
            self.faults.append(Fault("html", f"declaration: {data.strip()[:80]}"))

    def handle_pi(self, data: str) -> None:
        self.faults.append(Fault("html", f"instruction: {data.strip()[:80]}"))

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name == "href":
            self._href(value)
        elif _ACTIVE.fullmatch(name):
            self.faults.append(
                Fault("link" if name != "is" and not name.startswith("on") else "html", f"{name}={value[:80]}")
            )
        elif name == "style" and (_STYLE_FETCHES.search(value) or (_HIDES.search(value) and not _is_own_style(value))):
            self.faults.append(Fault("html", f"style={value[:80]}"))
        elif name == "http-equiv" and value.lower() not in ("x-ua-compatible", "content-type"):
            self.faults.append(Fault("html", f"<{tag} {name}={value[:80]}>"))
        elif name in ("hidden", "alt", "title", "placeholder", "value") or (
            # MJML gives the letter its title for those who listen to it.
            name.startswith("aria-") and value not in ("email", self.subject)
        ):
            self.faults.append(Fault("html", f"{name}={value[:80]}"))

    def _href(self, value: str) -> None:
        mail = self.facts.support_address
        if value in {placeholder(name) for name in self.facts.links}:
            self.links.add(value)
        elif mail is None or unquote(value) != f"mailto:{mail}":
            self.faults.append(Fault("link", value[:200]))


def _is_own_style(value: str) -> bool:
    return value in compiled_layout()


@cache
def _own() -> tuple[frozenset[str], frozenset[str]]:
    """Comments and style sheets of the layout."""
    layout = compiled_layout()
    comments = re.findall(r"<!--(.*?)-->", layout, flags=re.DOTALL)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", layout, flags=re.DOTALL)
    return frozenset(one.strip() for one in comments), frozenset(one.strip() for one in styles)


def _flat(text: str) -> str:
    """One line, blanks once; none before a colon, where a button has its link."""
    return re.sub(r"\s*:\s+", ": ", " ".join(plain(text).split())).strip()


def _first_difference(wanted: str, shown: str) -> str:
    ours, theirs = wanted.split(), shown.split()
    at = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return f"the HTML says: {' '.join(theirs[at : at + 12]) or 'less than the text'}"
