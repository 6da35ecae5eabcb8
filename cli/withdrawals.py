"""`leaks withdrawals`: new definitions that would withdraw much of the open money, and a person's word on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import Format
from cli.person import require_person
from cli.store import now, open_for_verb

if TYPE_CHECKING:
    from revops.store.withdrawals import Question

app = typer.Typer(help="New definitions that would withdraw much of the open money.", no_args_is_help=True)
_COLUMNS = ["withdrawal", "status", "leaks", "withdrawn", "asked_at", "decided_by"]
_Tenant = Annotated[str, typer.Option("--tenant", help="Whose.")]
_Name = Annotated[str, typer.Argument(help="As `leaks withdrawals list` names it.")]


@app.command("list")
def list_(
    tenant: _Tenant = "default",
    form: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.TABLE,
) -> None:
    """Print what was asked, newest first, and what people said."""
    from cli.output import rows_as_text
    from revops.bootstrap_leaks import withdrawals
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(tenant)
        found = withdrawals(store, load_settings()).read(tenant)
    typer.echo(rows_as_text(_COLUMNS, [_row(one) for one in found], form))


@app.command("confirm")
def confirm(withdrawal: _Name, tenant: _Tenant = "default") -> None:
    """Let a new definition withdraw its leaks; they end with the next run or batch."""
    _answer(withdrawal, tenant, is_yes=True)


@app.command("refuse")
def refuse(withdrawal: _Name, tenant: _Tenant = "default") -> None:
    """Keep the leaks open that a new definition would withdraw."""
    _answer(withdrawal, tenant, is_yes=False)


def _answer(withdrawal: str, tenant: str, *, is_yes: bool) -> None:
    from revops.bootstrap_leaks import withdrawals
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    at = now()
    with open_for_verb() as store:
        Tenants(store).require(tenant)
        person = require_person(store, tenant, at)
        asked = withdrawals(store, load_settings())
        asked.answer(tenant, withdrawal, "confirmed" if is_yes else "refused", person=person, at=at)
    typer.echo("Its leaks end with the next run." if is_yes else "Its leaks stay open.")


def _row(question: Question) -> list[Any]:
    from revops.domain.money import format_minor

    sums = question.detail["withdrawn_minor"]
    amounts = ", ".join(format_minor(amount, currency) for currency, amount in sorted(sums.items()))
    return [
        question.withdrawal_id,
        question.status,
        question.detail["leaks"],
        amounts,
        question.asked_at,
        question.decided_by,
    ]
