"""`leaks decisions verify`: is the log of decisions the one that was written."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.store import open_for_verb

if TYPE_CHECKING:
    from revops.domain.record_faults import Verdict
    from revops.verify_export import Checked


class TextFormat(StrEnum):
    """Sentences for people, or JSON."""

    TEXT = "text"
    JSON = "json"


def verify(
    tenant: Annotated[str, typer.Option("--tenant", help="Whose decisions.")] = "default",
    file: Annotated[
        Path | None, typer.Option("--file", help="An exported log instead of the store's; needs no store.")
    ] = None,
    public_key: Annotated[
        list[str] | None, typer.Option(help="A key to trust, base64 or a file with it; may be given several times.")
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option(help="With --file: a file of anchors that was kept elsewhere.")
    ] = None,
    form: Annotated[TextFormat, typer.Option("--format", help="How the result is written.")] = TextFormat.TEXT,
) -> None:
    """Check every signature, hash and anchor, and say where the first fault is; exit code 1 where there is one.

    A log of the store that is right is anchored on the way.
    """
    from revops.verify_export import Checked, check_export

    if file is not None:
        checked = check_export(file, public_key or (), anchors)
    elif anchors is not None:
        raise typer.BadParameter("It goes with --file; the store's anchors are found by themselves.")
    else:
        checked = Checked(*_of_store(tenant, public_key or []))
    if form is TextFormat.JSON:
        typer.echo(json.dumps(_as_json(checked), indent=2))
    else:
        typer.echo("\n".join(checked.lines))
    raise typer.Exit(0 if checked.is_right else 1)


def _of_store(tenant: str, public_keys: list[str]) -> tuple[Verdict, str | None]:
    from revops.settings import load_settings
    from revops.store.anchors import anchor, verify_kept
    from revops.store.tenants import Tenants
    from revops.verify_export import trusted_key

    settings = load_settings()
    with open_for_verb() as store:
        Tenants(store).known(tenant)
        verdict = verify_kept(settings, store, tenant, trusted=[trusted_key(one) for one in public_keys])
        if verdict.fault is None:
            anchored = anchor(settings, store, tenant)
            return verdict, " ".join(anchored.problems) or None
    return verdict, None


def _as_json(checked: Checked) -> dict[str, object]:
    verdict = checked.verdict
    return {
        "is_right": checked.is_right,
        "records": verdict.reached.number,
        "fault": vars(verdict.fault) if verdict.fault else None,
        "anchored": verdict.anchored,
        "anchored_at": verdict.anchored_at,
        "erased": [vars(one) for one in verdict.erased],
        "key_ids": verdict.key_ids,
        "notes": [*verdict.notes, *([checked.problem] if checked.problem else [])],
    }
