"""What pages that read the operational store share: the store of this page run, whose page it is, who looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from revops.settings import Settings, load_settings
from revops.store import Store, StoreError, open_store
from revops.store.decisions import Decisions
from streamlit_app import tenants
from streamlit_app.markup import escape_markdown, note
from streamlit_app.who import Who, who

# As quick as somebody who pressed in Slack looks up at this page.
_LOOK_EVERY_SECONDS = 2


@dataclass(frozen=True)
class Desk:
    """One page run's store, tenant and person."""

    settings: Settings
    store: Store
    tenant_id: str
    who: Who
    now: datetime

    @property
    def newest(self) -> int:
        """The number of the tenant's newest decision record: every change of an action or a leak by people has one."""
        return _newest(self.store, self.tenant_id)


@contextmanager
def open_desk(now: datetime) -> Iterator[Desk]:
    """The operational store for the tenant of this page. Raises StoreError."""
    settings = load_settings()
    with open_store(settings) as store:
        tenant_id = tenants.chosen()
        yield Desk(settings, store, tenant_id, who(settings, store, tenant_id, now), now)


def introduce(found: Who) -> None:
    """Who decides here, or what keeps anybody from it."""
    if found.may_decide:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(note(found.sentence), width="content")
            if found.is_signed_in:
                st.button("Sign out", on_click=st.logout, type="tertiary")
        return
    st.info(escape_markdown(found.sentence))
    if found.is_asked_to_sign_in:
        st.button("Sign in", on_click=st.login, type="primary")
    elif found.is_signed_in:
        st.button("Sign out", on_click=st.logout)


@st.fragment(run_every=_LOOK_EVERY_SECONDS)
def watch(tenant_id: str, seen: int, until: datetime | None) -> None:
    """Draw the page anew when somebody decides elsewhere, or when something on it ends by time.

    Only this looks again and again, at one row; the page itself is drawn when there is something new.
    """
    try:
        with open_store(load_settings()) as store:
            newest = _newest(store, tenant_id)
    except StoreError as error:
        st.caption(f"Whether something was decided meanwhile cannot be seen: {escape_markdown(str(error))}")
        return
    if newest != seen or (until is not None and datetime.now(until.tzinfo) >= until):
        st.rerun()


def _newest(store: Store, tenant_id: str) -> int:
    return next((one.number for one in Decisions(store).newest(tenant_id, 1)), 0)
