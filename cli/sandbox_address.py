"""Where the sandbox that was started last is, and how to speak to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import typer

_TIMEOUT_SECONDS = 300.0


def _file() -> Path:
    return Path(os.environ.get("LEAKS_HOME", ".leaks")).expanduser() / "sandbox.url"


def note(url: str) -> None:
    """Write the address down for other commands, in LEAKS_HOME."""
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{url} {os.getpid()}\n", encoding="utf-8")


def forget() -> None:
    """Take the note away, if it is this process's."""
    path = _file()
    if path.exists() and path.read_text(encoding="utf-8").split()[-1:] == [str(os.getpid())]:
        path.unlink()


def ask(url: str | None, what: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post to a control route and return the answer.

    Without a sandbox, or where it refuses, says so on stderr and ends: code 1, or 2 for what was asked wrongly.
    """
    import httpx

    path = _file()
    if url is None and not path.exists():
        typer.echo(f"{path} names no running sandbox; start one with `leaks sandbox serve` or give --url.", err=True)
        raise typer.Exit(1)
    address = url or path.read_text(encoding="utf-8").split()[0]
    try:
        answer = httpx.post(f"{address}/_sandbox/{what}", json=body, timeout=_TIMEOUT_SECONDS)
    except httpx.TransportError as error:
        typer.echo(f"No sandbox answers at {address}; start one with `leaks sandbox serve`.", err=True)
        raise typer.Exit(1) from error
    parsed: dict[str, Any] = answer.json()
    if answer.is_error:
        typer.echo(str(parsed.get("error")), err=True)
        raise typer.Exit(2)
    return parsed
