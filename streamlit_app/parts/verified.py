"""Whether the log of decisions is whole.

A log of some thousand records is checked whenever there is a new one; a longer one takes seconds (0.4 ms a record), so
it is checked when somebody asks, and the page says what was not.
"""

import streamlit as st

from revops.domain.record_faults import Verdict
from revops.store.anchors import verify_kept
from streamlit_app.desk import Desk
from streamlit_app.format import count
from streamlit_app.markup import escape_markdown, note

_HELD, _WISHED = "verified_log", "verify_log"
_AT_ONCE = 5_000


def show(desk: Desk, newest: int) -> None:
    """All N records are right and anchored up to M, or where and how it first goes wrong."""
    held = st.session_state.get(_HELD)
    name = (desk.tenant_id, newest)
    is_wished = st.session_state.pop(_WISHED, False)
    if is_wished or (newest <= _AT_ONCE and (held is None or held[0] != name)):
        with st.spinner("Checking every signature"):
            held = (name, verify_kept(desk.settings, desk.store, desk.tenant_id))
        st.session_state[_HELD] = held
    if held is None or held[0][0] != desk.tenant_id:
        st.html(note(f"The log has {newest:,} records. It is checked when you ask for it."))
        return
    _say(held[1])
    if held[0] != name:
        st.html(note(f"{count(newest - held[0][1], 'newer record')} not checked yet."))


def again() -> None:
    """A button that checks the whole log now."""
    st.button("Check every record", on_click=_wish, help="Reads every record, its signature and the anchors anew.")


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


def _wish() -> None:
    st.session_state[_WISHED] = True
