"""A new definition that would withdraw much of the open money: what it is about, leak by leak, and an admin's answer.

Who has no role at the tenant sees nothing of it.
"""

from collections.abc import Sequence
from difflib import unified_diff

import streamlit as st

from revops.bootstrap_leaks import asked_of
from revops.domain.withdrawal import Answer
from revops.evidence import read_customers
from revops.service.endings import Ending
from revops.service.withdrawals import Asked
from revops.store.policies import Policies
from revops.warehouse import Published
from streamlit_app import money, pages, tenants, withdraw
from streamlit_app.data import verdicts
from streamlit_app.desk import Desk
from streamlit_app.format import count, moment, percent, words
from streamlit_app.markup import escape_markdown, heading, note, table

PAGE_SIZE = 25
_PAGE = "withdrawal_page"
# As much of a definition's name as tells two apart.
_SHOWN = 8


def notice(desk: Desk, published: Published) -> None:
    """On the first page: how much waits for an answer, and the way to it."""
    asked = _asked(desk, published, ("asked",))
    if asked is None:
        return
    st.info(
        f"**A definition has changed.** By it {escape_markdown(_leaks(asked))} "
        f"({escape_markdown(', '.join(_amounts(asked)))}) would be withdrawn. "
        f"{'It stays' if asked.withdrawal.leaks == 1 else 'They stay'} open until an admin has agreed; "
        "the figures here are without them.",
        icon=":material/rule:",
    )
    st.page_link(
        pages.APPROVALS,
        label="What would be withdrawn, and why",
        query_params=tenants.address({}),
        icon=":material/rule:",
    )


def show(desk: Desk, published: Published) -> None:
    """Everything that is needed to answer, and for an admin the two answers; nothing where nothing is asked."""
    asked = _asked(desk, published, ("asked", "refused"))
    if asked is None:
        return
    with st.container(border=True, key="withdrawal"):
        said = note(_sentence(asked)) + note(_standing(desk, asked))
        st.html(heading("A changed definition would withdraw leaks") + said)
        with st.expander(f"Which: {_leaks(asked)}", expanded=True):
            _list(published, asked)
        _policy(desk)
        if desk.who.person is not None and desk.who.person.is_at_least("admin"):
            _answers(desk, asked)


def _asked(desk: Desk, published: Published, statuses: tuple[Answer, ...]) -> Asked | None:
    if desk.who.person is None:
        return None
    return asked_of(desk.store, desk.tenant_id, published, desk.now, statuses)


def _leaks(asked: Asked) -> str:
    return count(asked.withdrawal.leaks, "leak")


def _amounts(asked: Asked) -> list[str]:
    return [money.text(minor, currency) for currency, minor in sorted(asked.withdrawal.withdrawn_minor.items())]


def _sentence(asked: Asked) -> str:
    """Per currency what would go and what is open; sums of different currencies are never added."""
    everything = asked.withdrawal.open_minor
    parts = [
        f"{money.text(minor, currency)} of {money.text(everything[currency], currency)} open"
        for currency, minor in sorted(asked.withdrawal.withdrawn_minor.items())
    ]
    return (
        f"Our detector or your policy has changed, and by the new definition {_leaks(asked)} "
        f"{'is' if asked.withdrawal.leaks == 1 else 'are'} none: {', '.join(parts)}. Nothing happened to the money. "
        "So much is withdrawn only when an admin agrees."
    )


def _standing(desk: Desk, asked: Asked) -> str:
    question = asked.question
    said = f"Asked {moment(question.asked_at)}."
    if question.status == "refused":
        by = (question.decided_by or "").partition(":")[2]
        said = f"Refused by {by}, {moment(question.decided_at)}; it can still be agreed to."
    if desk.who.person is not None and not desk.who.person.is_at_least("admin"):
        said += " Answering takes an admin."
    return said


def _list(published: Published, asked: Asked) -> None:
    """All of them, the largest of each currency first, a page at a time."""
    found = sorted(asked.endings, key=lambda one: (one.leak.currency, -one.leak.amount_minor, one.leak.leak_id))
    last = -(-len(found) // PAGE_SIZE)
    number = min(int(st.session_state.get(_PAGE, 1)), last)
    part = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    st.html(
        table(
            f"Would be withdrawn: {_leaks(asked)}",
            ("Customer", "Amount", "Leak", "Old definition", "New definition"),
            _rows(published, part),
            right=frozenset((1,)),
        )
    )
    if last > 1:
        st.session_state[_PAGE] = number
        st.pagination(last, key=_PAGE)


def _rows(published: Published, part: Sequence[Ending]) -> list[tuple[str, ...]]:
    customers = read_customers(published, [one.leak.customer_id for one in part])
    today = verdicts.of_objects(published, [(one.leak.leak_type, one.leak.object_id) for one in part])
    rows: list[tuple[str, ...]] = []
    for one in part:
        leak = one.leak
        kind = f"{percent(leak.confidence)} confidence" + ("" if leak.is_alert else ", a review in no total")
        verdict = today.get((leak.leak_type, leak.object_id))
        says = words(verdict) if verdict else "No leak, and nothing more is said of it"
        rows.append(
            (
                customers[leak.customer_id][0] or leak.customer_id or "Unknown customer",
                money.text(leak.amount_minor, leak.currency),
                f"{words(leak.leak_type)}: {leak.object_id}",
                f"A leak, {kind} ({leak.definition_version[:_SHOWN]})",
                f"{says} ({one.how.definition_version[:_SHOWN]})",
            )
        )
    return rows


def _policy(desk: Desk) -> None:
    """What people changed last: a definition is a detector's SQL and the policy together."""
    versions = Policies(desk.store).read(desk.tenant_id)
    if not versions:
        st.html(note("No policy was ever imported, so it is a detector of ours that has changed."))
        return
    newest = versions[-1]
    before = versions[-2].document if len(versions) > 1 else ""
    changes = [*unified_diff(before.splitlines(), newest.document.splitlines(), lineterm="", n=1)][2:]
    with st.expander(f"What the newest policy, version {newest.number} of {moment(newest.valid_from)}, changed"):
        st.html(note(f"By {newest.author}. If this explains none of it, a detector of ours has changed."))
        # Colours of a diff are too pale on the light theme; the signs say it.
        st.code("\n".join(changes), language=None)


def _answers(desk: Desk, asked: Asked) -> None:
    # Another question, or another answer to it, has other buttons: a press is on what it stands under.
    name = f"{asked.question.withdrawal_id}-{asked.question.status}"
    with st.container(horizontal=True):
        st.button(
            f"Withdraw {_leaks(asked)}",
            key=f"withdraw-{name}",
            type="primary",
            on_click=withdraw.answer,
            args=(desk.tenant_id, asked, "confirmed"),
        )
        if asked.question.status == "asked":
            st.button(
                "Keep them open",
                key=f"keep-{name}",
                on_click=withdraw.answer,
                args=(desk.tenant_id, asked, "refused"),
            )
