"""`leaks sandbox slack`: a Slack workspace on this machine, with a page on which the buttons work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_MADE = "made up and shown unless given"


def slack(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    request_url: Annotated[
        str | None,
        typer.Option(help="Where presses go, e.g. http://127.0.0.1:8000/slack/default; not needed with Socket Mode."),
    ] = None,
    bot_token: Annotated[str | None, typer.Option(help=f"xoxb-...; {_MADE}.")] = None,
    app_token: Annotated[str | None, typer.Option(help=f"xapp-..., for Socket Mode; {_MADE}.")] = None,
    signing_secret: Annotated[str | None, typer.Option(help=f"Signs presses; {_MADE}.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="A channel that is there. Repeatable.")] = None,
    record: Annotated[Path | None, typer.Option(help="File that records what was posted.")] = None,
) -> None:
    """Serve a Slack workspace over HTTP until Ctrl-C; open its address in a browser and press buttons there."""
    from sandbox.slack import serve
    from sandbox.slack.server import CHANNELS

    try:
        serve(
            port,
            channels=channel or CHANNELS,
            record_path=record,
            request_url=request_url,
            bot_token=bot_token,
            app_token=app_token,
            signing_secret=signing_secret,
        )
    except OSError as error:
        typer.echo(f"cannot listen on port {port}: {error.strerror}. Choose another with --port.", err=True)
        raise typer.Exit(1) from error
