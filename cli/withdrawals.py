"""`leaks withdrawals`: new definitions that would withdraw much of the open money, and a person's word on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.output import Format
from cli.person import require_person
from cli.store import now, open_for_verb

if TYPE_CHECKING:
    from revops.domain.withdrawal import Question

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
    """Let a new definition withdraw its leaks, at once."""
    _answer(withdrawal, tenant, is_yes=True)


@app.command("refuse")
def refuse(withdrawal: _Name, tenant: _Tenant = "default") -> None:
    """Keep the leaks open that a new definition would withdraw."""
    _answer(withdrawal, tenant, is_yes=False)


def _answer(withdrawal: str, tenant: str, *, is_yes: bool) -> None:
    from ingestion.errors import WarehouseBusyError
    from ingestion.lock import WAIT_SECONDS, writer_lock
    from ingestion.profile import Profile
    from revops.bootstrap import leaks_of_published
    from revops.bootstrap_leaks import withdrawing
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    at, settings = now(), load_settings()
    with open_for_verb() as store:
        Tenants(store).require(tenant)
        person = require_person(store, tenant, at)
        said: Literal["confirmed", "refused"] = "confirmed" if is_yes else "refused"
        withdrawing(store, settings).answer(tenant, withdrawal, said, person, channel="cli", at=at)
        if not is_yes:
            typer.echo("Its leaks stay open.")
            return
        profile = Profile(settings.leaks_home.expanduser().absolute(), tenant_id=tenant)
        try:
            with writer_lock(profile, WAIT_SECONDS):
                ended = leaks_of_published(store, settings, tenant, person.person_id).closed
        except WarehouseBusyError:
            typer.echo("Agreed. A run is under way; it or the next one withdraws the leaks.")
            return
    typer.echo(f"{len(ended)} leaks are withdrawn.")


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
