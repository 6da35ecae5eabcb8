"""`leaks playbooks`: what is done about each leak type, and what that would have sent lately."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import Format
from cli.store import now, open_for_verb

if TYPE_CHECKING:
    from revops.domain.playbook import Condition, Playbook
    from revops.service.simulate import WouldBe

app = typer.Typer(help="What is done about each leak type.", no_args_is_help=True)

_STEPS = ["step", "kind", "topic", "after_days", "on", "decided", "when", "why"]
_SENT = ["at", "kind", "step", "topic", "invoice", "customer", "currency", "amount_minor"]
_SUMS = ["kind", "step", "topic", "times", "customers"]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose policy and customers.")]
Form = Annotated[Format, typer.Option("--format", help="How rows are written.")]


@app.command()
def show(
    leak_type: Annotated[str, typer.Argument(metavar="LEAK_TYPE", help="For example unpaid_invoice.")],
    tenant: Tenant = "default",
    form: Form = Format.TABLE,
) -> None:
    """Print the steps of a playbook, with what the tenant's policy changes of it."""
    from cli.output import rows_as_text
    from revops.bootstrap_actions import policy_in_force
    from revops.bootstrap_playbooks import playbooks
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(tenant)
        known = playbooks(policy_in_force(store, tenant, now()))
    if leak_type not in known:
        said = f"{leak_type} has no playbook; these have: {', '.join(known)}."
        raise typer.BadParameter(said, param_hint="LEAK_TYPE")
    typer.echo(rows_as_text(_STEPS, _steps(known[leak_type]), form))


@app.command()
def simulate(
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days back from what is published.")] = 90,
    every: Annotated[bool, typer.Option("--each", help="Each letter, retry and task, in place of their sums.")] = False,
    tenant: Tenant = "default",
    form: Form = Format.TABLE,
) -> None:
    """Show what the playbooks would have sent, had every proposal been approved; nothing is sent."""
    from cli.output import rows_as_text
    from revops.bootstrap_playbooks import simulated
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(tenant)
        found = simulated(store, load_settings(), tenant, timedelta(days=days), now())
    if every:
        typer.echo(rows_as_text(_SENT, [_row(one) for one in found], form))
    else:
        typer.echo(rows_as_text(_SUMS, _sums(found), form))


def _steps(playbook: Playbook) -> list[list[Any]]:
    from revops.actions.send_email import NOTICES

    rows = []
    for one in playbook.steps:
        autonomy = playbook.autonomy_of(one.kind)
        decided = f"alone below {autonomy.alone_below_minor}" if autonomy.mode == "alone" else autonomy.mode
        day = "dunning.days" if one.topic in NOTICES else one.after.days
        rows.append([one.name, one.kind, one.topic, day, one.is_on, decided, _condition(one.when), one.why])
    return rows


def _condition(when: Condition) -> str:
    said = [
        f"{name.replace('_', ' ')}: {', '.join(sorted(value)) if isinstance(value, frozenset) else value}"
        for name, value in vars(when).items()
        if value not in (None, frozenset())
    ]
    return "; ".join(said)


def _row(one: WouldBe) -> list[Any]:
    return [one.at, one.kind, one.step, one.topic, one.invoice, one.customer_id, one.currency, one.amount_minor]


def _sums(found: list[WouldBe]) -> list[list[Any]]:
    times = Counter((one.kind, one.step, one.topic) for one in found)
    customers = {key: {one.customer_id for one in found if (one.kind, one.step, one.topic) == key} for key in times}
    return [[*key, count, len(customers[key])] for key, count in sorted(times.items(), key=lambda one: -one[1])]
