"""`leaks`: one verb per file; a verb imports what it needs when it runs, so that `leaks sql` starts fast."""

import os
import sys

import typer

from cli.actions import app as actions
from cli.db import app as db
from cli.decisions import app as decisions
from cli.demo import demo
from cli.dispatch import dispatch
from cli.doctor import doctor
from cli.erase import erase
from cli.leaks import app as leaks
from cli.people import app as people
from cli.playbooks import app as playbooks
from cli.policy import app as policy
from cli.reconcile import reconcile
from cli.run import run
from cli.sandbox import app as sandbox
from cli.security_log import security_log
from cli.serve import serve
from cli.slack import slack
from cli.sql import sql
from cli.tenants import app as tenants
from cli.withdrawals import app as withdrawals
from cli.worker import worker

app = typer.Typer(
    name="leaks",
    help="Finds the money a subscription company earns and never collects.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain text: a frame of box characters breaks long messages where the terminal is narrow.
    rich_markup_mode=None,
)
app.command()(run)
app.command()(reconcile)
app.command()(sql)
app.command()(doctor)
app.command()(demo)
app.command()(worker)
app.command()(serve)
app.command()(slack)
app.command("security-log")(security_log)
app.command()(erase)
app.command()(dispatch)
app.add_typer(actions, name="actions", help="What is proposed, decided and done.")
app.add_typer(leaks, name="leaks", help="Leaks, and a person's word on one.")
app.add_typer(people, name="people", help="Who may decide for a tenant.")
app.add_typer(withdrawals, name="withdrawals", help="New definitions that would withdraw much of the open money.")
app.add_typer(playbooks, name="playbooks", help="What is done about each leak type.")
app.add_typer(policy, name="policy", help="The versions of a tenant's rules.")
app.add_typer(tenants, name="tenants", help="The companies whose revenue is watched.")
app.add_typer(decisions, name="decisions", help="The signed log of decisions.")
app.add_typer(db, name="db", help="The operational store: schema, backups, key.")
app.add_typer(sandbox, name="sandbox", help="Stand-ins for other systems on this machine.")


def main() -> None:
    """Run the command; errors become one message on stderr: exit code 2 for bad input, 1 for failure."""
    from revops.logging import configure_logging

    is_debug = os.environ.get("LEAKS_DEBUG", "").lower() in ("1", "true", "yes")
    configure_logging(is_debug=is_debug)
    try:
        app()
    except BrokenPipeError:
        # The reader of our output is gone (`leaks sql ... | head`): no more to say, and nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if is_debug:
            raise
        sys.exit(_report(error))


def _report(error: Exception) -> int:
    from cli.errors import exit_code, message

    typer.echo(message(error), err=True)
    return exit_code(error)


if __name__ == "__main__":
    main()
