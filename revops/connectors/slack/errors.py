"""What Slack can answer instead of yes; each text says what to do next."""

from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError

from revops.domain.message import MessageGoneError, NotPostedError, ThreadGoneError

_AUTH = frozenset(
    {
        *("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope"),
        *("no_permission", "not_allowed_token_type", "org_login_required", "ekm_access_denied", "access_denied"),
    }
)
_CHANNEL = frozenset(
    {
        *("channel_not_found", "not_in_channel", "is_archived", "restricted_action", "invalid_channel"),
        *("restricted_action_read_only_channel", "channel_is_limited_access", "posting_to_channel_denied"),
    }
)
_THREAD = frozenset({"thread_not_found", "message_not_in_thread", "cannot_reply_to_message"})
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_BUSY = frozenset({"ratelimited", "rate_limited", "accesslimited"})
_DOWN = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
_RETRY_SECONDS = 30.0


class SlackAuthError(NotPostedError):
    """Slack does not take the token, or the token may not do this."""

    is_about_all = True


class SlackChannelError(NotPostedError):
    """The channel is not there, or the app is not in it."""


class SlackRateLimitedError(NotPostedError):
    """Too many requests."""

    is_about_all = True

    def __init__(self, text: str, retry_after_seconds: float) -> None:
        super().__init__(text)
        self.retry_after_seconds = retry_after_seconds


class SlackUnavailableError(NotPostedError):
    """Slack did not answer, or not as Slack does: what was asked may have happened."""

    may_be_there = True
    is_about_all = True


class SlackRefusedError(NotPostedError):
    """Slack refuses this one message; another one may be taken."""


class SlackThreadGoneError(ThreadGoneError):
    """The thread's first message is no more."""


class SlackMessageGoneError(MessageGoneError):
    """The message is no more, or may not be changed any more."""


# What slack_sdk raises where there is no answer of Slack's.
TRANSPORT = (SlackClientError, HTTPException, OSError, ValueError)


def typed(error: Exception, method: str, channel: str | None = None) -> NotPostedError:
    """The error of a call by what it means for us."""
    if not isinstance(error, SlackApiError):
        return SlackUnavailableError(f"Slack does not answer {method} ({type(error).__name__}); it is tried again.")
    response: Any = error.response
    status = getattr(response, "status_code", None)
    data = getattr(response, "data", response)
    # Where the body is no JSON, slack_sdk puts a sentence in the place of Slack's word.
    said = str(data.get("error")) if isinstance(data, dict) else ""
    code = said if said.replace("_", "").isalnum() and said != "None" else None
    if status == 429 or code in _BUSY:
        seconds = _seconds(getattr(response, "headers", {}))
        return SlackRateLimitedError(f"Slack asks for a pause of {seconds:.0f} seconds ({method}).", seconds)
    if code in _AUTH or (status in (401, 403) and code is None):
        needed = f" It needs the scope {data['needed']}." if isinstance(data, dict) and data.get("needed") else ""
        return SlackAuthError(
            f"Slack does not let us call {method} ({code or status}).{needed} Install the app again and correct "
            "SLACK_BOT_TOKEN, or the tenant's connection to Slack."
        )
    if code in _CHANNEL:
        return SlackChannelError(
            f"Slack has no channel {channel} for us ({code}). Invite the app there (/invite), or correct slack.channel "
            "and slack.routes in the policy."
        )
    if code in _THREAD:
        return SlackThreadGoneError(f"Slack has no such thread in {channel} ({code}).")
    if code in _GONE:
        return SlackMessageGoneError(f"Slack cannot change a message in {channel} ({code}).")
    if code in _DOWN or (code is None and (status is None or status >= 500 or status == 200)):
        return SlackUnavailableError(f"Slack fails at {method} ({code or status or 'no answer'}); it is tried again.")
    details = "; ".join((data.get("response_metadata") or {}).get("messages", [])) if isinstance(data, dict) else ""
    return SlackRefusedError(f"Slack refuses {method} ({code or status}). {details}".strip())


def _seconds(headers: Any) -> float:
    """Retry-After, which slack_sdk gives as it came: a text or a list."""
    for name, value in dict(headers or {}).items():
        if str(name).lower() == "retry-after":
            text = value[0] if isinstance(value, list) else value
            return float(text) if str(text).isdigit() else _RETRY_SECONDS
    return _RETRY_SECONDS
