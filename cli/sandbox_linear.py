"""`leaks sandbox linear`: a Linear workspace on this machine, with a page of its issues."""

from __future__ import annotations

from typing import Annotated

import typer


def linear(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    api_key: Annotated[str | None, typer.Option(help="lin_api_...; made up and shown unless given.")] = None,
) -> None:
    """Serve a Linear workspace until Ctrl-C; it prints the settings of an app in it."""
    from sandbox.linear import serve

    try:
        serve(port, api_key=api_key)
    except OSError as error:
        typer.echo(f"cannot listen on port {port}: {error.strerror}. Choose another with --port.", err=True)
        raise typer.Exit(1) from error
