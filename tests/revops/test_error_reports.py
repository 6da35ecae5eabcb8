"""What Sentry is told holds no customer and no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from pydantic import SecretStr
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from revops import error_reports
from revops.service.receive import NotStoredError

DSN = SecretStr("https://public@127.0.0.1/1")


class _Kept(Transport):
    sent: list[Envelope]

    def __init__(self) -> None:
        super().__init__()
        self.sent = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope)


@pytest.fixture
def kept() -> Iterator[_Kept]:
    transport = _Kept()
    assert error_reports.start_reports(DSN, transport=transport)
    yield transport
    error_reports.start_reports(None)
    sentry_sdk.get_client().close()
    sentry_sdk.init(default_integrations=False)


def sent(kept: _Kept) -> list[dict[str, Any]]:
    return [json.loads(item.get_bytes()) for envelope in kept.sent for item in envelope.items]


def fail(body: str) -> None:
    try:
        int(body)
    except ValueError as error:
        raise NotStoredError("the store refused an event with sk_live_abcdefgh1234") from error


def test_a_report_says_what_broke_and_where_and_not_what_about(kept: _Kept) -> None:
    with pytest.raises(NotStoredError) as caught:
        # Sentry shows the lines around a fault, so this one must not hold what is searched for.
        fail("@".join(("ada", "example.com")))
    error_reports.report(caught.value)
    (report,) = sent(kept)
    values = report["exception"]["values"]
    assert [(one["type"], one["value"]) for one in values] == [
        ("ValueError", "[hidden]"),
        ("NotStoredError", "the store refused an event with sk_[hidden]"),
    ]
    assert "ada@example.com" not in json.dumps(report)
    assert not any("vars" in frame for one in values for frame in one["stacktrace"]["frames"])
    assert not {"request", "user", "breadcrumbs", "server_name"} & set(report)


def test_without_a_dsn_nothing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[BaseException] = []
    monkeypatch.setattr(sentry_sdk, "capture_exception", told.append)
    assert not error_reports.start_reports(None)
    error_reports.report(ValueError("nobody hears this"))
    assert told == []
