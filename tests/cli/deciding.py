"""A home in which a retry waits for a decision, and verbs given to it within this process: they are many, and quick."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from cli.app import app
from cli.errors import exit_code, message
from cli.person import person_id
from revops.domain.action import Action
from revops.settings import Settings
from revops.store import Store, open_store
from tests.cli.conftest import clean_environment
from tests.revops.store.fixtures import make_settings
from tests.revops.store.proposed import proposed

ME = person_id()


@dataclass
class Home:
    """`store` is open beside the verbs, as a running worker has it."""

    settings: Settings
    store: Store

    def leaks(self, *arguments: str, code: int = 0) -> str:
        """What a verb says on stdout; with another code on stderr."""
        # Logs go to stderr by what `main` sets up; here they are left out.
        with capture_logs():
            done = CliRunner().invoke(app, arguments)
        error = done.exception if isinstance(done.exception, Exception) else None
        found, said = (exit_code(error), message(error)) if error else (done.exit_code, done.stderr)
        assert found == code, (done.stdout, said)
        return done.stdout if code == 0 else said

    def listed(self, *options: str) -> list[dict[str, Any]]:
        """The rows of `leaks actions list`."""
        rows: list[dict[str, Any]] = json.loads(self.leaks("actions", "list", "--format", "json", *options))
        return rows

    def propose(self, number: int = 1, amount_minor: int = 29_00, currency: str = "usd", **how: Any) -> str:
        """A retry that waits; the action with its version as the verbs take it."""
        action: Action = proposed(self.store, self.settings, number, amount_minor, currency, **how)
        return f"{action.action_id}@{action.version_hash[:12]}"

    def status(self, named: str) -> str:
        """Where an action stands."""
        text = self.leaks("actions", "show", named, "--format", "json")
        return str(json.loads(text)["status"])


def words(text: str) -> str:
    """Without the line breaks that a narrow terminal puts in."""
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def here(
    tmp_path: Path, secret_key: str, open_new: Callable[[Settings], Store], monkeypatch: pytest.MonkeyPatch
) -> Home:
    """An installation without people."""
    for name in set(os.environ) - clean_environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAKS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LEAKS_SECRET_KEY", secret_key)
    settings = make_settings(tmp_path / "home", secret_key)
    open_store(settings, upgrade=True).close()
    return Home(settings, open_new(settings))
