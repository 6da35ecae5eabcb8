"""On the first page: what our actions have brought in so far, and what awaits a decision or an answer."""

from datetime import datetime

import streamlit as st

from revops.store import StoreError
from revops.store.action_views import ActionViews
from revops.warehouse import Published
from streamlit_app import money, pages, tenants
from streamlit_app.desk import open_desk
from streamlit_app.markup import note
from streamlit_app.parts import withdrawal
from streamlit_app.parts.proposal import waiting_words


def show(published: Published, now: datetime) -> None:
    """Lines and links, each only where there is something to say; without a store there is nothing."""
    try:
        with open_desk(now) as desk:
            views = ActionViews(desk.store)
            came_in, waiting = views.recovered(desk.tenant_id), views.waiting(desk.tenant_id, now)
            withdrawal.notice(desk, published)
    except StoreError:
        # Without one nothing is decided yet; what else is wrong with it stands at the top of the page already.
        return
    if came_in:
        amounts = ", ".join(money.text(amount, currency) for currency, amount in sorted(came_in.items()))
        st.html(note(f"Recovered by approved actions so far: {amounts}"))
    if waiting:
        st.page_link(
            pages.APPROVALS,
            label=waiting_words(waiting),
            query_params=tenants.address({}),
            icon=":material/how_to_reg:",
        )
