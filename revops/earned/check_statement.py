"""Checks a recovery statement with nothing but the statement and a public key: every problem is named.

Whom it trusts: the keys that are given, and those that they named as their successors in signed records. One of these
has to have signed the statement. Keys that the statement lists are believed about records only then, because that
signature covers the list. Where a former key is the one that is trusted, whoever stole it could have named another
successor; give the key of now to rule that out.

What it cannot see: that a line was left out by somebody with the key. The billing system's own list of charges can.
"""

import base64
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from revops.domain.decision_record import (
    KEY_ROTATED,
    DecisionRecord,
    DecisionRecordError,
    hash_of,
    is_signed,
    key_id_of,
)
from revops.domain.kept_records import KeptRecord
from revops.earned.check_line import line_problems
from revops.earned.statement import Line, SignedStatement, Statement, StatementError, add_up, order


def check_statement(signed: SignedStatement, trusted: Collection[bytes]) -> tuple[str, ...]:
    """Everything that is wrong, a sentence each; `trusted` are public keys (32 raw bytes) from elsewhere."""
    statement = signed.statement
    keys = _trusted_keys(statement.records, trusted)
    problems = _signature(signed, keys)
    if not problems:
        keys = {key_id_of(one): one for one in statement.keys} | keys
    records, broken = _records(statement, keys)
    problems += broken
    problems += _twice(statement.lines)
    problems += _order(statement.lines)
    for number, line in enumerate(statement.lines, 1):
        problems += [f"Line {number} ({line.charge}): {one}" for one in line_problems(line, statement, records)]
    problems += _more_than_asked(statement.lines)
    return tuple(problems + _totals(statement) + _left_over(statement, records))


def refuse_unproved(signed: SignedStatement, trusted: Collection[bytes]) -> None:
    """Raises StatementError where a statement would not prove what it says; asked before one goes out."""
    problems = check_statement(signed, trusted)
    if problems:
        more = f" And {len(problems) - 5} more." if len(problems) > 5 else ""
        raise StatementError(
            f"The statement for {signed.statement.month} would not prove what it says, so it was not written. "
            f"{' '.join(problems[:5])}{more} Run `leaks decisions verify` first; it says whether the log is whole."
        )


def _trusted_keys(records: Sequence[KeptRecord], trusted: Collection[bytes]) -> dict[str, bytes]:
    """The given keys, and whom they named as successors, in the order of the log."""
    keys = {key_id_of(one): one for one in trusted}
    for kept in sorted(records, key=lambda one: one.number):
        record = _readable(kept)
        if record is None or record.kind != KEY_ROTATED or hash_of(kept.text) != kept.hash:
            continue
        if is_signed(kept.hash, kept.signature, keys.get(record.key_id, b"")):
            successor = _successor(record)
            keys.setdefault(key_id_of(successor), successor)
    return keys


def _signature(signed: SignedStatement, keys: Mapping[str, bytes]) -> list[str]:
    if hash_of(signed.text) != signed.hash:
        return ["The statement was changed after it was signed: its hash is another."]
    key_id = signed.statement.key_id
    key = keys.get(key_id)
    if key is None:
        return [f"The statement is signed with {key_id}, which is none of the keys that are trusted, nor named by one."]
    if not signed.is_signed_by(key):
        return [f"The statement's signature is not by {key_id}: somebody without that key wrote it."]
    return []


def _records(statement: Statement, keys: Mapping[str, bytes]) -> tuple[dict[int, DecisionRecord], list[str]]:
    """The records that are right, by number, and what is wrong with the others."""
    right: dict[int, DecisionRecord] = {}
    problems: list[str] = []
    counts = Counter(one.number for one in statement.records)
    for kept in statement.records:
        problem = _record_problem(kept, statement.tenant_id, keys)
        if problem is None and counts[kept.number] > 1:
            problem = "there are several with its number"
        if problem is not None:
            problems.append(f"Record {kept.number}: {problem}.")
        else:
            right[kept.number] = kept.record
    if not problems:
        for before, one in pairwise(statement.records):
            if one.number < before.number:
                problems.append(f"Record {one.number} stands after record {before.number}.")
            elif one.number == before.number + 1 and one.record.previous_hash != before.hash:
                problems.append(f"Record {one.number} follows another record than {before.number}: of another history.")
    return right, problems


def _record_problem(kept: KeptRecord, tenant_id: str, keys: Mapping[str, bytes]) -> str | None:
    record = _readable(kept)
    if record is None:
        return "its text is no decision record"
    if hash_of(kept.text) != kept.hash:
        return "its content is not what was hashed"
    if record.number != kept.number:
        return f"it says that it is record {record.number}"
    if record.tenant_id != tenant_id:
        return f"it is of another tenant ({record.tenant_id})"
    key = keys.get(record.key_id)
    if key is None:
        return f"nobody vouches for the key {record.key_id} that it is signed with"
    if not is_signed(kept.hash, kept.signature, key):
        return f"its signature is not by {record.key_id}"
    return None


def _twice(lines: Sequence[Line]) -> list[str]:
    charges = Counter(one.charge for one in lines if one.kind == "payment")
    moves = Counter(one.balance_transaction for one in lines if one.balance_transaction is not None)
    # What went back of a charge several times has no other name where the balance transaction is not known.
    unnamed = Counter((one.kind, one.charge, one.at, one.amount_minor) for one in lines if not one.balance_transaction)
    return [
        *(f"The charge {name} is there {count} times." for name, count in charges.items() if count > 1),
        *(f"The balance transaction {name} is there {count} times." for name, count in moves.items() if count > 1),
        *(
            f"The {kind} of {charge} is there {count} times, without a balance transaction to tell them apart."
            for (kind, charge, _at, _amount), count in unnamed.items()
            if count > 1 and kind != "payment"
        ),
    ]


def _order(lines: Sequence[Line]) -> list[str]:
    places = enumerate(pairwise(lines), 2)
    return [f"Line {place} is out of order." for place, (before, one) in places if order(one) < order(before)]


def _more_than_asked(lines: Sequence[Line]) -> list[str]:
    """Of one leak no more came than somebody approved, and of one charge no more went back than came."""
    came, approved, left = Counter[str](), Counter[str](), Counter[str]()
    for one in lines:
        left[one.charge] += one.amount_minor
        if one.kind == "payment":
            came[one.leak_id] += one.amount_minor
            approved[one.leak_id] = max(approved[one.leak_id], _amount(one))
    paid = sorted({one.charge for one in lines if one.kind == "payment"})
    return [
        *(
            f"Leak {leak_id}: {amount} minor units came, and what was approved is about {approved[leak_id]}."
            for leak_id, amount in sorted(came.items())
            if amount > approved[leak_id]
        ),
        *(
            f"The charge {charge}: more went back than came, by {-left[charge]} minor units."
            for charge in paid
            if left[charge] < 0
        ),
    ]


def _totals(statement: Statement) -> list[str]:
    expected = {one.currency: one for one in add_up(statement.lines)}
    given = {one.currency: one for one in statement.totals}
    problems = []
    for currency in sorted({*expected, *given}):
        right, said = expected.get(currency), given.get(currency)
        if right is None or said is None:
            what = "there is no line in it" if right is None else "it is not there"
            problems.append(f"The total in {currency}: {what}.")
            continue
        problems += [
            f"The total in {currency}: {name} is {said_value}, and the lines add up to {right_value}."
            for (name, said_value), right_value in zip(vars(said).items(), vars(right).values(), strict=True)
            if said_value != right_value
        ]
    if [one.currency for one in statement.totals] != sorted(given):
        problems.append("The totals are not one for each currency, in their order.")
    return problems


def _left_over(statement: Statement, records: Mapping[int, DecisionRecord]) -> list[str]:
    named = {number for one in statement.lines for number in (one.approved_in, one.sent_in, one.ended_in)}
    return [
        f"Record {number} belongs to no line: a line was taken out."
        for number, record in sorted(records.items())
        if number not in named and record.kind != KEY_ROTATED
    ]


def _amount(line: Line) -> int:
    amount = line.action.get("amount_minor")
    return amount if isinstance(amount, int) else 0


def _readable(kept: KeptRecord) -> DecisionRecord | None:
    try:
        return kept.record
    except DecisionRecordError:
        return None


def _successor(record: DecisionRecord) -> bytes:
    try:
        return base64.b64decode(record.data["public_key"], validate=True)
    except (KeyError, TypeError, ValueError):
        return b""
