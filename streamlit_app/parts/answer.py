"""The four answers to a proposal: yes, no with a reason, another time or a note, later.

What needs more than a press opens right below the buttons, not in a dialog. Every key names the version, so a press on
what is no longer shown presses nothing that is.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import get_args

import streamlit as st

from revops.domain.decision import LATEST_TIME, LONGEST_NOTE, DenyReason
from revops.domain.person import Person
from revops.domain.proposal import Proposal
from revops.service.decide import Decided, Deciding
from streamlit_app.decide import decide
from streamlit_app.format import words
from streamlit_app.markup import note as small

_LATER = {"Tomorrow": 1, "In 3 days": 3, "In a week": 7, "In two weeks": 14, "In 30 days": 30}
# What is open below which proposal; one at a time.
_OPEN = "open_answer"


def key(proposal: Proposal, what: str) -> str:
    """A widget's name; another version has another."""
    return f"{what}-{proposal.action.action_id}-{proposal.action.version_hash[:12]}"


def buttons(proposal: Proposal, beside: Callable[[], None] = lambda: None) -> None:
    """Approve, deny, change, later, what stands beside them, and the form of the one that was opened."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Approve", key=key(proposal, "approve"), type="primary", on_click=_approve, args=(proposal,))
        for what, label in (("deny", "Deny"), ("change", "Change"), ("later", "Later")):
            st.button(label, key=key(proposal, what), on_click=_toggle, args=(key(proposal, what),))
        beside()
    opened = st.session_state.get(_OPEN)
    for what, form in (("deny", _deny_form), ("change", _change_form), ("later", _later_form)):
        if opened == key(proposal, what):
            with st.form(key(proposal, f"{what}-form"), border=False):
                form(proposal)


def undo_button(proposal: Proposal) -> None:
    """Take an approval back."""
    st.button("Take back", key=key(proposal, "undo"), on_click=_undo, args=(proposal,))


def _toggle(name: str) -> None:
    st.session_state[_OPEN] = None if st.session_state.get(_OPEN) == name else name


def _deny_form(proposal: Proposal) -> None:
    reason, note = key(proposal, "reason"), key(proposal, "deny-note")
    st.selectbox("Why not", get_args(DenyReason), format_func=words, key=reason, width=320)
    st.text_area("In your words (needed for other)", key=note, max_chars=LONGEST_NOTE, height=80)
    st.form_submit_button("Deny it", on_click=_deny, args=(proposal, reason, note))


def _change_form(proposal: Proposal) -> None:
    at, note = key(proposal, "time"), key(proposal, "change-note")
    # Nothing here moves with the clock, or the field would begin anew while somebody fills it in.
    asked = proposal.action.updated_at.replace(tzinfo=None, second=0, microsecond=0)
    given = proposal.action.draft.not_before
    shown = given.replace(tzinfo=None, second=0, microsecond=0) if given else asked
    earliest, latest = min(shown, asked), max(shown, asked + 2 * LATEST_TIME)
    st.datetime_input("Not before (UTC)", shown, min_value=earliest, max_value=latest, key=at, width=320)
    st.text_area("A note to who decides", key=note, max_chars=LONGEST_NOTE, height=80)
    st.form_submit_button("Propose this change", on_click=_change, args=(proposal, at, note, shown))
    st.html(small("It becomes another version, and somebody else must approve it."))


def _later_form(proposal: Proposal) -> None:
    name = key(proposal, "until")
    st.selectbox("Ask again", list(_LATER), key=name, width=320)
    st.form_submit_button("Put it off", on_click=_snooze, args=(proposal, name))


def _approve(proposal: Proposal) -> None:
    def word(service: Deciding, person: Person, at: datetime) -> Decided:
        return service.approve(*_seen(proposal), person, channel="web", at=at)

    decide(proposal.action.tenant_id, proposal.customer, word)


def _undo(proposal: Proposal) -> None:
    def word(service: Deciding, person: Person, at: datetime) -> Decided:
        return service.undo(*_seen(proposal), person, channel="web", at=at)

    decide(proposal.action.tenant_id, proposal.customer, word)


def _deny(proposal: Proposal, reason: str, note: str) -> None:
    state = st.session_state

    def word(service: Deciding, person: Person, at: datetime) -> Decided:
        return service.deny(*_seen(proposal), person, channel="web", at=at, reason=state[reason], note=state[note])

    _close_if(decide(proposal.action.tenant_id, proposal.customer, word))


def _change(proposal: Proposal, time: str, note: str, shown: datetime) -> None:
    chosen, said = st.session_state[time], st.session_state[note]
    # A time that was left as it stood is no wish for another one.
    not_before = None if chosen in (None, shown) else chosen.replace(tzinfo=UTC)

    def word(service: Deciding, person: Person, at: datetime) -> Decided:
        return service.refine(*_seen(proposal), person, channel="web", at=at, not_before=not_before, note=said)

    _close_if(decide(proposal.action.tenant_id, proposal.customer, word))


def _snooze(proposal: Proposal, name: str) -> None:
    days = _LATER[st.session_state[name]]

    def word(service: Deciding, person: Person, at: datetime) -> Decided:
        # Rounded down, so that the longest choice is within the longest time allowed.
        until = (at + timedelta(days=days)).replace(second=0, microsecond=0)
        return service.snooze(*_seen(proposal), person, channel="web", at=at, until=until)

    _close_if(decide(proposal.action.tenant_id, proposal.customer, word))


def _seen(proposal: Proposal) -> tuple[str, str, str]:
    return proposal.action.tenant_id, proposal.action.action_id, proposal.action.version_hash


def _close_if(is_taken: bool) -> None:
    if is_taken:
        st.session_state[_OPEN] = None
