"""Bad input gets one clear message and exit code 2; failures 1; no traceback unless asked for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from cli.app import app
from cli.errors import exit_code, message
from cli.moments import parse_moment
from tests.cli.conftest import Leaks


def test_every_verb_is_there_and_says_what_it_does() -> None:
    verbs = {command.callback.__name__: command.callback.__doc__ for command in app.registered_commands}  # type: ignore[union-attr]
    assert set(verbs) == {
        *("run", "reconcile", "sql", "doctor", "demo", "serve", "worker", "security_log", "erase", "slack", "dispatch")
    }
    assert all(verbs.values())
    assert {group.name for group in app.registered_groups} == {
        *("policy", "tenants", "db", "sandbox", "actions", "people", "withdrawals", "decisions", "leaks", "playbooks")
    }


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01T06:00:00Z", datetime(2026, 10, 1, 6, tzinfo=UTC)),
        ("2026-10-01T06:00:00", datetime(2026, 10, 1, 6, tzinfo=UTC)),
        ("2026-10-01T06:00:00+02:00", datetime(2026, 10, 1, 4, tzinfo=UTC)),
    ],
)
def test_dates_and_iso_times_are_understood_as_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "01.10.2026", "2026-13-01", "2026-10-01T00:00:00.5Z", "1790812800"])
def test_other_times_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_moment(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--as-of", "yesterday"), "is no date or time"),
        (("run", "--since", "2026-10-01", "--as-of", "2026-09-01"), "--since must lie before --as-of"),
        (("run", "--format", "xml"), "xml"),
        (("reconcile", "--all", "--since", "3"), "--all compares every object"),
        (("reconcile", "--since", "0"), "is no span to compare"),
        (("reconcile", "--since", "last week"), "is no date or time"),
        (("sql",), "Missing argument"),
        (("paint",), "paint"),
    ],
)
def test_bad_arguments_are_told_on_stderr_before_anything_is_done(
    leaks: Leaks, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = leaks(*arguments, LEAKS_HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_setting_that_cannot_be_used_is_named(leaks: Leaks) -> None:
    done = leaks("sql", "select 1", LEAKS_DEBUG="perhaps")
    assert done.returncode == 2
    assert "LEAKS_DEBUG" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unexpected_error_hides_secrets_and_says_how_to_see_more() -> None:
    key = "sk_live_" + "x9" * 12
    text = message(ValueError(f"refused {key}"))
    assert key not in text
    assert "LEAKS_DEBUG=1" in text
    assert exit_code(ValueError("x")) == 1
