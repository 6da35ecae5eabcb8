"""Messages to people that could not be posted so far, as `leaks doctor` says it too."""

from datetime import datetime

import streamlit as st

from revops.store import StoreError
from revops.store.actions import CHANGED
from revops.store.outbox import Outbox
from streamlit_app.desk import open_desk
from streamlit_app.format import ago, count, moment
from streamlit_app.parts.notices import sentence


def show(now: datetime) -> None:
    """How many wait, since when and why; nothing where none does, or where there is no store yet."""
    try:
        with open_desk(now) as desk:
            waiting = [one for one in Outbox(desk.store).waiting([CHANGED]) if one.tenant_id == desk.tenant_id]
    except StoreError:
        # Without one nobody was told anything yet; what else is wrong with it stands at the top of the page already.
        return
    for one in waiting:
        waits = "waits" if one.messages == 1 else "wait"
        st.warning(
            f"**{count(one.messages, 'message')} to Slack {waits}** since {moment(one.since)} ({ago(one.since, now)}): "
            f"{sentence(one.error)} Nothing is lost: "
            f"{'it is' if one.messages == 1 else 'they are'} sent later, and what waits can be decided here meanwhile."
        )
