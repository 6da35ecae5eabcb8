"""HTML and markdown made of data. Customer names and reasons are written by strangers: everything that is
not a literal of ours passes through `escape` (for st.html) or `escape_markdown` (for Streamlit's own texts,
where `$` starts a formula and `[x](javascript:...)` a link)."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlsplit

__all__ = ["card", "escape", "escape_markdown", "facts", "heading", "note", "safe_link", "table"]

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def escape_markdown(value: str) -> str:
    """Text that Streamlit's markdown shows as it is written, on one line."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(value.split()))


def safe_link(url: str | None) -> str | None:
    """The address if it is https with a host, otherwise None (`javascript:`, `data:`, a bare path)."""
    if not url:
        return None
    parts = urlsplit(url.strip())
    return url.strip() if parts.scheme == "https" and parts.netloc else None


def table(
    caption: str, headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset()
) -> str:
    """A table that screen readers can read; `right` are the columns of numbers. All texts are escaped."""

    def classes(column: int) -> str:
        return ' class="leaks-right"' if column in right else ""

    head = "".join(f'<th scope="col"{classes(i)}>{escape(text)}</th>' for i, text in enumerate(headers))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td{classes(i)} data-label="{escape(header)}">{escape(text)}</td>'
            for i, (header, text) in enumerate(zip(headers, row, strict=True))
        )
        + "</tr>"
        for row in rows
    )
    return (
        '<div class="leaks-scroll" role="region" tabindex="0" aria-label="'
        f'{escape(caption)}"><table class="leaks-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values as a description list. All texts are escaped."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="leaks-facts">{items}</dl>'


def heading(text: str, level: int = 2) -> str:
    """A heading of a part of a page; the page's own is level 1."""
    return f'<h{level} class="leaks-heading">{escape(text)}</h{level}>'


def note(text: str) -> str:
    """A small line of explanation."""
    return f'<p class="leaks-note">{escape(text)}</p>'


def card(label: str, figure: str, notes: Iterable[str], *, is_main: bool = False) -> str:
    """One figure with what it is above and what it rests on below. All texts are escaped."""
    below = "".join(f'<p class="leaks-note">{escape(note)}</p>' for note in notes)
    kind = "leaks-figure leaks-figure-main" if is_main else "leaks-figure"
    return (
        f'<section class="{kind}"><p class="leaks-label">{escape(label)}</p>'
        f'<p class="leaks-number">{escape(figure)}</p>{below}</section>'
    )
