"""Decisions made in Slack: the whole way from a press to the store and back to the message."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from revops import bootstrap_slack
from revops.http.app import create_app
from revops.service.decide import Deciding
from revops.settings import Settings
from revops.store import Store
from revops.store.integrations import SLACK, Integrations
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLog
from revops.store.tenants import Tenants
from sandbox.slack import running
from sandbox.slack.interactions import signature
from tests.revops.http.serving import SECONDS, Service, serving
from tests.revops.http.slack_desk import ADA, BEN, CLEO, DREW, SlackDesk, now, person, wait

VALUE = '{"action_id": "act_1", "version_hash": "x"}'


@contextmanager
def at_desk(store: Store, settings: Settings) -> Iterator[tuple[SlackDesk, Service]]:
    """A desk whose presses go to the real service."""
    with running() as slack:
        given = settings.model_dump(exclude_none=True)
        tokens = {
            "slack_bot_token": slack.workspace.bot_token,
            "slack_signing_secret": slack.workspace.signing_secret,
            "slack_api_base": slack.api_url,
        }
        with_slack = Settings.model_validate({**given, **tokens})
        with serving(create_app(with_slack), with_slack) as service:
            slack.interactions.request_url = f"{service.url}/slack/default"
            yield SlackDesk(store, with_slack, slack), service


@pytest.fixture
def both(store: Store, store_settings: Settings) -> Iterator[tuple[SlackDesk, Service]]:
    """On either engine."""
    with at_desk(store, store_settings) as found:
        yield found


@pytest.fixture
def sqlite_both(
    sqlite_store: Store, sqlite_settings: Settings, no_io_inside_transactions: None
) -> Iterator[tuple[SlackDesk, Service]]:
    with at_desk(sqlite_store, sqlite_settings) as found:
        yield found


@pytest.fixture
def desk(sqlite_both: tuple[SlackDesk, Service]) -> SlackDesk:
    return sqlite_both[0]


@pytest.fixture
def service(sqlite_both: tuple[SlackDesk, Service]) -> Service:
    return sqlite_both[1]


def test_approve_deny_snooze_and_undo_are_decided_and_shown_with_actor_and_time(
    both: tuple[SlackDesk, Service],
) -> None:
    desk, _ = both
    approved, denied, snoozed = (desk.posted(customer_id=f"cus_{number}") for number in range(3))
    started = time.perf_counter()
    assert desk.press(BEN, approved, "approve").trouble is None
    assert time.perf_counter() - started < 1.5
    assert desk.get(approved).status == "approved"
    assert [one.person_id for one in desk.get(approved).approvals] == [person(BEN)]
    wait(lambda: "Approved by <@U0BEN00002>, <!date^" in desk.shown(approved))
    assert wait(lambda: desk.told(BEN))[0].startswith("Approved. It is carried out")

    assert desk.press(BEN, approved, "undo").trouble is None
    assert desk.get(approved).status == "drafted"
    wait(lambda: "leaks_approve" in desk.shown(approved))

    desk.press(ADA, denied, "deny")
    assert desk.fill(ADA, reason="not_a_leak", note="they paid by wire").errors == {}
    assert (desk.get(denied).status, desk.get(denied).reason) == ("denied", "not_a_leak")
    wait(lambda: "By <@U0ADA00001>, <!date^" in desk.shown(denied))
    assert "leaks_approve" not in desk.shown(denied)
    assert desk.slack.workspace.modals == {}

    desk.press(BEN, snoozed, "snooze")
    desk.fill(BEN, pause="3")
    until = desk.get(snoozed).snoozed_until
    assert until is not None
    assert timedelta(days=2, hours=23) < until - now() < timedelta(days=3, minutes=1)
    wait(lambda: "Snoozed until <!date^" in desk.shown(snoozed))


def test_another_time_is_another_version_that_its_proposer_may_not_approve(desk: SlackDesk) -> None:
    action = desk.posted()
    desk.press(BEN, action, "refine")
    at = int((now() + timedelta(days=2)).timestamp())
    assert desk.fill(BEN, not_before=at, note="after payday").errors == {}
    assert desk.get(action).version == 2
    wait(lambda: desk.get(action).version_hash in desk.shown(action))
    desk.press(BEN, action, "approve")
    assert "somebody else must approve" in wait(lambda: desk.told(BEN)[1:])[0]
    desk.press(ADA, action, "approve")
    assert desk.get(action).status == "approved"


def test_two_people_are_needed_for_a_large_amount_and_one_of_them_an_admin(desk: SlackDesk) -> None:
    action = desk.posted(2_000_000)
    desk.press(BEN, action, "approve")
    assert desk.get(action).status == "drafted"
    wait(lambda: "Approved by <@U0BEN00002> so far" in desk.shown(action))
    desk.press(BEN, action, "approve")
    wait(lambda: "needs a second person" in " ".join(desk.told(BEN)[1:]))
    desk.press(ADA, action, "approve")
    assert desk.get(action).status == "approved"


@pytest.mark.parametrize("verb", ["approve", "deny", "refine", "snooze"])
def test_a_stranger_is_told_politely_and_nothing_happens(desk: SlackDesk, verb: str) -> None:
    action = desk.posted()
    assert desk.press(DREW, action, verb).trouble is None
    (said,) = wait(lambda: desk.told(DREW))
    assert person(DREW) in said
    assert "nothing has happened" in said
    assert desk.slack.workspace.modals == {}
    assert desk.get(action) == action
    (line,) = SecurityLog(desk.store).search("default", event="refused_decision")
    assert (line.actor, line.detail["code"]) == (person(DREW), "stranger")


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_a_viewer_is_told_what_it_takes(desk: SlackDesk, verb: str) -> None:
    action = desk.posted()
    desk.press(CLEO, action, verb)
    assert "deciding takes an approver" in wait(lambda: desk.told(CLEO))[0]
    assert desk.slack.workspace.modals == {}
    assert desk.get(action) == action


def test_a_role_that_was_taken_between_form_and_sending_holds_no_more(desk: SlackDesk) -> None:
    from revops.store.people import People

    action = desk.posted()
    desk.press(BEN, action, "deny")
    People(desk.store).remove("default", person(BEN), actor="test", at=now())
    desk.fill(BEN, reason="not_now")
    (modal,) = desk.slack.workspace.modals.values()
    assert "no role here" in str(modal.view["blocks"])
    assert desk.get(action) == action


def test_yesterdays_button_says_that_there_is_a_newer_version(desk: SlackDesk) -> None:
    action = desk.posted()
    channel, ts = desk.place(action)
    old = list(desk.slack.workspace.messages[channel, ts].blocks)
    desk.press(BEN, action, "refine")
    desk.fill(BEN, note="look at this")
    wait(lambda: desk.get(action).version_hash in desk.shown(action))
    desk.slack.workspace.messages[channel, ts].blocks = old
    desk.press(ADA, action, "approve")
    assert "replaced by version 2" in wait(lambda: desk.told(ADA))[0]
    assert desk.get(action).status == "drafted"


def test_another_tenants_button_is_of_no_action_here(desk: SlackDesk) -> None:
    Tenants(desk.store).add("acme", None, actor="test", at=now())
    foreign = SlackDesk(desk.store, desk.settings, desk.slack, "acme").propose()
    action = desk.posted(customer_id="cus_2")
    channel, ts = desk.place(action)
    message = desk.slack.workspace.messages[channel, ts]
    message.blocks = json.loads(
        json.dumps(message.blocks)
        .replace(action.action_id, foreign.action_id)
        .replace(action.version_hash, foreign.version_hash)
    )
    desk.slack.press(ADA, channel, ts, "leaks_approve")
    assert "no such proposal" in wait(lambda: desk.told(ADA))[0]
    desk.slack.press(ADA, channel, ts, "leaks_deny")
    assert "nothing to decide" in wait(lambda: desk.told(ADA)[1:])[0]
    assert SlackDesk(desk.store, desk.settings, desk.slack, "acme").get(foreign) == foreign


def test_each_tenant_has_a_workspace_and_a_secret_of_its_own(desk: SlackDesk, service: Service) -> None:
    Tenants(desk.store).add("acme", None, actor="test", at=now())
    with running(team_id="T0OTHER001", request_url=f"{service.url}/slack/acme") as slack:
        workspace = slack.workspace
        tokens = bootstrap_slack.packed(SecretStr(workspace.bot_token), SecretStr(workspace.signing_secret), None)
        integrations = Integrations(desk.store, Secrets(desk.settings.leaks_secret_key))
        how = {"mode": "live", "kind": "api_key", "account_id": "T0OTHER001", "credentials": tokens}
        integrations.connect("acme", **how, system=SLACK, actor="test", at=now())  # type: ignore[arg-type]
        elsewhere = Settings.model_validate(
            {**desk.settings.model_dump(exclude_none=True), "slack_api_base": slack.api_url}
        )
        acme = SlackDesk(desk.store, elsewhere, slack, "acme")
        action = acme.posted()
        acme.press(BEN, action, "approve")
        assert [one.person_id for one in acme.get(action).approvals] == [person(BEN, "T0OTHER001")]

        # Signed with acme's secret, but at the other's door; and inside it, another workspace.
        slack.interactions.request_url = f"{service.url}/slack/default"
        assert "401" in str(acme.press(ADA, action, "approve").trouble)
        slack.interactions.request_url = f"{service.url}/slack/acme"
        pressed = slack.interactions.sent[-1]
        stolen = {**pressed, "team": {"id": "T0SANDBOX1"}, "trigger_id": "another"}
        assert slack.send_again(stolen) is None
        assert "not the one that is connected" in wait(lambda: acme.told(ADA))[0]
        assert acme.get(action).status == "approved"


def test_a_button_pressed_twice_decides_once(desk: SlackDesk) -> None:
    action = desk.posted()
    channel, ts = desk.place(action)
    old = list(desk.slack.workspace.messages[channel, ts].blocks)
    desk.press(BEN, action, "approve")
    changes = desk.get(action).changes
    wait(lambda: "Approved by" in desk.shown(action))
    desk.slack.workspace.messages[channel, ts].blocks = old
    desk.press(BEN, action, "approve")
    assert "decided already" in wait(lambda: desk.told(BEN)[1:])[0]
    assert "(you, <!date^" in desk.told(BEN)[1]
    assert desk.get(action).changes == changes


def test_of_two_people_in_the_same_second_one_wins_and_the_other_is_told_who(desk: SlackDesk) -> None:
    for number in range(5):
        action = desk.posted(customer_id=f"cus_{number}")
        before = {user: len(desk.told(user)) for user in (ADA, BEN)}
        places = {user: desk.place(action) for user in (ADA, BEN)}
        at_once = threading.Barrier(2)

        def press(user: str, places: Any = places, at_once: threading.Barrier = at_once) -> None:
            at_once.wait()
            desk.slack.press(user, *places[user], "leaks_approve")

        threads = [threading.Thread(target=press, args=(user,)) for user in (ADA, BEN)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (winner,) = [one.person_id.rpartition(":")[2] for one in desk.get(action).approvals]
        loser = ADA if winner == BEN else BEN
        said = wait(lambda loser=loser, before=before: desk.told(loser)[before[loser] :])[0]
        assert f"<@{winner}>" in said


def test_a_press_that_comes_again_is_answered_again_and_decided_once(
    desk: SlackDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    approve = Deciding.approve

    def counted(self: Deciding, *given: Any, **how: Any) -> Any:
        calls.append(given[1])
        return approve(self, *given, **how)

    monkeypatch.setattr(Deciding, "approve", counted)
    action = desk.posted()
    desk.press(BEN, action, "approve")
    for number in ("1", "2"):
        assert desk.slack.send_again(desk.slack.interactions.sent[-1], **{"X-Slack-Retry-Num": number}) is None
    assert calls == [action.action_id]


def test_a_press_that_failed_may_come_again_and_then_counts(desk: SlackDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    action = desk.posted()

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Deciding, "approve", fail)
        assert "status code 500" in str(desk.press(BEN, action, "approve").trouble)
    assert desk.slack.send_again(desk.slack.interactions.sent[-1]) is None
    assert desk.get(action).status == "approved"


def test_a_decision_that_takes_too_long_is_shown_as_trouble_and_is_not_lost(
    desk: SlackDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    action, gate = desk.posted(), threading.Event()
    approve = Deciding.approve

    def slowly(self: Deciding, *given: Any, **how: Any) -> Any:
        gate.wait(SECONDS)
        return approve(self, *given, **how)

    monkeypatch.setattr(Deciding, "approve", slowly)
    desk.slack.interactions.ack_seconds = 0.2
    assert "timed out" in str(desk.press(BEN, action, "approve").trouble)
    gate.set()
    wait(lambda: desk.get(action).status == "approved")
    wait(lambda: "Approved by" in desk.shown(action))


def test_what_was_filled_in_wrongly_is_said_beside_it(desk: SlackDesk) -> None:
    action = desk.posted()
    desk.press(BEN, action, "deny")
    assert "required" in desk.fill(BEN).errors["reason"]
    assert "why" in desk.fill(BEN, reason="other").errors["note"]
    assert "characters" in desk.fill(BEN, reason="other", note="<b>" * 900).errors["note"]
    assert "reasons" in desk.fill(BEN, reason="because").errors["reason"]
    desk.press(BEN, action, "refine")
    assert "Nothing was changed" in desk.fill(BEN).errors["not_before"]
    for at in (10**12, int((now() + timedelta(days=40)).timestamp())):
        assert "30 days" in desk.fill(BEN, not_before=at).errors["not_before"]
    desk.press(BEN, action, "snooze")
    for pause in ("0", "99", "a week"):
        assert desk.fill(BEN, pause=pause).errors.keys() == {"pause"}
    assert desk.get(action) == action


def test_a_note_with_markup_of_ten_thousand_characters_is_kept_out_of_every_channel(desk: SlackDesk) -> None:
    action = desk.posted()
    desk.press(BEN, action, "deny")
    # Slack itself takes no more than 3,000; what it takes and we do not is refused in the form.
    assert "3000" in desk.fill(BEN, reason="other", note="<!channel>" * 1_000).errors["note"]
    assert desk.fill(BEN, reason="other", note="<!channel> " * 100).errors == {}
    wait(lambda: "Denied" in desk.shown(action))
    assert "<!channel>" not in str([(one.text, one.blocks) for one in desk.slack.record.of("updated", "posted")])


def test_a_form_that_slack_does_not_open_is_said_and_can_be_tried_again(desk: SlackDesk) -> None:
    action = desk.posted()
    desk.slack.fail_next("views.open", "500")
    assert desk.press(BEN, action, "deny").trouble is None
    assert "Press once more" in wait(lambda: desk.told(BEN))[0]
    desk.press(BEN, action, "deny")
    assert len(desk.slack.workspace.modals) == 1


def test_a_proposal_of_a_digest_is_shown_on_request_and_decided(desk: SlackDesk) -> None:
    desk.policy('slack: {channel: "#revenue", digest_above: 1}')
    first, second = desk.propose(customer_id="cus_1"), desk.propose(customer_id="cus_2")
    desk.tell()
    ((channel, ts),) = desk.slack.workspace.messages
    blocks = desk.slack.workspace.messages[channel, ts].blocks
    (block_id,) = [one["block_id"] for one in blocks if first.action_id in str(one)]
    desk.slack.press(BEN, channel, ts, "leaks_show", block_id=block_id)
    assert desk.place(first) != (channel, ts)
    desk.press(BEN, first, "approve")
    assert desk.get(first).status == "approved"
    assert desk.get(second).status == "drafted"
    wait(lambda: "1 wait for a decision, 1 are decided" in str(desk.slack.workspace.messages[channel, ts].blocks))


def _send(service: Service, body: bytes, headers: dict[str, str], path: str = "/slack/default") -> tuple[int, str]:
    given = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    answer = service.client.post(path, content=body, headers=given)
    return answer.status_code, answer.json().get("reason", "") if answer.status_code != 200 else ""


def test_what_is_not_signed_by_this_tenants_slack_now_is_refused_and_noted(desk: SlackDesk, service: Service) -> None:
    body = urlencode({"payload": json.dumps({"type": "block_actions"})}).encode()
    secret = desk.slack.workspace.signing_secret
    right = signature(secret, body)
    assert _send(service, body, {}) == (401, "no_signature")
    assert _send(service, body, signature("of another", body)) == (401, "bad_signature")
    assert _send(service, body + b" ", right) == (401, "bad_signature")
    assert _send(service, body, signature(secret, body, at=int(time.time()) - 301)) == (401, "stale_signature")
    assert _send(service, body, signature(secret, body, at=int(time.time()) + 301)) == (401, "stale_signature")
    assert _send(service, body, {**right, "X-Slack-Request-Timestamp": "soon"}) == (401, "bad_signature")
    assert _send(service, b"\xff\xfe", right) == (401, "bad_signature")
    assert _send(service, body, right, "/slack/nobody") == (404, "unknown_tenant")
    assert _send(service, b"x" * (1024 * 1024 + 1), right) == (413, "too_large")
    assert service.metric("leaks_webhook_refused_total", reason="bad_signature") == 4


def test_refused_signatures_are_in_the_security_log(store: Store, store_settings: Settings) -> None:
    with at_desk(store, store_settings) as (_, service):
        _send(service, b"payload=", signature("of another", b"payload="))
    (line,) = SecurityLog(store).search("default", event="refused_signature")
    assert line.detail == {"reason": "bad_signature", "times": 1}


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "actions": [{"action_id": "of_another_app", "value": "x"}]},
        {"type": "block_actions", "actions": [{"action_id": "leaks_fly", "value": "x"}]},
        {"type": "block_actions", "actions": [{"action_id": "leaks_approve", "value": "x"}]},
        {"type": "block_actions", "actions": [{"action_id": "leaks_approve"}], "user": None},
        {"type": "block_actions", "actions": [{"action_id": "leaks_deny", "value": VALUE}], "user": {"id": "<!here>"}},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "of_another_app"}},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "leaks_deny", "private_metadata": "[]"}},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "leaks_deny"}},
        {"type": "view_closed", "view": {"type": "modal", "callback_id": "leaks_deny"}},
    ],
)
def test_signed_nonsense_is_taken_and_changes_nothing(
    desk: SlackDesk, service: Service, payload: dict[str, Any]
) -> None:
    action = desk.posted()
    body = urlencode({"payload": json.dumps(payload)}).encode()
    status, _ = _send(service, body, signature(desk.slack.workspace.signing_secret, body))
    assert status == 200
    assert desk.get(action) == action


@pytest.mark.parametrize("body", [b"payload=no+json", b"payload=[]", b"payload=%22x%22", b"", b"{", b"payload=1"])
def test_signed_bodies_that_slack_never_sends_are_refused(desk: SlackDesk, service: Service, body: bytes) -> None:
    given = signature(desk.slack.workspace.signing_secret, body)
    assert _send(service, body, given) == (400, "unknown_payload")


def test_slacks_own_questions_and_events_are_answered(desk: SlackDesk, service: Service) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"}).encode()
    headers = {"Content-Type": "application/json", **signature(desk.slack.workspace.signing_secret, body)}
    answer = service.client.post("/slack/default", content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json() == {"challenge": "abc"}
    assert desk.slack.send_event({"type": "app_mention", "user": ADA, "channel": "C1", "text": "hello"}) == 1


def test_without_slack_there_is_nothing_to_press(sqlite_store: Store, sqlite_settings: Settings) -> None:
    with serving(create_app(sqlite_settings), sqlite_settings) as service:
        assert _send(service, b"payload={}", signature("x", b"payload={}")) == (404, "unknown_tenant")
