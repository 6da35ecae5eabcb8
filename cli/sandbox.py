"""`leaks sandbox`: stand-ins for other people's systems, on this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Stand-ins for other people's systems, on this machine.", no_args_is_help=True)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no time; write 2026-10-01 or 2026-10-01T00:00:00Z") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _key(text: str) -> tuple[str, list[str]]:
    key, _, permissions = text.partition("=")
    names = [name.strip() for name in permissions.split(",") if name.strip()]
    if names and not key.startswith("rk_"):
        raise typer.BadParameter(f"{key[:8]}... takes no permissions: only restricted keys (rk_...) do")
    return key, names


@app.command()
def serve(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of JSON-lines of Stripe objects (customer.jsonl[.gz|.zst], ...)."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    as_of: Annotated[str | None, typer.Option(help="The sandbox's clock starts at this time (UTC).")] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A key that exists: sk_live_x, or rk_live_x=invoice_read,customer_read. Repeatable."),
    ] = None,
    ledger: Annotated[Path | None, typer.Option(help="File that records the money moved.")] = None,
) -> None:
    """Serve a Stripe account over HTTP until Ctrl-C; without --data a small made-up company."""
    from tempfile import TemporaryDirectory

    from sandbox.stripe import serve as serve_stripe
    from sandbox.stripe.folder import DataFolderError

    moment = _moment(as_of) if as_of else None
    keys = dict(map(_key, key)) if key else None
    try:
        if data is not None:
            serve_stripe(data, port, moment, keys=keys, ledger_path=ledger)
            return
        from sandbox import company

        now = moment or datetime.now(UTC)
        with TemporaryDirectory(prefix="leaks-sandbox-") as folder:
            company.write(Path(folder), now)
            serve_stripe(Path(folder), port, now, keys=keys, ledger_path=ledger)
    except DataFolderError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        typer.echo(f"cannot listen on port {port}: {error.strerror}. Choose another with --port.", err=True)
        raise typer.Exit(1) from error


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it is missing; a company in it is replaced.")],
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed and time make the same company.")] = 1,
    as_of: Annotated[
        str | None, typer.Option(help="The end of its 18 months of history (UTC); now by default.")
    ] = None,
    identity: Annotated[
        str, typer.Option(help="How the product's logs name customers: stripe, metadata, email or domain.")
    ] = "stripe",
) -> None:
    """Write a made-up company as JSON-lines: Stripe's objects, events, logins and usage, policy, and labels.

    labels.jsonl says which leaks were put into it and what only looks like one.
    """
    from sandbox.simulator import IDENTITIES, Plan
    from sandbox.simulator import write as write_company

    if identity not in IDENTITIES:
        raise typer.BadParameter(f"{identity} is none of {', '.join(IDENTITIES)}", param_hint="--identity")
    moment = _moment(as_of) if as_of else datetime.now(UTC)
    plan = Plan(seed, customers, int(moment.timestamp()), IDENTITIES[identity])
    try:
        write_company(folder, plan)
    except OSError as error:
        typer.echo(f"cannot write {folder}: {error.strerror}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{customers} customers as of {moment:%Y-%m-%d %H:%M} UTC in {folder}")


if __name__ == "__main__":
    app()
