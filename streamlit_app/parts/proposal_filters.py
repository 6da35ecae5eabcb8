"""Which proposals the reader wants to see, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from revops.domain.proposal import Proposal
from streamlit_app.format import words

LARGEST, OLDEST, EXPIRING = "Largest amount", "Oldest", "Expires first"
_ALL = "All"


@dataclass(frozen=True)
class Wish:
    """What is typed and chosen; empty text and None ask for everything."""

    order: str = LARGEST
    search: str = ""
    currency: str | None = None
    needs: str | None = None


def chosen_order(waiting: Sequence[Proposal]) -> Wish:
    """Draw the filters, each only where there is something to choose between."""
    currencies = sorted({one.action.draft.currency.upper() for one in waiting})
    needed = sorted({one.needs for one in waiting})
    if len(waiting) == 1:
        return Wish()
    with st.container(key="filters"):
        places = st.columns(4)
    order = places[0].selectbox("Order", (LARGEST, OLDEST, EXPIRING), key="ask_order")
    search = places[1].text_input("Customer", key="ask_search", type="search", placeholder="Name or id")
    with places[2]:
        currency = _choice("Currency", currencies, "ask_currency")
    with places[3]:
        needs = _choice("Needs", needed, "ask_needs")
    return Wish(order, search or "", currency, needs)


def filtered(waiting: Sequence[Proposal], wish: Wish) -> list[Proposal]:
    """Those that pass, in order. Amounts compare in the reporting currency; what has no rate to it stands first."""
    text = wish.search.strip().lower()
    passing = [
        one
        for one in waiting
        if text in f"{one.customer} {one.action.draft.customer_id}".lower()
        and wish.currency in (None, one.action.draft.currency.upper())
        and wish.needs in (None, one.needs)
    ]
    if wish.order == OLDEST:
        return sorted(passing, key=lambda one: (one.action.created_at, one.action.action_id))
    if wish.order == EXPIRING:
        return sorted(passing, key=lambda one: (one.action.expires_at, one.action.action_id))
    return sorted(passing, key=_size)


def _size(one: Proposal) -> tuple[bool, int, str]:
    amount = one.action.draft.amount_reporting_minor
    return amount is not None, -(amount or 0), one.action.action_id


def _choice(label: str, options: Sequence[str], key: str) -> str | None:
    if len(options) < 2:
        return None
    chosen = st.selectbox(label, (_ALL, *options), key=key, format_func=words)
    return None if chosen == _ALL else chosen
