"""The filters of the findings page. The address holds them: a change writes it, a page run reads it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from streamlit_app import tenants
from streamlit_app.filters import ALERTS, BOTH, CHOICES, SHOWN, SORTS, Filters
from streamlit_app.pages import PAGE

_LABELS = {"type": "Leak type", "currency": "Currency", "age": "Age", "plan": "Plan", "country": "Country"}


def read(options: Mapping[str, Sequence[str]]) -> Filters:
    """What the address asks for, as far as the account has it."""
    address = {name: st.query_params.get_all(name) for name in st.query_params}
    return Filters.of_address(address).among(options)


def show(filters: Filters, options: Mapping[str, Sequence[str]]) -> None:
    """Draw the filters as they are; whatever is changed goes to the address and to the list's first page."""
    _place(filters)
    top = st.columns([3, 6, 3], vertical_alignment="bottom")
    with top[0]:
        st.segmented_control("Show", SHOWN, required=True, key="show", on_change=_changed)
    with top[1]:
        st.text_input(
            "Customer or invoice",
            key="q",
            type="search",
            placeholder="Name, e-mail, invoice number or id",
            on_change=_changed,
        )
    with top[2]:
        st.selectbox("Order", list(SORTS), key="sort", on_change=_changed)
    with st.container(key="filters"):
        columns = st.columns(len(CHOICES))
    for column, (name, field, _) in zip(columns, CHOICES, strict=True):
        with column:
            st.multiselect(_LABELS[name], options[field], key=name, placeholder="All", on_change=_changed)


def clear() -> None:
    """Ask for everything, reviews too."""
    st.query_params.from_dict(tenants.address(Filters(shown=BOTH).address()))


def _place(filters: Filters) -> None:
    """The back button changes the address beneath the widgets: they show what it says."""
    st.session_state.update(show=filters.shown, q=filters.search, sort=filters.sort)
    for name, field, _ in CHOICES:
        st.session_state[name] = list(getattr(filters, field))


def _changed() -> None:
    state = st.session_state
    filters = Filters(
        shown=state["show"] or ALERTS,
        search=state["q"] or "",
        sort=state["sort"],
        **{field: tuple(state[name]) for name, field, _ in CHOICES},
    )
    address = tenants.address(filters.address())
    st.query_params.from_dict({name: value for name, value in address.items() if name != PAGE})
