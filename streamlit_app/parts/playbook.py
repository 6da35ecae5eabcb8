"""What to check first, how to recover the money, and when to leave it, from the leak type's playbook."""

import streamlit as st

from revops.leak_types import LeakTypeError
from revops.playbooks import read_playbook

# What people ask, and the headings of a playbook that answer it.
_QUESTIONS = (
    ("What to check first", ("How to check",)),
    ("How to recover it", ("What to do",)),
    ("When not to act", ("False positives", "Never")),
)


def show(leak_type: str) -> None:
    """Three sections, the first one open; a leak type of another version has none here and says so."""
    try:
        sections = read_playbook(leak_type)
    except LeakTypeError:
        st.caption("This version has no playbook for this leak type.")
        return
    for number, (question, headings) in enumerate(_QUESTIONS):
        texts = [sections[heading] for heading in headings if sections.get(heading)]
        if texts:
            with st.expander(question, expanded=number == 0):
                # A dollar sign would start a formula.
                st.markdown("\n\n".join(texts).replace("$", "\\$"))
