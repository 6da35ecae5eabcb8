"""`leaks dispatch`: carry approved actions out, each once."""

from __future__ import annotations

import json
import signal
from contextlib import closing
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.moments import iso
from cli.output import ResultFormat, plain
from cli.store import open_for_verb

if TYPE_CHECKING:
    from revops.domain.action import Action, ActionStatus
    from revops.service.dispatch import Dispatching
    from revops.service.preview import Preview
    from revops.store import Store
    from revops.store.actions import Actions

# As often as the worker looks: what is approved waits for its undo window anyway.
_PAUSE_SECONDS = 2.0
_UNSETTLED: tuple[ActionStatus, ...] = ("drafted", "approved", "dispatching", "unknown")


def dispatch(
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Whose actions; without one, those of every tenant in turn.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Carry out what is due now, then end.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the exact request of each approved action; changes nothing.")
    ] = False,
    form: Annotated[ResultFormat, typer.Option("--format", help="How the result is written.")] = ResultFormat.TABLE,
) -> None:
    """Carry out what is approved and due, until Ctrl-C; `leaks worker` does the same beside its other work."""
    from revops.bootstrap_actions import actions, dispatching
    from revops.service.preview import preview
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    settings = load_settings()
    with open_for_verb() as store, closing(dispatching(store, settings)) as parts:
        if tenant is not None:
            Tenants(store).known(tenant)
        kept = actions(store, settings)
        if dry_run:
            names = _tenants(store, kept, tenant, ("approved",))
            shown = [one for name in names for one in preview(parts, name)]
            typer.echo(_shown(shown, form))
            return
        stop = Event()
        if not once:
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, lambda *_: stop.set())
            typer.echo("Waiting for what is due.", err=True)
        while True:
            names = _tenants(store, kept, tenant, _UNSETTLED)
            results = [one for one in (_pass(parts, kept, name) for name in names) if one is not None]
            for line in _told(results, form, is_told=once):
                typer.echo(line)
            if once or stop.wait(_PAUSE_SECONDS):
                return


def _tenants(store: Store, kept: Actions, asked: str | None, statuses: tuple[ActionStatus, ...]) -> list[str]:
    """A tenant that was removed is left alone: nothing is done in its name any more."""
    from revops.store.tenants import Tenants

    there = {one.tenant_id for one in Tenants(store).read()}
    return [one for one in kept.tenants_with(statuses) if one in there and asked in (None, one)]


def _pass(parts: Dispatching, kept: Actions, tenant_id: str) -> dict[str, Any] | None:
    """What was done for a tenant; None where nothing was due."""
    before = {one.action_id: one.status for one in kept.read(tenant_id, statuses=_UNSETTLED)}
    counts = parts.run(tenant_id).counts
    if not counts:
        return None
    after = {one.action_id: one.status for one in kept.read(tenant_id, statuses=_UNSETTLED)}
    changed = [kept.get(tenant_id, one) for one, status in before.items() if after.get(one) != status]
    return {"tenant_id": tenant_id, "counts": counts, "actions": [_line(one) for one in changed if one is not None]}


def _told(results: list[dict[str, Any]], form: ResultFormat, *, is_told: bool) -> list[str]:
    """A line of JSON or a few lines of text per tenant; that nothing was due is told where that is all."""
    if form is ResultFormat.JSON:
        return [json.dumps(plain(one), ensure_ascii=False) for one in results]
    if not results and is_told:
        return ["Nothing was due."]
    return [_words(one) for one in results]


def _line(action: Action) -> dict[str, Any]:
    from revops.service.outcome import say_outcome

    request = dict(action.request) if action.request else None
    return {
        "action_id": action.action_id,
        "status": action.status,
        "outcome": say_outcome(action),
        "request": request,
    }


def _words(result: dict[str, Any]) -> str:
    counts = ", ".join(f"{number} {status.replace('_', ' ')}" for status, number in sorted(result["counts"].items()))
    lines = [f"{result['tenant_id']}, {iso(datetime.now(UTC).replace(microsecond=0))}: {counts or 'nothing sent'}"]
    for one in result["actions"]:
        lines.append(f"  {one['action_id']} {one['status'].replace('_', ' ')}: {one['outcome']}")
        lines += [f"    {_request(one['request'])}"] if one["request"] else []
    return "\n".join(lines)


def _shown(previews: list[Preview], form: ResultFormat) -> str:
    if form is ResultFormat.JSON:
        rows = [
            {
                "tenant_id": one.action.tenant_id,
                "action_id": one.action.action_id,
                "version_hash": one.action.version_hash,
                "currency": one.action.draft.currency,
                "amount_minor": one.action.draft.amount_minor,
                "sentence": one.sentence,
                "request": one.request.as_json(_key(one)) if one.request else None,
            }
            for one in previews
        ]
        return json.dumps(rows, ensure_ascii=False, indent=2)
    if not previews:
        return "Nothing is approved that waits."
    lines = []
    for one in previews:
        lines.append(f"{one.action.tenant_id} {one.action.action_id}: {one.sentence}")
        lines += [f"    {_request(one.request.as_json(_key(one)))}"] if one.request else []
    return "\n".join(lines)


def _key(one: Preview) -> str:
    from revops.domain.action import idempotency_key

    return idempotency_key(one.action)


def _request(request: dict[str, Any]) -> str:
    form = "".join(f" {name}={value}" for name, value in request["form"].items())
    key = request.get("idempotency_key")
    return f"{request['method']} {request['path']}{form}" + (f" (Idempotency-Key: {key})" if key else "")
