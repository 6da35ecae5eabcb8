"""Proposals that were answered: what waits for its time and can be taken back, what is under way, how it ended."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from revops.domain.proposal import Proposal
from streamlit_app.desk import Desk
from streamlit_app.format import moment
from streamlit_app.markup import escape, heading, note, table
from streamlit_app.parts import answer, proposal


def approved(desk: Desk, found: Sequence[Proposal]) -> None:
    """Each with the way back, as long as nothing has begun."""
    if not found:
        return
    st.html(heading("Approved"))
    for one in found:
        with st.container(border=True, key=f"approved-{one.action.action_id}"):
            said = f"<p>{escape(proposal.outcome(one))}</p>" + note(_by(one, desk.now))
            st.html(f'{proposal.title(one)}<div class="leaks-said">{said}</div>')
            if desk.who.may_decide:
                answer.undo_button(one)


def under_way(found: Sequence[Proposal]) -> None:
    """What was sent and has no known answer yet."""
    if found:
        rows = [(one.customer, proposal.amount(one), proposal.outcome(one)) for one in found]
        st.html(heading("Under way"))
        st.html(table("Being carried out", ("Customer", "Amount", "Where it stands"), rows, right=frozenset((1,))))


def put_off(desk: Desk, found: Sequence[Proposal]) -> None:
    """What comes back later; it can be answered before."""
    if not found:
        return
    st.html(heading("Put off"))
    for one in found:
        with st.container(border=True, key=f"later-{one.action.action_id}"):
            said = note(f"It comes back on {moment(one.action.snoozed_until)}.")
            st.html(f'{proposal.title(one)}<div class="leaks-said">{said}</div>')
            if desk.who.may_decide:
                answer.buttons(one)


def ended(found: Sequence[Proposal]) -> None:
    """How the last ones ended, the newest first."""
    if not found:
        return
    rows = [
        (one.customer, proposal.amount(one), proposal.outcome(one), moment(one.action.ended_at), _people(one))
        for one in found
    ]
    st.html(heading("Ended lately"))
    st.html(
        table(
            "The newest first",
            ("Customer", "Amount", "Outcome", "Ended", "Approved by"),
            rows,
            right=frozenset((1,)),
        )
    )


def _by(one: Proposal, now: datetime) -> str:
    undo = one.action.undo_until
    waits = f" It is not begun before {undo:%H:%M:%S} UTC, so that it can be taken back." if undo and undo > now else ""
    return f"Approved by {_people(one)}.{waits}"


def _people(one: Proposal) -> str:
    return ", ".join(proposal.person(one, given.person_id) for given in one.action.approvals) or "–"
