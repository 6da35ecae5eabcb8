"""`leaks sandbox mail`: a mail server on this machine that delivers nothing, with an inbox in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def mail(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the inbox's page; 0 takes a free one.")] = 0,
    smtp_port: Annotated[int, typer.Option(min=0, max=65535, help="Of SMTP; 0 takes a free one.")] = 0,
    password: Annotated[str | None, typer.Option(help="What a sender signs in with; made up unless given.")] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="File for the certificate that senders must trust: their SMTP_CA_FILE.")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="File that records every e-mail.")] = None,
) -> None:
    """Serve an inbox until Ctrl-C; it prints the settings of whoever sends to it."""
    from sandbox.mail import serve

    try:
        serve(port, smtp_port, password=password, record_path=record, ca_path=ca_file)
    except OSError as error:
        typer.echo(f"cannot listen on port {port} or {smtp_port}: {error.strerror}. Choose others.", err=True)
        raise typer.Exit(1) from error
