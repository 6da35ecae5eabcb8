"""What happened to a leak and to what was proposed for it, and why nothing is proposed where nothing is."""

from datetime import datetime

import streamlit as st

from revops.actions.retry_invoice import NotProposed
from revops.bootstrap_actions import what_could_be_done
from revops.domain.leak import Leak
from revops.domain.proposal import Proposal
from revops.store.audit import Audit, AuditLine
from revops.store.people import People
from streamlit_app.desk import Desk
from streamlit_app.format import moment, words
from streamlit_app.markup import escape, heading, note, table
from streamlit_app.parts import proposal
from streamlit_app.verbs import say

# Of what a line says about itself, what a person reads; ids stand elsewhere on the page.
_TOLD = ("why", "resolution", "reason", "how", "until", "decline_code", "has_owner")


def instead(desk: Desk, leak: Leak, found: list[Proposal]) -> str:
    """Why nothing waits for a decision, and what to do instead. All texts are escaped."""
    ended = f"<p>{escape(proposal.outcome(found[-1]))}</p>" if found and found[-1].outcome else ""
    if leak.closed_at is not None:
        return ended + note(f"The leak has ended: {words(leak.status).lower()}.")
    if found and found[-1].action.status == "done":
        return ended + note("The leak ends with the next run that reads so from Stripe.")
    could = what_could_be_done(desk.store, desk.settings, leak)
    if could is None:
        return ended + note("Nothing is proposed for this kind of leak. Its playbook says what a person can do.")
    if isinstance(could, NotProposed):
        said = f"<p>Nothing is proposed: {escape(could.reason)}</p>"
        said += f"<p><strong>Instead:</strong> {escape(could.instead)}</p>" if could.instead else ""
        return ended + said + (note(f"It is looked at again from {moment(could.until)} on.") if could.until else "")
    if found:
        return ended + note("It is proposed again only when there is something new to decide on.")
    return note("A proposal follows with the next run.")


def show(desk: Desk, leak: Leak, found: list[Proposal]) -> None:
    """Every change of the leak and of its actions, the newest first."""
    audit = Audit(desk.store)
    ids = [leak.leak_id, *(one.action.action_id for one in found)]
    lines = [line for one in ids for line in audit.read(desk.tenant_id, object_id=one)]
    names = {one.person_id: one.name for one in People(desk.store).read(desk.tenant_id) if one.name}
    lines.sort(key=lambda line: line.sequence, reverse=True)
    rows = [(moment(line.at), say(line.verb.replace("_", ".", 1)), _details(line), _who(line, names)) for line in lines]
    st.html(heading("History"))
    st.html(table("Every change, the newest first", ("When", "What", "Details", "Who"), rows))


def _details(line: AuditLine) -> str:
    detail = line.detail
    said = []
    before, after = detail.get("from"), detail.get("to") or detail.get("status")
    if after and after != before:
        said.append(
            f"{words(str(before)).lower()} → {words(str(after)).lower()}" if before else words(str(after)).lower()
        )
    said += [_told(name, detail[name]) for name in _TOLD if detail.get(name) not in (None, "", False)]
    return "; ".join(said) or "–"


def _told(name: str, value: object) -> str:
    if name == "has_owner":
        return "has an owner"
    if name == "until" and isinstance(value, str):
        return f"until {moment(datetime.fromisoformat(value))}"
    text = str(value)
    return text.replace("_", " ") if "_" in text and " " not in text else text


def _who(line: AuditLine, names: dict[str, str]) -> str:
    return names.get(line.actor) or line.actor.partition(":")[2] or line.actor
