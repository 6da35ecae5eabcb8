"""HTML and markdown made of data. Customer names and reasons are written by strangers: everything that is
not a literal of ours passes through `escape` (for st.html) or `escape_markdown` (for Streamlit's own texts,
where `$` starts a formula and `[x](javascript:...)` a link)."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlsplit

__all__ = ["card", "escape", "escape_markdown", "facts", "safe_link", "table"]

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

    def cells(start: str, end: str, row: Sequence[str]) -> str:
        classes = (' class="leaks-right"' if i in right else "" for i in range(len(row)))
        return "".join(f"<{start}{cls}>{escape(text)}</{end}>" for text, cls in zip(row, classes, strict=True))

    body = "".join(f"<tr>{cells('td', 'td', row)}</tr>" for row in rows)
    head = "<tr>" + cells('th scope="col"', "th", headers) + "</tr>"
    return (
        '<div class="leaks-scroll" role="region" tabindex="0" aria-label="'
        f'{escape(caption)}"><table class="leaks-table"><caption>{escape(caption)}</caption>'
        f"<thead>{head}</thead><tbody>{body}</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values as a description list. All texts are escaped."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="leaks-facts">{items}</dl>'


def card(label: str, figure: str, notes: Iterable[str], *, is_main: bool = False) -> str:
    """One figure with what it is above and what it rests on below. All texts are escaped."""
    below = "".join(f'<p class="leaks-note">{escape(note)}</p>' for note in notes)
    kind = "leaks-figure leaks-figure-main" if is_main else "leaks-figure"
    return (
        f'<section class="{kind}"><p class="leaks-label">{escape(label)}</p>'
        f'<p class="leaks-number">{escape(figure)}</p>{below}</section>'
    )
