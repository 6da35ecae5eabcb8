"""`leaks demo`: a small company, a stand-in for Stripe, the real pipeline, the pages."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the dashboard and Dagster until Ctrl-C.")
    ] = True,
    home: Annotated[Path, typer.Option("--home", help="Folder of the demo's own state; emptied at each start.")] = Path(
        ".leaks/demo"
    ),
) -> None:
    """Run the real pipeline on a small made-up company, over HTTP against a stand-in for Stripe.

    Prints what leaks and how much, then serves the dashboard and Dagster on this machine until Ctrl-C.
    Settings of your real account are neither read nor changed.
    """
    from cli.company import run_demo

    run_demo(home.expanduser().absolute(), is_serving=serve)
