"""What awaits a decision, what was approved and can still be taken back, what is under way, and what became of it.

A new definition that would withdraw much of the open money stands first: it may take proposals with it.
"""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from revops.bootstrap_actions import ended_proposals, proposals
from revops.domain.proposal import Proposal
from revops.warehouse import Published
from streamlit_app import pages
from streamlit_app.data import Row
from streamlit_app.decide import show_said
from streamlit_app.desk import Desk, introduce, open_desk, watch
from streamlit_app.format import count
from streamlit_app.markup import escape_markdown, heading, note
from streamlit_app.parts import answer, batch, page, proposal, settled, withdrawal
from streamlit_app.parts.proposal_filters import chosen_order, filtered

PAGE_SIZE = 10
_ENDED = 20


def _draw(published: Published, _integration: Row, now: datetime) -> None:
    with open_desk(now) as desk:
        seen = desk.newest
        found = proposals(
            desk.store,
            desk.settings,
            desk.tenant_id,
            statuses=("drafted", "approved", "dispatching", "unknown"),
        )
        drafted = [one for one in found if one.action.status == "drafted" and one.action.expires_at > now]
        later = [one for one in drafted if _is_later(one, now)]
        waiting = [one for one in drafted if not _is_later(one, now)]
        st.title("Approvals", anchor=False)
        introduce(desk.who)
        show_said()
        withdrawal.show(desk, published)
        _inbox(desk, waiting)
        settled.approved(desk, [one for one in found if one.action.status == "approved"])
        settled.under_way([one for one in found if one.action.status in ("dispatching", "unknown")])
        settled.put_off(desk, later)
        settled.ended(ended_proposals(desk.store, desk.settings, desk.tenant_id, limit=_ENDED))
        watch(desk.tenant_id, seen, _next_change(found, now))


def _inbox(desk: Desk, waiting: Sequence[Proposal]) -> None:
    if not waiting:
        st.html(note("Nothing awaits a decision."))
        return
    st.html(heading(proposal.waiting_words(len(waiting))))
    shown = filtered(waiting, chosen_order(waiting))
    if not shown:
        st.info("No proposal passes these filters.")
        return
    last = -(-len(shown) // PAGE_SIZE)
    number = min(int(st.session_state.get(pages.PAGE, 1)), last)
    part = shown[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    if desk.who.may_decide:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"Choose {count(len(part), 'proposal')}" if len(part) < len(shown) else "Choose all",
                on_click=batch.choose_all,
                args=(part, True),
            )
        batch.show(desk, part)
    for one in part:
        _ask(desk, one)
    if last > 1:
        st.session_state[pages.PAGE] = number
        st.pagination(last, key=pages.PAGE)


def _ask(desk: Desk, one: Proposal) -> None:
    with st.container(border=True, key=f"ask-{one.action.action_id}"):
        st.html(proposal.title(one) + proposal.content(one, desk.now))
        if desk.who.may_decide:
            answer.buttons(one, lambda: _beside(one))
        else:
            proposal.link_to_leak(one)


def _beside(one: Proposal) -> None:
    st.checkbox("Choose", key=batch.choice(one), help=f"Decide on {escape_markdown(one.customer)} with others at once")
    proposal.link_to_leak(one)


def _is_later(one: Proposal, now: datetime) -> bool:
    return one.action.snoozed_until is not None and one.action.snoozed_until > now


def _next_change(found: Sequence[Proposal], now: datetime) -> datetime | None:
    """When time alone changes what is on the page."""
    times = (
        moment
        for one in found
        for moment in (one.action.undo_until, one.action.snoozed_until, one.action.expires_at)
        if moment is not None and moment > now
    )
    return min(times, default=None)


page.show(_draw)
