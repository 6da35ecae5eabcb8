"""One proposal: what is asked, why, what happens on a yes, who must say it, and what became of it."""

from datetime import datetime

import streamlit as st

from revops.bootstrap_actions import request_of
from revops.domain.letter import with_named_links
from revops.domain.proposal import Proposal
from streamlit_app import money, pages, tenants
from streamlit_app.format import ago, count, moment, percent, words
from streamlit_app.markup import escape, note

LANGUAGES_BY_NAME = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}


def amount(proposal: Proposal) -> str:
    """What is asked for: `$1,299.00`."""
    return money.text(proposal.action.draft.amount_minor, proposal.action.draft.currency)


def outcome(proposal: Proposal) -> str:
    """What became of it, in a sentence; empty while it is undecided."""
    return money.in_words(proposal.outcome or "")


def title(proposal: Proposal) -> str:
    """The customer and the amount, as the heading of a proposal."""
    return (
        f'<h3 class="leaks-heading leaks-ask"><span>{escape(proposal.customer)}</span>'
        f"<strong>{escape(amount(proposal))}</strong></h3>"
    )


def content(proposal: Proposal, now: datetime) -> str:
    """Facts, reasons and what happens on a yes. All texts are escaped."""
    leak, action = proposal.leak, proposal.action
    facts = [
        words(action.draft.kind),
        proposal.plan,
        words(leak.leak_type),
        leak.object_id,
        f"{percent(leak.confidence)} confidence",
        f"asked {ago(action.created_at, now)}",
        f"version {action.version}" if action.version > 1 else None,
    ]
    reasons = "".join(f"<li>{escape(money.in_words(reason))}</li>" for reason in proposal.why)
    said = (
        note(", ".join(fact for fact in facts if fact))
        + (f'<ul class="leaks-reasons">{reasons}</ul>' if reasons else "")
        + f"<p><strong>On approve:</strong> {escape(money.in_words(proposal.what_happens))} "
        + f"{escape(when(proposal, now))}</p>"
        + words_that_go_out(proposal)
        + note(needs(proposal))
    )
    return f'<div class="leaks-said">{said}</div>'


def words_that_go_out(proposal: Proposal) -> str:
    """The letter or the task as it would go out; links are named, because they are made when it is sent."""
    if proposal.letter is not None:
        letter = proposal.letter.letter
        if letter is None:
            return note("The letter was erased.")
        by = {"template": "from the template", "model": "by the language model", "person": "by a person"}
        said = f"To {proposal.letter.address}, in {LANGUAGES_BY_NAME[letter.language]}, {by[letter.written_by]}"
        about = note(f"{said}. {letter.note}" if letter.note else f"{said}.")
        return about + _quoted(letter.subject, with_named_links(letter.text))
    if proposal.task is not None:
        return _quoted(proposal.task.title, proposal.task.description)
    return ""


def _quoted(heading: str, text: str) -> str:
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in text.split("\n") if one.strip())
    return f'<blockquote class="leaks-quote"><strong>{escape(heading)}</strong>{paragraphs}</blockquote>'


def when(proposal: Proposal, now: datetime) -> str:
    """From when on it would be carried out."""
    not_before = proposal.action.draft.not_before
    return "At once." if not_before is None or not_before <= now else f"From {moment(not_before)} on."


def needs(proposal: Proposal) -> str:
    """Who must say yes, who has, and until when it is asked."""
    given = [f"{person(proposal, one.person_id)} said yes" for one in proposal.action.approvals]
    said = f"; {', '.join(given)}" if given else ""
    return f"Needs {proposal.needs}{said}. Asked until {moment(proposal.action.expires_at)}."


def person(proposal: Proposal, person_id: str) -> str:
    """What people call somebody who decided."""
    return dict(proposal.people).get(person_id, person_id.partition(":")[2])


def request(proposal: Proposal) -> str:
    """The exact request in one line: `POST /v1/invoices/in_1/pay off_session=true`."""
    found = proposal.action.request or request_of(proposal.action.draft).as_json(None)
    form = "".join(f" {name}={value}" for name, value in dict(found["form"]).items())
    return f"{found['method']} {found['path']}{form}"


def link_to_leak(proposal: Proposal) -> None:
    """The page of the leak that it is about."""
    st.page_link(
        pages.LEAK,
        label="About this leak",
        query_params=tenants.address({pages.LEAK_ID: proposal.leak.leak_id}),
        icon=":material/open_in_new:",
    )


def waiting_words(number: int) -> str:
    """`3 proposals await a decision`."""
    return f"{count(number, 'proposal')} {'awaits' if number == 1 else 'await'} a decision"
