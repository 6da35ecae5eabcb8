"""`leaks worker`: events from the inbox become leaks, seconds after they came."""

import signal
from contextlib import closing
from datetime import UTC, datetime
from threading import Event
from typing import Annotated

import typer


def worker(
    once: Annotated[bool, typer.Option("--once", help="Take what waits now, then end.")] = False,
) -> None:
    """Take events from the inbox until Ctrl-C: land them, find what leaks, open and close leaks."""
    from dagster_project.batch import Batches
    from dagster_project.batch_log import BatchLog
    from dagster_project.retention import prune
    from dagster_project.worker import Worker
    from revops import bootstrap
    from revops.logging import configure_logging
    from revops.settings import load_settings
    from revops.store import open_store

    settings = load_settings()
    configure_logging(is_debug=settings.leaks_debug, is_service=True)
    with open_store(settings, upgrade=True) as store, closing(BatchLog(settings.leaks_home)) as log:

        def prune_now() -> None:
            prune(settings, store, datetime.now(UTC))

        taking = Worker(settings, bootstrap.worker(store, settings), Batches(), report=log.note, prune=prune_now)
        if once:
            taking.drain()
            return
        stop = Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        typer.echo("Waiting for events.")
        taking.run(stop)
