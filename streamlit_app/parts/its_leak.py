"""On a finding's page: the leak it belongs to, with where it stands."""

from datetime import datetime

import streamlit as st

from revops.store import StoreError
from revops.store.leaks import Leaks
from streamlit_app import pages, tenants
from streamlit_app.desk import open_desk
from streamlit_app.format import words


def show(root_cause: str, now: datetime) -> None:
    """A link to the newest leak of a root cause; nothing where none was opened (a review, or no run yet)."""
    try:
        with open_desk(now) as desk:
            leaks = Leaks(desk.store).read_last(desk.tenant_id, [root_cause])
    except StoreError:
        # Without one there are no leaks yet; what else is wrong with it stands at the top of the page already.
        return
    for leak in leaks.values():
        st.page_link(
            pages.LEAK,
            label=f"Its leak: {words(leak.status).lower()}",
            query_params=tenants.address({pages.LEAK_ID: leak.leak_id}),
            icon=":material/how_to_reg:",
        )
