"""Reads a statement's file strictly: any other field, type or spelling than ours is refused or kept as it differs."""

import base64
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import Any

from revops.domain.decision_record import DecisionRecordError, canonical
from revops.domain.kept_records import KeptRecord
from revops.earned.statement import (
    FORMAT,
    LINE_KINDS,
    Line,
    SignedStatement,
    Statement,
    StatementInputError,
    Total,
    check_month,
)

_Kinds = tuple[type, ...]
_TEXT: _Kinds = (str,)
_TEXT_OR_NOT: _Kinds = (str, NoneType)
_NUMBER: _Kinds = (int,)
_NUMBER_OR_NOT: _Kinds = (int, NoneType)

_FILE: Mapping[str, _Kinds] = {"hash": _TEXT, "signature": _TEXT, "statement": (dict,)}
_STATEMENT: Mapping[str, _Kinds] = {
    "format": _NUMBER,
    "tenant_id": _TEXT,
    "month": _TEXT,
    "made_at": _TEXT,
    "lines": (list,),
    "totals": (list,),
    "records": (list,),
    "keys": (list,),
    "key_id": _TEXT,
}
_LINE: Mapping[str, _Kinds] = {
    "number": _NUMBER,
    "kind": _TEXT,
    "finding_ids": (list,),
    "leak_id": _TEXT,
    "leak_type": _TEXT,
    "object_type": _TEXT,
    "object_id": _TEXT,
    "action_id": _TEXT,
    "action": (dict,),
    "approved_in": _NUMBER,
    "sent_in": _NUMBER,
    "ended_in": _NUMBER_OR_NOT,
    "idempotency_key": _TEXT_OR_NOT,
    "request_id": _TEXT_OR_NOT,
    "charge": _TEXT,
    "balance_transaction": _TEXT_OR_NOT,
    "payout": _TEXT_OR_NOT,
    "at": _TEXT,
    "currency": _TEXT,
    "amount_minor": _NUMBER,
    "fee_minor": _NUMBER_OR_NOT,
    "net_minor": _NUMBER_OR_NOT,
}
_TOTAL: Mapping[str, _Kinds] = {one.name: _TEXT if one.name == "currency" else _NUMBER for one in fields(Total)}
_RECORD: Mapping[str, _Kinds] = {"number": _NUMBER, "record": _TEXT, "hash": _TEXT, "signature": _TEXT}


def read_statement(text: str) -> tuple[SignedStatement, tuple[str, ...]]:
    """The statement of a file, and what is wrong with how it is written: `net_minor` of a line, or a line's number.

    Raises StatementInputError for what is no statement of ours, or one that was spelled anew.
    """
    try:
        content = json.loads(text)
        _check(content, _FILE, "the file")
        statement = _statement(content["statement"])
        spelled = canonical(content["statement"])
    except (DecisionRecordError, StatementInputError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise StatementInputError(
            f"This file is no recovery statement ({error}): `leaks statement` writes one."
        ) from None
    signed = SignedStatement(statement, spelled, content["hash"], content["signature"])
    if signed.file != text:
        raise StatementInputError(
            "This file was written anew since it was made: it is not spelled as RFC 8785 has it. Take the file as "
            "`leaks statement` wrote it."
        )
    return signed, tuple(_misspelled(content["statement"]["lines"], statement.lines))


def _statement(content: Any) -> Statement:
    _check(content, _STATEMENT, "the statement")
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']}, and this version reads {FORMAT}")
    check_month(content["month"])
    return Statement(
        tenant_id=content["tenant_id"],
        month=content["month"],
        made_at=_time(content["made_at"]),
        lines=tuple(_line(number, one) for number, one in enumerate(content["lines"], 1)),
        totals=tuple(_total(one) for one in content["totals"]),
        records=tuple(_record(one) for one in content["records"]),
        keys=tuple(base64.b64decode(one, validate=True) for one in content["keys"]),
        key_id=content["key_id"],
    )


def _line(number: int, content: Any) -> Line:
    _check(content, _LINE, f"line {number}")
    if content["kind"] not in LINE_KINDS or not all(isinstance(one, str) for one in content["finding_ids"]):
        raise ValueError(f"line {number} is of no kind, or names no findings")
    values = {name: content[name] for name in _LINE if name not in ("number", "net_minor")}
    return Line(**{**values, "finding_ids": tuple(content["finding_ids"]), "at": _time(content["at"])})


def _total(content: Any) -> Total:
    _check(content, _TOTAL, "a total")
    return Total(**content)


def _record(content: Any) -> KeptRecord:
    _check(content, _RECORD, "a record")
    return KeptRecord(content["number"], content["record"], content["hash"], content["signature"])


def _misspelled(contents: list[dict[str, Any]], lines: tuple[Line, ...]) -> list[str]:
    found = []
    for number, (content, line) in enumerate(zip(contents, lines, strict=True), 1):
        if content["number"] != number:
            found.append(f"Line {number} says that it is line {content['number']}.")
        if content["net_minor"] != line.net_minor:
            found.append(
                f"Line {number}: {content['net_minor']} is not what is left of {line.amount_minor} after a fee of "
                f"{line.fee_minor}."
            )
    return found


def _check(content: Any, wanted: Mapping[str, _Kinds], name: str) -> None:
    if not isinstance(content, dict) or content.keys() != wanted.keys():
        raise ValueError(f"{name} has other fields")
    for field, kinds in wanted.items():
        if not isinstance(content[field], kinds) or isinstance(content[field], bool):
            raise TypeError(f"{name} has something else as {field}")


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time has no zone")
    return at
