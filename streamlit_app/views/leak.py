"""One leak: where it stands, who cares for it, why it is one, what is done about it, and everything that happened."""

from datetime import datetime

import streamlit as st

from revops.bootstrap_actions import proposals_of_leak
from revops.domain.leak import Leak
from revops.domain.proposal import Proposal
from revops.evidence import read_customers
from revops.store.leaks import Leaks
from revops.warehouse import Published
from streamlit_app import money, pages, stripe_links, tenants
from streamlit_app.data import Row
from streamlit_app.decide import show_said
from streamlit_app.desk import Desk, introduce, open_desk, watch
from streamlit_app.format import day, moment, percent, words
from streamlit_app.markup import escape, facts, heading, note, table
from streamlit_app.parts import answer, leak_word, page, past, proposal


def _draw(published: Published, integration: Row, now: datetime) -> None:
    st.page_link(pages.APPROVALS, label="Approvals", query_params=tenants.address({}), icon=":material/arrow_back:")
    with open_desk(now) as desk:
        seen = desk.newest
        leak = next(iter(Leaks(desk.store).get(desk.tenant_id, [st.query_params.get(pages.LEAK_ID, "")])), None)
        if leak is None:
            st.title("Leak", anchor=False)
            st.info("There is no such leak here.")
            return
        found = proposals_of_leak(desk.store, desk.settings, desk.tenant_id, leak.leak_id)
        name = _name(published, leak)
        st.html(_head(leak, name))
        _links(leak, integration)
        introduce(desk.who)
        show_said()
        st.html(facts(_facts(leak)))
        left, right = st.columns([6, 5], gap="large")
        with left:
            _steps(desk, leak, found)
            _reasons(desk, leak)
        with right:
            leak_word.show(desk, leak, name)
        past.show(desk, leak, found)
        watch(desk.tenant_id, seen, None)


def _name(published: Published, leak: Leak) -> str:
    name, _ = read_customers(published, [leak.customer_id])[leak.customer_id]
    return name or leak.customer_id or "Unknown customer"


def _head(leak: Leak, name: str) -> str:
    return (
        f'<h1 class="leaks-title">{escape(name)}</h1>'
        '<section class="leaks-figure"><p class="leaks-number">'
        f"{escape(money.text(leak.amount_minor, leak.currency))}</p></section>"
        f'<p><span class="leaks-tag">{escape(words(leak.status))}</span>'
        f"{escape(words(leak.leak_type))}: {escape(leak.object_id)}</p>"
    )


def _facts(leak: Leak) -> list[tuple[str, str]]:
    pairs = [
        ("Owner", leak.owner or "Nobody"),
        ("Confidence", percent(leak.confidence)),
        ("Detectable since", day(leak.first_detectable_at)),
        ("Opened", moment(leak.opened_at)),
    ]
    if leak.recurring_minor:
        pairs.append(("Lost per month from now", money.text(leak.recurring_minor, leak.currency)))
    if leak.closed_at is not None:
        pairs += [("Ended", moment(leak.closed_at)), ("How", words(leak.resolution))]
    return pairs


def _links(leak: Leak, integration: Row) -> None:
    in_stripe = stripe_links.link(leak.object_type, leak.object_id, integration)
    if in_stripe:
        st.link_button("Open in Stripe", in_stripe)


def _steps(desk: Desk, leak: Leak, found: list[Proposal]) -> None:
    """What is proposed or under way; else why nothing is, and what to do instead."""
    st.html(heading("What is done about it"))
    unsettled = [one for one in found if one.action.is_unsettled]
    for one in unsettled:
        with st.container(border=True, key=f"step-{one.action.action_id}"):
            outcome = f"<p>{escape(proposal.outcome(one))}</p>" if one.outcome else ""
            st.html(proposal.title(one) + proposal.content(one, desk.now) + outcome)
            if not desk.who.may_decide:
                continue
            if one.action.status == "drafted":
                answer.buttons(one)
            if one.action.status == "approved":
                answer.undo_button(one)
    if not unsettled:
        st.html(f'<div class="leaks-said">{past.instead(desk, leak, found)}</div>')


def _reasons(desk: Desk, leak: Leak) -> None:
    rows = []
    for one in Leaks(desk.store).reasons(desk.tenant_id, [leak.leak_id]):
        until = f"until {day(one.detached_at)}" if one.detached_at else f"since {day(one.attached_at)}"
        amount = money.text(one.amount_minor, one.currency)
        rows.append((words(one.leak_type), one.object_id, amount, percent(one.confidence), until))
    st.html(heading("Why it is one"))
    if not rows:
        st.html(note("No finding of today is attached to it."))
        return
    st.html(table("Findings", ("Leak type", "Object", "Amount", "Confidence", "Found"), rows, right=frozenset((2, 3))))
    for one in Leaks(desk.store).reasons(desk.tenant_id, [leak.leak_id]):
        if one.detached_at is None:
            st.page_link(
                pages.FINDING,
                label=f"The evidence: {words(one.leak_type).lower()}",
                query_params=tenants.address({pages.FINDING_ID: one.finding_id}),
                icon=":material/search:",
            )


page.show(_draw)
