"""`leaks worker`: events from the inbox become leaks, seconds after they came."""

import signal
from contextlib import closing
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Annotated

import typer


def worker(
    once: Annotated[bool, typer.Option("--once", help="Take what waits now, then end.")] = False,
) -> None:
    """Until Ctrl-C: take events from the inbox, find what leaks, propose, tell people, carry out what is approved."""
    from dagster_project.batch import Batches
    from dagster_project.batch_log import BatchLog
    from dagster_project.outgoing import Outgoing
    from dagster_project.retention import prune
    from dagster_project.worker import Worker
    from revops import bootstrap, bootstrap_actions, bootstrap_outgoing, bootstrap_slack
    from revops.logging import configure_logging
    from revops.settings import load_settings
    from revops.store import open_store

    settings = load_settings()
    configure_logging(is_debug=settings.leaks_debug, is_service=True)
    with open_store(settings, upgrade=True) as store, closing(BatchLog(settings.leaks_home)) as log:

        def prune_now() -> None:
            prune(settings, store, datetime.now(UTC))

        def propose(tenant_id: str) -> None:
            bootstrap_actions.propose_for(store, settings, tenant_id)

        taking = Worker(
            settings, bootstrap.worker(store, settings), Batches(), report=log.note, prune=prune_now, propose=propose
        )
        outgoing = Outgoing(
            bootstrap_outgoing.taking_out(store, settings),
            settings.leaks_home.expanduser().absolute(),
            bootstrap_slack.notifying(store, settings),
        )
        if once:
            taking.drain()
            outgoing.once()
            return
        stop = Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        typer.echo("Waiting for events.")
        # A batch may take minutes behind a whole run; a decision is carried out meanwhile.
        thread = Thread(target=outgoing.run, args=(stop,), name="outgoing")
        thread.start()
        try:
            taking.run(stop)
        finally:
            stop.set()
            thread.join()
