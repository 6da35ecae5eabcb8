"""Nothing secret reaches a log."""

import logging
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

import pytest
import structlog

from revops.logging import HIDDEN, configure_logging, redact, redact_value

KEY = "sk_live_" + "a1B2" * 6


@pytest.mark.parametrize(
    "secret",
    [
        *(KEY, "rk_test_" + "Zz9" * 8, "whsec_" + "q" * 24, "4242 4242 4242 4242", "4242424242424242"),
        *("lin_api_" + "aB3" * 12, "sk-" + "Qz7" * 12, "sk-ant-api03-" + "x-_9" * 8),
    ],
)
def test_keys_and_card_numbers_are_hidden_wherever_they_stand(secret: str) -> None:
    assert secret not in redact(f"request with {secret}, refused")
    assert secret not in str(redact_value({"url": ["x", {"error": f"<{secret}>"}]}))


@pytest.mark.parametrize(
    "text",
    [
        "in_1MtHbELkdIwHu7ixl4OzzPMv",
        "USD 12,345.67 of 1234567890123 minor units",
        "2026-10-01T00:00:00Z",
        "1790812800123",
        "4242424242424241",
    ],
)
def test_ids_amounts_and_times_stay_readable(text: str) -> None:
    assert redact(text) == text


def test_the_bodies_of_mails_and_secrets_of_any_shape_are_hidden_by_name() -> None:
    record = redact_value({"to": "ada@example.com", "body": "Dear Ada", "headers": {"Authorization": "x"}})
    assert record == {"to": "ada@example.com", "body": HIDDEN, "headers": {"Authorization": HIDDEN}}


@pytest.fixture
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("logging_restored")
def test_logs_go_to_stderr_redacted_from_both_kinds_of_logger(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    structlog.get_logger().warning("refused", key=KEY)
    logging.getLogger("somewhere").warning("refused %s", KEY)
    logging.getLogger("somewhere").info("not shown")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("refused") == 2
    assert KEY not in captured.err
    assert "not shown" not in captured.err


@pytest.mark.usefixtures("logging_restored")
def test_a_full_disk_ends_nothing_that_a_log_line_tells_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("wb", buffering=0) as file, TextIOWrapper(file, write_through=True) as full:
        monkeypatch.setattr(sys, "stderr", full)
        configure_logging(is_service=True)
        structlog.get_logger().error("batch_failed", events=3)
        logging.getLogger("library").error("nor does a library's")
