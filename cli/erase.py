"""`leaks erase`: what identifies a person goes, for good."""

from typing import Annotated

import typer

from cli.store import author, now, open_for_verb


def erase(
    customer: Annotated[str, typer.Argument(help="A Stripe customer, cus_...")],
    tenant: Annotated[str, typer.Option("--tenant", help="Whose customer.")] = "default",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; there is no way back.")] = False,
) -> None:
    """Remove what identifies a customer from everything under LEAKS_HOME and from the store; ids and figures stay."""
    from dagster_project.erase import erase_customer, known_person
    from revops.settings import load_settings
    from revops.store.slack_messages import SlackMessages

    settings = load_settings()
    if not yes:
        person = known_person(settings, tenant, customer)
        typer.echo(
            f"{customer}: {len(person.object_ids)} objects and accounts, {len(person.emails)} addresses.", err=True
        )
        typer.confirm("Remove what identifies this customer? There is no way back.", abort=True, err=True)
    done = erase_customer(settings, tenant, customer, actor=author(), at=now())
    with open_for_verb() as store:
        told = SlackMessages(store).tell_again(tenant, customer, now())
    if told:
        typer.echo(f"`leaks worker` takes the name out of {told} messages in Slack.", err=True)
    for other in done.also:
        typer.echo(
            f"{other} has the same e-mail address and keeps it; `leaks erase {other}` removes that one too.", err=True
        )
    if done.left:
        typer.echo(f"{customer} is erased, but something of it still stands in:", err=True)
        for path in done.left:
            typer.echo(f"  {path}", err=True)
        raise typer.Exit(1)
    typer.echo(
        f"{customer} is erased: {done.rows} rows and {done.bodies} events rewritten or deleted, "
        f"{done.backups} backups rewritten. Ids, figures and logs of decisions stay."
    )
