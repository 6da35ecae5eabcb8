"""A person's word on a leak itself: that it is none, that it may leak again, and who cares for it."""

from datetime import datetime, timedelta

import streamlit as st

from revops.bootstrap_leaks import suppressions
from revops.domain.decision import LONGEST_NOTE
from revops.domain.leak import Leak
from revops.domain.person import Person
from revops.service.dismiss import Dismissing
from revops.store.people import People
from streamlit_app.decide import decide_leak
from streamlit_app.desk import Desk
from streamlit_app.format import moment
from streamlit_app.markup import escape, heading, note

_FOREVER = "For good"
_UNTIL = {"For a month": 30, "For three months": 91, "For a year": 365, _FOREVER: None}
_NOBODY = "Nobody"


def show(desk: Desk, leak: Leak, name: str) -> None:
    """The forms that fit: an open leak can be dismissed and has an owner, a dismissed one can leak again."""
    if leak.closed_at is None:
        if desk.who.may_decide:
            _owner(desk, leak, name)
            _dismiss(leak, name)
        return
    for one in suppressions(desk.store, desk.settings).read(desk.tenant_id):
        if one.leak_id != leak.leak_id:
            continue
        until = f"until {moment(one.until)}" if one.until else "for good"
        st.html(heading("Dismissed"))
        by = one.created_by.partition(":")[2]
        st.html(f"<p>{escape(one.reason)}</p>" + note(f"By {by}, {moment(one.created_at)}, {until}."))
        if desk.who.may_decide:
            given = (leak, name, one.suppression_id)
            st.button("Let it leak again", key=f"lift-{one.suppression_id}", on_click=_lift, args=given)


def _owner(desk: Desk, leak: Leak, name: str) -> None:
    known = {
        one.person_id: one.name or one.person_id.partition(":")[2] for one in People(desk.store).read(desk.tenant_id)
    }
    st.html(heading("Owner"))
    options = [_NOBODY, *known]
    if leak.owner is not None and leak.owner not in known:
        options.append(leak.owner)
    key = f"owner-{leak.leak_id}"
    with st.form(f"{key}-form", border=False):
        st.selectbox(
            "Who cares for it",
            options,
            index=options.index(leak.owner) if leak.owner else 0,
            format_func=lambda one: known.get(one, one),
            key=key,
        )
        st.form_submit_button("Set the owner", on_click=_assign, args=(leak, name, key))


def _dismiss(leak: Leak, name: str) -> None:
    reason, span = f"dismiss-reason-{leak.leak_id}", f"dismiss-span-{leak.leak_id}"
    st.html(heading("Not a leak?"))
    with st.form(f"dismiss-{leak.leak_id}", border=False):
        st.text_area("Why this is no leak", key=reason, max_chars=LONGEST_NOTE, height=80)
        st.selectbox("How long that holds", list(_UNTIL), key=span)
        st.form_submit_button("Dismiss", on_click=_dismissed, args=(leak, name, reason, span))
        st.html(note("What is proposed for it is withdrawn, and nothing like it is opened until then."))


def _assign(leak: Leak, name: str, key: str) -> None:
    chosen = st.session_state[key]

    def word(service: Dismissing, person: Person, at: datetime) -> str:
        owner = None if chosen == _NOBODY else chosen
        service.assign(leak.tenant_id, leak.leak_id, owner, person, channel="web", at=at)
        return f"{owner.partition(':')[2] or owner} cares for it now." if owner else "It has no owner now."

    decide_leak(leak.tenant_id, name, word)


def _dismissed(leak: Leak, name: str, reason: str, span: str) -> None:
    said, days = st.session_state[reason], _UNTIL[st.session_state[span]]

    def word(service: Dismissing, person: Person, at: datetime) -> str:
        until = at + timedelta(days=days) if days else None
        service.dismiss(leak.tenant_id, leak.leak_id, person, reason=said or "", until=until, channel="web", at=at)
        return f"Dismissed {f'until {moment(until)}' if until else 'for good'}."

    decide_leak(leak.tenant_id, name, word)


def _lift(leak: Leak, name: str, suppression_id: str) -> None:
    def word(service: Dismissing, person: Person, at: datetime) -> str:
        service.lift(leak.tenant_id, suppression_id, person, channel="web", at=at)
        return "What still leaks opens again with the next run."

    decide_leak(leak.tenant_id, name, word)
