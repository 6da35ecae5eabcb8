"""Whether a line of a recovery statement is what its signed records say, and lies in the statement's month."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeGuard

import rfc8785

from revops.domain.decision_record import DecisionRecord, moment
from revops.earned.outcomes import ATTRIBUTED_WITHIN
from revops.earned.statement import Line, Statement

# The billing system's clock and ours agree only so far; it counts in whole seconds besides.
_CLOCKS_DIFFER = timedelta(minutes=5)


def line_problems(line: Line, statement: Statement, records: Mapping[int, DecisionRecord]) -> list[str]:
    """What is wrong with a line, as ends of sentences; `records` are those that are right."""
    version = version_hash(line.action)
    return [
        *_money(line),
        *_time(line, statement),
        *_action(line),
        *_decided(line, version, records),
        *_sent(line, version, records),
        *_ended(line, version, records),
    ]


def _money(line: Line) -> Iterator[str]:
    if line.kind == "payment" and line.amount_minor <= 0:
        yield f"a payment of {line.amount_minor} is none."
    if line.kind != "payment" and line.amount_minor >= 0:
        yield f"a {line.kind} of {line.amount_minor} went not back: below zero is what did."
    if line.kind == "payment" and line.fee_minor is not None and line.fee_minor < 0:
        yield f"a fee of {line.fee_minor} on a payment is none."


def _time(line: Line, statement: Statement) -> Iterator[str]:
    if not statement.begins_at <= line.at < statement.ends_at:
        yield f"{moment(line.at)} is not in {statement.month}."
    if line.at > statement.made_at + _CLOCKS_DIFFER:
        yield f"{moment(line.at)} is after the statement was made."


def _action(line: Line) -> Iterator[str]:
    if line.action.get("currency") != line.currency:
        yield f"it is in {line.currency}, and what was approved in {line.action.get('currency')}."
    # A retry asks for the invoice, a letter and a task rest on it.
    invoices = [part["invoice"] for part in map(line.action.get, ("body", "facts")) if _names_invoice(part)]
    for invoice in invoices if line.object_type == "invoice" else ():
        if invoice != line.object_id:
            yield f"it is about {line.object_id}, and what was approved about {invoice}."


def _decided(line: Line, version: str, records: Mapping[int, DecisionRecord]) -> Iterator[str]:
    record = records.get(line.approved_in)
    if record is None:
        yield f"the record {line.approved_in} of its approval is missing or wrong."
        return
    yield from _same_action(line, version, record, "action.approve")


def _sent(line: Line, version: str, records: Mapping[int, DecisionRecord]) -> Iterator[str]:
    record = records.get(line.sent_in)
    if record is None:
        yield f"the record {line.sent_in} that it was carried out is missing or wrong."
        return
    yield from _same_action(line, version, record, "action.begin")
    if line.sent_in <= line.approved_in:
        yield f"it was carried out in record {line.sent_in}, before it was approved in {line.approved_in}."
    request = record.data.get("request")
    key = request.get("idempotency_key") if isinstance(request, dict) else None
    if key != line.idempotency_key:
        yield f"it names the idempotency key {line.idempotency_key}, and record {line.sent_in} says {key}."
    if line.at < _second(record.at) - _CLOCKS_DIFFER:
        yield f"the money moved at {moment(line.at)}, before anything was done ({moment(record.at)})."
    if line.kind == "payment" and line.at > record.at + ATTRIBUTED_WITHIN + _CLOCKS_DIFFER:
        days = ATTRIBUTED_WITHIN.days
        yield f"the money came at {moment(line.at)}, more than {days} days after {moment(record.at)}."


def _ended(line: Line, version: str, records: Mapping[int, DecisionRecord]) -> Iterator[str]:
    if line.ended_in is None:
        return
    record = records.get(line.ended_in)
    if record is None:
        yield f"the record {line.ended_in} of what it came to is missing or wrong."
        return
    yield from _same_action(line, version, record, "action.succeed")
    if line.ended_in <= line.sent_in:
        yield f"it ended in record {line.ended_in}, before it was carried out in {line.sent_in}."
    if record.data.get("how") != "paid":
        return
    said = {name: record.data.get(name) for name in ("charge", "currency", "amount_minor")}
    ours: dict[str, Any] = {"charge": line.charge, "currency": line.currency}
    if line.kind == "payment":
        ours["amount_minor"] = line.amount_minor
    for name, value in ours.items():
        if said[name] != value:
            yield f"its {name.removesuffix('_minor')} is {value}, and record {line.ended_in} says {said[name]}."


def _same_action(line: Line, version: str, record: DecisionRecord, kind: str) -> Iterator[str]:
    where = f"record {record.number}"
    if record.kind != kind:
        yield f"{where} is no {kind}, it is {record.kind}."
    if (record.subject.type, record.subject.id) != ("action", line.action_id):
        yield f"{where} is about {record.subject.type} {record.subject.id}, and the line about {line.action_id}."
    if record.data.get("leak_id") != line.leak_id:
        yield f"{where} is about leak {record.data.get('leak_id')}, and the line about {line.leak_id}."
    if record.subject.version_hash != version:
        yield f"its action is not the one that {where} names: its amount, currency, recipient or body differ."


def version_hash(action: Mapping[str, Any]) -> str:
    """What an approval binds to: SHA-256 of the canonical JSON of the version, in hex (`Draft.version_hash`)."""
    return hashlib.sha256(rfc8785.dumps(dict(action))).hexdigest()


def _names_invoice(part: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(part, dict) and "invoice" in part


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
