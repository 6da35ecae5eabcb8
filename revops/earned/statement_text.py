"""A recovery statement for people to read, in Markdown: the same lines, with amounts as they are written."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from revops.domain.money import format_minor
from revops.earned.statement import Line, SignedStatement, Total

_KINDS = {"payment": "came in", "refund": "refunded", "dispute": "disputed"}
_UNKNOWN = "not known"


def render_statement(signed: SignedStatement) -> str:
    """The statement as Markdown; whoever reads it trusts whoever shows it, so it says how the file is checked."""
    statement = signed.statement
    state = "" if statement.is_final else " The month was not over then: more may come."
    said = [
        f"# What came back for {_plain(statement.tenant_id)} in {statement.month}",
        f"Made on {_time(statement.made_at)}, of days in UTC.{state} A payment is listed if it came within seven days "
        "after an action that somebody had approved; what went back is listed in the month in which it did.",
        *_totals(statement.totals),
        *_lines(statement.lines),
        "## How to check it",
        f"`python -m revops.verify_statement FILE --public-key KEY` needs this statement's file and the public key "
        f"alone (`leaks decisions keys list` shows it). Signed with {statement.key_id}; SHA-256 {signed.hash}.",
    ]
    return "\n\n".join(said) + "\n"


def _totals(totals: Sequence[Total]) -> list[str]:
    if not totals:
        return ["Nothing came back after an action in this month."]
    heads = ("Currency", "Came in", "Went back", "Left", "Fees", "After fees")
    rows = [
        (
            one.currency.upper(),
            format_minor(one.came_minor, one.currency),
            format_minor(one.went_back_minor, one.currency),
            format_minor(one.amount_minor, one.currency),
            format_minor(one.fees_minor, one.currency),
            format_minor(one.net_minor, one.currency),
        )
        for one in totals
    ]
    notes = [
        f"Of {one.without_fee} lines in {one.currency.upper()} nobody knows the fee; their "
        f"{format_minor(one.without_fee_minor, one.currency)} are left out of what is left after fees."
        for one in totals
        if one.without_fee
    ]
    return ["## Totals", _table(heads, rows), *notes]


def _lines(lines: Sequence[Line]) -> list[str]:
    if not lines:
        return []
    heads = (
        "Line", "When (UTC)", "What", "Amount", "Fee", "About", "Leak", "Action", "Approved in", "Request", "Charge",
        "Balance transaction", "Payout",
    )  # fmt: skip
    rows = [
        (
            str(number),
            _time(one.at),
            _KINDS[one.kind],
            format_minor(one.amount_minor, one.currency),
            _UNKNOWN if one.fee_minor is None else format_minor(one.fee_minor, one.currency),
            one.object_id,
            f"{one.leak_id} ({one.leak_type})",
            f"{one.action_id} ({one.action.get('kind')})",
            f"record {one.approved_in}",
            one.request_id or one.idempotency_key or _UNKNOWN,
            one.charge,
            one.balance_transaction or _UNKNOWN,
            one.payout or "not yet",
        )
        for number, one in enumerate(lines, 1)
    ]
    return ["## Lines", _table(heads, rows)]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    every = [heads, ["---"] * len(heads), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in every)


def _plain(text: str) -> str:
    """What other systems call their things must not become a column, a line or a tag."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
