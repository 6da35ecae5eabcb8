"""What Slack sends, read by slack_bolt: presses of buttons and forms, for one tenant's workspace.

Everything is decided before the acknowledgement, so that Slack shows an error wherever nothing was decided. What is
only courtesy (a word to the person, the message brought up to date) comes after it: Slack waits for three seconds and
no longer. A form is opened first thing, because what opens it lives as long.

Slack sends a press once. Where one comes twice nevertheless (a proxy, a retry), the answer of the first is given again
and nothing is decided twice.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

import structlog
from slack_bolt import Ack, App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from revops import error_reports
from revops.domain.message import NotPostedError, Verb
from revops.domain.proposal import Proposal
from revops.messages.block_kit import PREFIX, read_button_value
from revops.messages.modals import chosen, deny_modal, refine_modal, snooze_modal, told_modal
from revops.service.press import Answer, Press, SlackTenant, press, subject, submit

_VERBS: tuple[Verb, ...] = get_args(Verb)
_INPUTS = ("reason", "note", "not_before", "pause")
_ID = re.compile(r"[A-Z0-9]{2,30}")
_REMEMBERED = 1_000
_AWAY = "Slack did not open the form in time. Press once more."

_log = structlog.get_logger(__name__)
# slack_bolt logs requests with what people wrote in them.
_QUIET = logging.getLogger(f"{__name__}.bolt")
_QUIET.setLevel(logging.CRITICAL + 1)


class StrangePressError(Exception):
    """A request that carries Slack's signature and is none of a button or form of ours."""


class Presses:
    """One workspace's presses. `take` answers a request; what it returns is to be called after the answer went out."""

    def __init__(self, tenant: SlackTenant, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.tenant = tenant
        self._now = now
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, Future[BoltResponse]] = OrderedDict()
        self._app = self._make()

    def take(self, request: BoltRequest) -> tuple[BoltResponse, Callable[[], None]]:
        """The answer to a request, and the courtesies that come after it."""
        after: list[Callable[[], object]] = []
        request.context["after"] = after
        trigger = request.body.get("trigger_id") if isinstance(request.body, dict) else None
        if not isinstance(trigger, str):
            return self._dispatch(request), _all(after)
        with self._lock:
            before = self._seen.get(trigger)
            if before is None:
                answered: Future[BoltResponse] = Future()
                self._seen[trigger] = answered
                while len(self._seen) > _REMEMBERED:
                    self._seen.popitem(last=False)
        if before is not None:
            return before.result(), _all([])
        response = self._dispatch(request)
        if response.status != 200:
            # Nothing was decided: the same press may be tried again.
            with self._lock:
                self._seen.pop(trigger, None)
        answered.set_result(response)
        return response, _all(after)

    def _dispatch(self, request: BoltRequest) -> BoltResponse:
        try:
            return self._app.dispatch(request)
        except Exception as error:  # noqa: BLE001 - slack_bolt raises where a signed payload lacks what it looks for
            return _failed(error)

    def _make(self) -> App:
        tenant = self.tenant
        app = App(
            logger=_QUIET,
            signing_secret=tenant.signing_secret or "",
            request_verification_enabled=tenant.signing_secret is not None,
            process_before_response=True,
            # Our own people decide who may what, so Slack need not be asked whose token this is.
            authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=tenant.team_id, bot_token=tenant.bot_token),
        )
        app.action(re.compile(f"{PREFIX}.*"))(self._pressed)
        app.view(re.compile(f"{PREFIX}.*"))(self._submitted)
        # What we did not ask for is taken, so that nobody sees an error and nothing comes again.
        app.action(re.compile(".*"))(_taken)
        app.view(re.compile(".*"))(_taken)
        app.view_closed(re.compile(".*"))(_taken)
        app.event(re.compile(".*"))(_heard)
        app.error(_failed)
        return app

    def _pressed(self, ack: Ack, body: dict[str, Any], context: dict[str, Any]) -> BoltResponse:
        tenant, after = self.tenant, context["after"]
        answer_url = str(body.get("response_url") or "")
        try:
            given = self._read_press(body)
        except StrangePressError as error:
            after.append(partial(tenant.answer, answer_url, str(error)))
            return ack()
        answer = press(tenant.pressing, given, self._now())
        if answer.form is not None:
            try:
                tenant.open_modal(str(body.get("trigger_id")), _form(given, answer.form, body))
            except NotPostedError as error:
                _log.warning("form_not_opened", tenant=tenant.tenant_id, error=str(error))
                after.append(partial(tenant.answer, answer_url, _AWAY))
        if answer.sentence is not None:
            after.append(partial(tenant.answer, answer_url, answer.sentence))
        self._bring(answer, after)
        return ack()

    def _submitted(self, ack: Ack, body: dict[str, Any], context: dict[str, Any]) -> BoltResponse:
        tenant, after = self.tenant, context["after"]
        try:
            given, place = self._read_form(body)
        except StrangePressError as error:
            return ack(response_action="update", view=told_modal("Not done", str(error)))
        answer = submit(tenant.pressing, given, self._now())
        if answer.errors:
            return ack(response_action="errors", errors=answer.errors)
        if not answer.is_done:
            return ack(response_action="update", view=told_modal("Not done", answer.sentence or ""))
        if place.get("channel"):
            user_id, said = str(body["user"]["id"]), answer.sentence or ""
            after.append(partial(tenant.tell, place["channel"], user_id, said, place.get("thread_ts")))
        self._bring(answer, after)
        return ack()

    def _bring(self, answer: Answer, after: list[Callable[[], object]]) -> None:
        if answer.is_done:
            # First: everybody's message before one person's word.
            after.insert(0, self.tenant.notify)

    def _read_press(self, body: Mapping[str, Any]) -> Press:
        action = body["actions"][0]
        verb = _verb(str(action.get("action_id")))
        try:
            action_id, version_hash = read_button_value(action.get("value"))
        except ValueError as error:
            raise StrangePressError("This button is none of ours, or too old to be understood.") from error
        return Press(self._person(body), verb, action_id, version_hash)

    def _read_form(self, body: Mapping[str, Any]) -> tuple[Press, dict[str, str]]:
        view = body["view"]
        verb = _verb(str(view.get("callback_id")))
        try:
            private = {str(key): str(value) for key, value in json.loads(view.get("private_metadata") or "").items()}
            action_id, version_hash = private["action_id"], private["version_hash"]
        except (ValueError, AttributeError, KeyError) as error:
            raise StrangePressError("This form is none of ours, or too old to be understood.") from error
        values = view.get("state", {}).get("values", {})
        filled = {name: chosen(values, name) for name in _INPUTS}
        return Press(self._person(body), verb, action_id, version_hash, filled), private

    def _person(self, body: Mapping[str, Any]) -> str:
        """Who it is: in a shared channel a person's team may be another than the workspace's."""
        user = body.get("user") or {}
        team_id = str(user.get("team_id") or (body.get("team") or {}).get("id"))
        user_id = str(user.get("id"))
        workspace = str((body.get("team") or {}).get("id"))
        if self.tenant.team_id is not None and workspace != self.tenant.team_id:
            raise StrangePressError("This workspace is not the one that is connected here.")
        if _ID.fullmatch(team_id) is None or _ID.fullmatch(user_id) is None:
            raise StrangePressError("Slack did not say who you are.")
        return f"slack:{team_id}:{user_id}"


def _verb(name: str) -> Verb:
    for verb in _VERBS:
        if name == f"{PREFIX}{verb}":
            return verb
    raise StrangePressError("This button is of another version of this program.")


def _form(given: Press, proposal: Proposal, body: Mapping[str, Any]) -> dict[str, Any]:
    container = body.get("container") or {}
    private = {
        "action_id": given.action_id,
        "version_hash": given.version_hash,
        "channel": str(container.get("channel_id") or ""),
        **({"thread_ts": str(container["thread_ts"])} if container.get("thread_ts") else {}),
    }
    if given.verb == "deny":
        return deny_modal(subject(proposal), private)
    if given.verb == "refine":
        return refine_modal(subject(proposal), private, proposal.action.draft.not_before)
    return snooze_modal(subject(proposal), private)


def _taken(ack: Ack) -> BoltResponse:
    return ack()


def _heard() -> None:
    """An event that tells us nothing."""


def _failed(error: Exception) -> BoltResponse:
    """Ours to mend: the person sees that it failed, and nothing of why."""
    error_reports.report(error)
    _log.error("press_failed", error=type(error).__name__)
    return BoltResponse(status=500, body="")


def _all(after: list[Callable[[], object]]) -> Callable[[], None]:
    def run() -> None:
        for courtesy in after:
            try:
                courtesy()
            except NotPostedError as error:
                _log.warning("not_told", error=str(error))

    return run
