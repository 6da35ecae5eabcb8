"""Secrets for a verb: from a variable of the environment or stdin, never from the command line.

Arguments are seen by every user of the machine (`ps`) and stay in the shell's history.
"""

from __future__ import annotations

import getpass
import os
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pydantic import SecretStr

STDIN = "-"


def read_secret(variable: str | None, what: str) -> SecretStr | None:
    """The value of a variable, or with `-` the next line of stdin (asked for without echo on a terminal).

    Raises typer.BadParameter where there is nothing, or where the secret itself was given.
    """
    if variable is None:
        return None
    if variable == STDIN:
        text = getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline()
        source = "stdin"
    elif variable.isidentifier() and not variable.startswith(("sk_", "rk_", "whsec_")):
        text = os.environ.get(variable, "")
        source = variable
    else:
        raise typer.BadParameter(f"The {what} comes from a variable: give its name, or - to read it from stdin.")
    if not text.strip():
        raise typer.BadParameter(f"There is no {what} in {source}.")
    from pydantic import SecretStr

    return SecretStr(text.strip())
