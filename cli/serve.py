"""`leaks serve`: the web service that takes webhooks."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
) -> None:
    """Take Stripe's webhooks until Ctrl-C: /webhooks/stripe/TENANT, /healthz, /readyz, /metrics, /docs."""
    from revops.http.server import serve as serve_http
    from revops.logging import configure_logging
    from revops.settings import load_settings

    settings = load_settings()
    configure_logging(is_debug=settings.leaks_debug, is_service=True)
    serve_http(settings, host, port, workers=workers, on_ready=lambda url: typer.echo(f"Listening on {url}"))
