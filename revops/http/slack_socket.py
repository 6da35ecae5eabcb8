"""Presses in Slack by Socket Mode: we connect to Slack, so no port is open and no address is known to anybody.

slack_sdk's client keeps the connection, answers pings and comes again where Slack asks for it or the line breaks.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import structlog
from slack_bolt import BoltRequest
from slack_bolt.adapter.socket_mode.internals import send_response
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web import WebClient

from revops.errors import RevopsError
from revops.http.slack_presses import Presses

_log = structlog.get_logger(__name__)
# slack_sdk logs whole envelopes, with what people wrote in them.
_QUIET = logging.getLogger(f"{__name__}.sdk")
_QUIET.setLevel(logging.CRITICAL + 1)


class SocketModeError(RevopsError):
    """Slack does not let us connect."""


@contextmanager
def listen(all_presses: Sequence[Presses], api_base: str) -> Iterator[list[SocketModeClient]]:
    """Take presses of these workspaces meanwhile. Raises SocketModeError where one cannot be connected to."""
    with ExitStack() as stack:
        clients = []
        for presses in all_presses:
            client = connect(presses, api_base)
            stack.callback(_close, client)
            clients.append(client)
            _log.info("slack_connected", tenant=presses.tenant.tenant_id)
        yield clients


def connect(presses: Presses, api_base: str) -> SocketModeClient:
    """A connection that takes a workspace's presses. Raises SocketModeError."""
    tenant = presses.tenant
    web = WebClient(tenant.bot_token, base_url=api_base, timeout=10, logger=_QUIET)
    client = SocketModeClient(tenant.app_token or "", logger=_QUIET, web_client=web)
    client.socket_mode_request_listeners.append(_taking(presses))
    try:
        client.connect()
    except (SlackApiError, OSError) as error:
        _close(client)
        code = error.response.get("error") if isinstance(error, SlackApiError) else type(error).__name__
        raise SocketModeError(
            f"Slack does not let {tenant.tenant_id} connect ({code}). The app needs Socket Mode switched on and an "
            "app-level token (xapp-...) with the scope connections:write."
        ) from error
    return client


def _taking(presses: Presses) -> Callable[[BaseSocketModeClient, SocketModeRequest], None]:
    def take(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Decide, acknowledge, then do what is only courtesy. slack_sdk calls it on a thread of its own."""
        started = time.time()
        answer, after = presses.take(BoltRequest(mode="socket_mode", body=request.payload))
        # What was not answered 200 is not acknowledged: the person sees that nothing happened.
        send_response(client, request, answer, started)
        after()

    return take


def _close(client: SocketModeClient) -> None:
    with suppress(OSError):
        client.close()
