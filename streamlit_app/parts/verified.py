"""Whether the log of decisions is whole: checked once per newest record and session, and again on request."""

import streamlit as st

from revops.domain.record_faults import Verdict
from revops.store.anchors import verify_kept
from streamlit_app.desk import Desk
from streamlit_app.format import count
from streamlit_app.markup import escape_markdown, note

_HELD = "verified_log"


def show(desk: Desk, newest: int) -> None:
    """All N records are right and anchored up to M, or where and how it first goes wrong."""
    held = st.session_state.get(_HELD)
    name = (desk.tenant_id, newest)
    if held is None or held[0] != name:
        with st.spinner("Checking every signature"):
            held = (name, verify_kept(desk.settings, desk.store, desk.tenant_id))
        st.session_state[_HELD] = held
    _say(held[1])


def again() -> None:
    """A button that checks anew what was checked in this session."""
    st.button("Check again", on_click=_forget, help="Reads every record, its signature and the anchors anew.")


def _say(verdict: Verdict) -> None:
    sentence = escape_markdown(verdict.sentence)
    if verdict.fault is not None:
        st.error(f"**The log was changed.** {sentence}", icon=":material/gpp_bad:")
    else:
        st.success(sentence, icon=":material/verified_user:")
    said = list(verdict.notes)
    if verdict.erased:
        by = {(one.by, one.at[:10]) for one in verdict.erased}
        parts = count(len(verdict.erased), "part")
        said.append(
            f"{parts} erased, as the log itself says: {', '.join(f'on {at} by {who}' for who, at in sorted(by))}."
        )
    for one in said:
        st.html(note(one))


def _forget() -> None:
    st.session_state.pop(_HELD, None)
