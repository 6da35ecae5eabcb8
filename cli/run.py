"""`leaks run`: land what is new, find what leaks, publish."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.moments import parse_moment
from cli.output import ResultFormat


def run(
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Date or ISO time (UTC). On a new home it becomes the present; otherwise it is built and "
            "published beside the present, and opens or closes nothing.",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Rebuild every table from what has landed.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", help="Read history only from this date or time on (UTC).")
    ] = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Take what just landed although the quality gate finds it suspect."),
    ] = False,
    tenant: Annotated[str, typer.Option("--tenant", help="Whose account.")] = "default",
    form: Annotated[ResultFormat, typer.Option("--format", help="How the result is written.")] = (ResultFormat.TABLE),
) -> None:
    """Land what is new, find what leaks and publish it; prints findings by leak type and currency."""
    moment, since_moment = parse_moment(as_of), parse_moment(since)
    if moment and since_moment and since_moment >= moment:
        raise typer.BadParameter("--since must lie before --as-of.")
    from cli.progress import Bars
    from cli.result import as_json, as_text, read_result
    from dagster_project.run import run_pipeline
    from revops.settings import load_settings

    settings = load_settings()
    with Bars() as bars:
        outcome = run_pipeline(
            tenant_id=tenant,
            as_of=moment,
            since=since_moment,
            full=full,
            accept=accept,
            progress=bars,
            is_debug=settings.leaks_debug,
        )
        failed = [*outcome.failed_checks]
        while outcome.has_more:
            typer.echo("The newest 90 days are published and can be looked at; reading the rest.", err=True)
            outcome = run_pipeline(
                tenant_id=tenant,
                as_of=moment,
                since=since_moment,
                full=False,
                accept=accept,
                progress=bars,
                is_debug=settings.leaks_debug,
            )
            failed += outcome.failed_checks
    for line in (*failed, *_questions(tenant)):
        typer.echo(line, err=True)
    result = read_result(settings.leaks_home, moment, is_new=outcome.is_published, tenant=tenant)
    typer.echo(json.dumps(as_json(result), indent=2) if form is ResultFormat.JSON else as_text(result))


def _questions(tenant: str) -> Iterator[str]:
    """What waits for a person's word."""
    from cli.store import open_for_verb
    from revops.bootstrap_leaks import withdrawals
    from revops.settings import load_settings

    with open_for_verb() as store:
        asked = [one for one in withdrawals(store, load_settings()).read(tenant) if one.status == "asked"]
    for one in asked:
        yield (
            f"A new definition would withdraw {one.detail['leaks']} leaks, more than a tenth of the open money; they "
            f"stay open until an admin says yes: `leaks withdrawals confirm {one.withdrawal_id} --tenant {tenant}` "
            "(or refuse)."
        )
