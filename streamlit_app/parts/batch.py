"""Several proposals at once: one preview of exactly what would happen, and one button."""

from collections.abc import Sequence

import streamlit as st

from revops.bootstrap_actions import policy_in_force
from revops.domain.proposal import Proposal
from revops.service.batch import Foreseen, foresee, totals
from streamlit_app import money
from streamlit_app.decide import approve_all
from streamlit_app.desk import Desk
from streamlit_app.format import count
from streamlit_app.markup import note, table
from streamlit_app.parts import proposal as one
from streamlit_app.parts.answer import key


def choice(proposal: Proposal) -> str:
    """The key of the box that takes a proposal into the batch."""
    return key(proposal, "choose")


def choose_all(proposals: Sequence[Proposal], is_chosen: bool) -> None:
    """Take all that are shown into the batch, or none."""
    for shown in proposals:
        st.session_state[choice(shown)] = is_chosen


def show(desk: Desk, proposals: Sequence[Proposal]) -> None:
    """The preview of those that are chosen, and the one button; nothing where none is."""
    chosen = [shown for shown in proposals if st.session_state.get(choice(shown))]
    if not chosen or desk.who.person is None:
        return
    rules = policy_in_force(desk.store, desk.tenant_id, desk.now).approvals.rules
    foreseen = foresee(chosen, desk.who.person, rules, "web", desk.now)
    takable = [found for found in foreseen if not found.is_refused]
    with st.container(border=True, key="batch"):
        st.html(_preview(foreseen) + note(_sums(foreseen)))
        seen = tuple(
            (found.proposal.action.action_id, found.proposal.action.version_hash, found.proposal.customer)
            for found in takable
        )
        # Another choice is another button: a press is on the preview that it stands under.
        name = "approve-all-" + "-".join(version_hash[:8] for _, version_hash, _ in seen)
        with st.container(horizontal=True):
            st.button(
                f"Approve {count(len(seen), 'proposal')}",
                key=name,
                type="primary",
                disabled=not seen,
                on_click=approve_all,
                args=(desk.tenant_id, seen),
            )
            st.button("Choose none", on_click=choose_all, args=(proposals, False))


def _preview(foreseen: Sequence[Foreseen]) -> str:
    rows = [
        (found.proposal.customer, one.amount(found.proposal), _request(found), found.sentence) for found in foreseen
    ]
    return table(
        "What one yes to all of these does", ("Customer", "Amount", "Request", "Then"), rows, right=frozenset((1,))
    )


def _request(found: Foreseen) -> str:
    """What is sent if nobody else is needed; otherwise nothing is."""
    return one.request(found.proposal) if found.is_carried_out else "–"


def _sums(foreseen: Sequence[Foreseen]) -> str:
    sums = [money.text(amount, currency) for currency, amount in sorted(totals(foreseen).items())]
    asked = sum(found.is_carried_out for found in foreseen)
    refused = sum(found.is_refused for found in foreseen)
    waiting = len(foreseen) - asked - refused
    said = [f"Asked for in all: {', '.join(sums) if sums else 'nothing yet'}, {count(asked, 'request')}."]
    said += [f"{waiting} would still wait for somebody else."] if waiting else []
    said += [f"{refused} would be refused and {'is' if refused == 1 else 'are'} left out."] if refused else []
    return " ".join(said)
