"""What came back in a month, line by line, as a document that proves itself.

A line leads from findings to the leak, the action, the signed records of who approved it and what was sent, the
request, the charge, its balance transaction and the payout. The version that was approved stands in the line whole,
because the record of the approval names its hash: so amount and currency are those that somebody said yes to. Records
are embedded with their signatures; each proves itself by a public key.

The file is JSON in its one spelling (RFC 8785), its hash, and an Ed25519 signature by the tenant's key of now. By that
signature the key also vouches for the keys that signed records before it, which the statement lists. Amounts are minor
units of a currency, and what went back is below zero. A month is one of UTC.
"""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from revops.domain.decision_record import KEY_ROTATED, canonical, hash_of, key_id_of, moment
from revops.domain.kept_records import KeptRecord
from revops.errors import RevopsError

FORMAT = 1
LineKind = Literal["payment", "refund", "dispute"]
LINE_KINDS: tuple[LineKind, ...] = get_args(LineKind)
# A signature made for something else with the same key must not pass for one of a statement.
_SIGNED_FOR = b"leaks recovery statement\x00"
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_HASH = re.compile(r"[0-9a-f]{64}")


class StatementError(RevopsError):
    """A statement that is not made, because it would not prove what it says."""


class StatementInputError(StatementError):
    """A file that is no statement of ours, or a month that is none."""

    exit_code = 2


@dataclass(frozen=True)
class Line:
    """One payment that came within seven days after an action, or what went back of one.

    `action` is what was approved, as approvals bind to it (`Draft.bound`). `approved_in`, `sent_in` and `ended_in` are
    numbers of decision records: the last approval, that the request went out, and, where there is one, what it came to.
    `fee_minor` is None where nobody knows it; it is in the line's currency.
    """

    kind: LineKind
    finding_ids: tuple[str, ...]
    leak_id: str
    leak_type: str
    object_type: str
    object_id: str
    action_id: str
    action: Mapping[str, Any]
    approved_in: int
    sent_in: int
    ended_in: int | None
    idempotency_key: str | None
    request_id: str | None
    charge: str
    balance_transaction: str | None
    payout: str | None
    at: datetime
    currency: str
    amount_minor: int
    fee_minor: int | None

    @property
    def net_minor(self) -> int | None:
        """What is left after the fee; None where nobody knows it."""
        return None if self.fee_minor is None else self.amount_minor - self.fee_minor


@dataclass(frozen=True)
class Total:
    """A currency's lines. `net_minor` is of lines whose fee is known; the others are counted in `without_fee`."""

    currency: str
    lines: int
    came_minor: int
    went_back_minor: int
    amount_minor: int
    fees_minor: int
    net_minor: int
    without_fee: int
    without_fee_minor: int


@dataclass(frozen=True)
class Statement:
    """What is hashed and signed; `keys` are public keys, `key_id` names the one that signs."""

    tenant_id: str
    month: str
    made_at: datetime
    lines: tuple[Line, ...]
    totals: tuple[Total, ...]
    records: tuple[KeptRecord, ...]
    keys: tuple[bytes, ...]
    key_id: str

    @property
    def begins_at(self) -> datetime:
        """The month's first moment."""
        return datetime(int(self.month[:4]), int(self.month[5:]), 1, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        """The next month's first moment."""
        year, month = int(self.month[:4]), int(self.month[5:])
        return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)

    @property
    def is_final(self) -> bool:
        """Whether the month was over when it was made."""
        return self.made_at >= self.ends_at


@dataclass(frozen=True)
class SignedStatement:
    """A statement with the hash of its canonical JSON (`text`) and the signature of that, both in hex."""

    statement: Statement
    text: str
    hash: str
    signature: str

    @property
    def file(self) -> str:
        """What is written to a file."""
        return f'{{"hash":"{self.hash}","signature":"{self.signature}","statement":{self.text}}}\n'

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether the signature over the hash is by the owner of a public key."""
        if not _SIGNATURE.fullmatch(self.signature) or not _HASH.fullmatch(self.hash):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(
                bytes.fromhex(self.signature), _SIGNED_FOR + bytes.fromhex(self.hash)
            )
        except (InvalidSignature, ValueError):
            return False
        return True


def make_statement(
    tenant_id: str,
    month: str,
    lines: Iterable[Line],
    records: Iterable[KeptRecord],
    keys: Iterable[bytes],
    *,
    made_at: datetime,
    key: Ed25519PrivateKey,
) -> SignedStatement:
    """Write and sign a month's statement (`2026-10`); what it says is checked by `check_statement`, not here.

    `records` are the tenant's log, of which it takes what its lines name and where keys were rotated. `keys` are public
    keys that signed them. Raises StatementInputError for a month that is none, StatementError for what cannot be
    spelled.
    """
    check_month(month)
    ordered = tuple(sorted(lines, key=order))
    named = {number for one in ordered for number in (one.approved_in, one.sent_in, one.ended_in)}
    public_key = key.public_key().public_bytes_raw()
    statement = Statement(
        tenant_id=tenant_id,
        month=month,
        made_at=made_at,
        lines=ordered,
        totals=add_up(ordered),
        records=tuple(one for one in records if one.number in named or one.record.kind == KEY_ROTATED),
        keys=tuple(dict.fromkeys((*keys, public_key))),
        key_id=key_id_of(public_key),
    )
    text = spell_statement(statement)
    digest = hash_of(text)
    return SignedStatement(statement, text, digest, key.sign(_SIGNED_FOR + bytes.fromhex(digest)).hex())


def check_month(month: str) -> None:
    """Raises StatementInputError for what is not written as `2026-10`."""
    if not _MONTH.fullmatch(month):
        raise StatementInputError(f"{month} is no month: write it as 2026-10.")


def order(line: Line) -> tuple[datetime, str, str, str, str]:
    """Lines stand by when the money moved."""
    return line.at, line.leak_id, line.charge, line.kind, line.balance_transaction or ""


def add_up(lines: Sequence[Line]) -> tuple[Total, ...]:
    """The totals of lines, a currency each."""
    return tuple(_total(one, [line for line in lines if line.currency == one]) for one in sorted(_currencies(lines)))


def spell_statement(statement: Statement) -> str:
    """A statement's canonical JSON. Raises DecisionRecordError for floats and for integers above 2^53."""
    return canonical(
        {
            "format": FORMAT,
            "tenant_id": statement.tenant_id,
            "month": statement.month,
            "made_at": moment(statement.made_at),
            "lines": [_line(number, one) for number, one in enumerate(statement.lines, 1)],
            "totals": [dict(vars(one)) for one in statement.totals],
            "records": [
                {"number": one.number, "record": one.text, "hash": one.hash, "signature": one.signature}
                for one in statement.records
            ],
            "keys": [base64.b64encode(one).decode() for one in statement.keys],
            "key_id": statement.key_id,
        }
    )


def _line(number: int, line: Line) -> dict[str, Any]:
    values = {**vars(line), "at": moment(line.at), "finding_ids": list(line.finding_ids), "action": dict(line.action)}
    return {"number": number, **values, "net_minor": line.net_minor}


def _total(currency: str, lines: Sequence[Line]) -> Total:
    unknown = [one for one in lines if one.fee_minor is None]
    return Total(
        currency=currency,
        lines=len(lines),
        came_minor=sum(one.amount_minor for one in lines if one.kind == "payment"),
        went_back_minor=sum(one.amount_minor for one in lines if one.kind != "payment"),
        amount_minor=sum(one.amount_minor for one in lines),
        fees_minor=sum(one.fee_minor or 0 for one in lines),
        net_minor=sum(one.net_minor or 0 for one in lines),
        without_fee=len(unknown),
        without_fee_minor=sum(one.amount_minor for one in unknown),
    )


def _currencies(lines: Sequence[Line]) -> set[str]:
    return {one.currency for one in lines}
