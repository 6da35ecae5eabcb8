"""The signed log of decisions: is it whole, who decided what, and the log itself to take away."""

from datetime import datetime

import streamlit as st

from revops.domain.decision_record import DecisionRecordError
from revops.domain.kept_records import KeptRecord
from revops.store.decisions import Decisions
from revops.store.leaks import Leaks
from revops.store.people import People
from revops.warehouse import Published
from streamlit_app.data import Row
from streamlit_app.desk import Desk, open_desk, watch
from streamlit_app.format import count, moment
from streamlit_app.markup import note, table
from streamlit_app.parts import decision_export, page, verified
from streamlit_app.verbs import say

# How many are read at first, and with each wish for older ones.
_STEP = 200
_MANY = "decisions_read"
_ALL = "All"


def _draw(_published: Published, _integration: Row, now: datetime) -> None:
    with open_desk(now) as desk:
        st.title("Decisions", anchor=False)
        newest = desk.newest
        if newest == 0:
            st.html(note("Nothing was decided yet. Every decision, and what came of it, will stand here."))
            watch(desk.tenant_id, newest, None)
            return
        verified.show(desk, newest)
        with st.container(horizontal=True):
            verified.again()
            decision_export.show(desk)
        _log(desk, newest)
        watch(desk.tenant_id, newest, None)


def _log(desk: Desk, newest: int) -> None:
    asked = int(st.session_state.get(_MANY, _STEP))
    records = Decisions(desk.store).newest(desk.tenant_id, asked)[::-1]
    names = {one.person_id: one.name for one in People(desk.store).read(desk.tenant_id) if one.name}
    objects = _objects(desk, records)
    rows = [_row(one, names, objects) for one in records]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("What", (_ALL, *sorted({row[2] for row in rows})), key="decision_kind", width=280)
        text = st.text_input(
            "Search", key="decision_search", type="search", placeholder="Person, note or id", width=280
        )
    wanted = (text or "").strip().lower()
    shown = [row for row in rows if kind in (_ALL, row[2]) and wanted in " ".join(row).lower()]
    st.html(
        table(
            f"{count(len(shown), 'record')} of the newest {len(rows):,}, the newest first",
            ("Number", "When", "What", "About", "Who", "Note"),
            shown,
        )
    )
    if len(records) < newest:
        st.button("Read older ones", on_click=_read_more, args=(asked,))


def _read_more(asked: int) -> None:
    st.session_state[_MANY] = asked + _STEP


def _objects(desk: Desk, records: list[KeptRecord]) -> dict[str, str]:
    """What each action or leak is about in the billing system, by leak: `in_1`."""
    ids = {_leak_id(one) for one in records} - {""}
    return {leak.leak_id: leak.object_id for leak in Leaks(desk.store).get(desk.tenant_id, sorted(ids))}


def _leak_id(kept: KeptRecord) -> str:
    try:
        record = kept.record
    except DecisionRecordError:
        return ""
    return record.subject.id if record.subject.type == "leak" else str(record.data.get("leak_id") or "")


def _row(kept: KeptRecord, names: dict[str, str], objects: dict[str, str]) -> tuple[str, ...]:
    try:
        record = kept.record
    except DecisionRecordError:
        return (str(kept.number), "–", "Cannot be read", "–", "–", "–")
    about = [
        objects.get(_leak_id(kept)),
        record.subject.id,
        f"version {record.subject.version}" if record.subject.version else None,
    ]
    return (
        f"{record.number:,}",
        moment(record.at),
        say(record.kind),
        ", ".join(one for one in about if one),
        _who(kept, names),
        _note(kept),
    )


def _who(kept: KeptRecord, names: dict[str, str]) -> str:
    actor = kept.record.actor
    told = kept.told("actor")
    if "actor" in kept.record.personal and told is None:
        return f"erased ({actor.id}), {actor.role}, {actor.channel}"
    if told is None:
        return actor.id
    return f"{names.get(told) or str(told).partition(':')[2]}, {actor.role}, {actor.channel}"


def _note(kept: KeptRecord) -> str:
    told = kept.told("note")
    if told is None:
        return "erased" if "note" in kept.record.personal else "–"
    return str(told)


page.show(_draw)
