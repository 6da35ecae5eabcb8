"""Faults of ours, reported to Sentry where SENTRY_DSN is set: what broke and where, never what about.

No bodies, no headers, no local variables, no text of other libraries' errors: a database's error quotes the row, and
rows hold customers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from revops.logging import HIDDEN, redact, redact_value

if TYPE_CHECKING:  # imported only where a DSN is set
    from sentry_sdk.types import Event, Hint

# Parts of a report that hold requests, people or surroundings.
_LEFT_OUT = ("request", "user", "breadcrumbs", "extra", "contexts", "modules", "server_name")

_is_on = False


def start_reports(dsn: SecretStr | None, **options: Any) -> bool:
    """Report from now on, if there is a DSN; `options` are Sentry's own. Returns whether reports are sent."""
    global _is_on
    if dsn is not None:
        import sentry_sdk
        from sentry_sdk.integrations.atexit import AtexitIntegration
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.excepthook import ExcepthookIntegration
        from sentry_sdk.integrations.threading import ThreadingIntegration

        sentry_sdk.init(
            dsn=dsn.get_secret_value(),
            default_integrations=False,
            integrations=[
                AtexitIntegration(callback=lambda _pending, _timeout: None),
                DedupeIntegration(),
                ExcepthookIntegration(),
                ThreadingIntegration(),
            ],
            data_collection={
                "user_info": False,
                "cookies": {"mode": "off"},
                "http_headers": {"request": {"mode": "off"}},
                "http_bodies": [],
                "url_query_params": {"mode": "off"},
                "database_query_data": False,
                "stack_frame_variables": False,
            },
            max_breadcrumbs=0,
            before_send=scrub,
            **options,
        )
    _is_on = dsn is not None
    return _is_on


def report(error: BaseException) -> None:
    """Report a fault that was answered and so reaches nobody else; does nothing without a DSN."""
    if _is_on:
        import sentry_sdk

        sentry_sdk.capture_exception(error)


def scrub(event: Event, _hint: Hint) -> Event:
    """A report without what it must not hold."""
    bare: Any = {name: value for name, value in event.items() if name not in _LEFT_OUT}
    for exception in (bare.get("exception") or {}).get("values") or []:
        is_ours = str(exception.get("module") or "").startswith(("revops.", "ingestion."))
        exception["value"] = redact(str(exception.get("value") or "")) if is_ours else HIDDEN
    for name in ("message", "logentry"):
        if name in bare:
            bare[name] = redact_value(bare[name])
    scrubbed: Event = bare
    return scrubbed
