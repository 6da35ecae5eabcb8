"""`leaks sql`: ask the published warehouse."""

from typing import Annotated

import typer

from cli.moments import parse_moment
from cli.output import Format


def sql(
    query: Annotated[str, typer.Argument(help='One SELECT, e.g. "SELECT * FROM leak_findings LIMIT 5".')],
    form: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.TABLE,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="A past moment that `leaks run --as-of` has built.")
    ] = None,
    tenant: Annotated[str, typer.Option("--tenant", help="Whose warehouse.")] = "default",
) -> None:
    """Run a SELECT on the published warehouse (read-only); stdout carries only the rows.

    Money columns (*_minor) are integers in the currency's minor unit; times (*_at) are UTC.
    """
    moment = parse_moment(as_of)
    from cli.output import rows_as_text
    from revops.settings import load_settings
    from revops.warehouse import Published

    with Published.open(load_settings().leaks_home, moment, tenant) as published:
        result = published.execute(query)
    if result.columns:
        typer.echo(rows_as_text(result.columns, result.rows, form))
