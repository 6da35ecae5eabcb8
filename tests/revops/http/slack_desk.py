"""A company in Slack: the stand-in, the running service or a socket, people with roles, proposals on the table."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from revops import bootstrap_actions, bootstrap_slack
from revops.domain.action import Action
from revops.domain.leak import NewLeak
from revops.domain.message import Notified
from revops.domain.person import Role
from revops.service.import_policy import import_policy
from revops.settings import TENANT, Settings
from revops.store import Store
from revops.store.leaks import Leaks
from revops.store.people import People
from revops.store.policies import Policies
from sandbox.slack import Running
from sandbox.slack.interactions import Outcome
from tests.revops.http.serving import SECONDS
from tests.revops.messages.cases import proposal

ADA, BEN, CLEO, DREW = "U0ADA00001", "U0BEN00002", "U0CLEO0003", "U0DREW0004"
POLICY = """\
slack: {channel: "#revenue"}
approvals: {admin_above_minor: 100000, two_people_above_minor: 1000000}
"""


def person(user: str, team: str = "T0SANDBOX1") -> str:
    """A user's person id."""
    return f"slack:{team}:{user}"


def now() -> datetime:
    """This moment, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def wait(until: Callable[[], Any]) -> Any:
    """What comes after an acknowledgement comes soon; fails where it does not."""
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while not (found := until()):
        assert time.monotonic() < deadline, "it did not come"
        pause.wait(0.01)
    return found


@dataclass
class SlackDesk:
    """What a test does, and what it sees of it. Ada is an admin, Ben an approver, Cleo a viewer, Drew a stranger."""

    store: Store
    settings: Settings
    slack: Running
    tenant_id: str = TENANT
    numbers: int = field(default=0)

    def __post_init__(self) -> None:
        roles: tuple[tuple[str, Role], ...] = ((ADA, "admin"), (BEN, "approver"), (CLEO, "viewer"))
        for user, role in roles:
            person_id = person(user, self.slack.workspace.team_id)
            People(self.store).add(self.tenant_id, person_id, role, None, actor="test", at=now())
        self.policy(POLICY)
        self.notifying = bootstrap_slack.notifying(self.store, self.settings)

    def policy(self, document: str) -> None:
        """The tenant's rules from now on."""
        versions = Policies(self.store)
        import_policy(
            versions, document, source="test", leak_types={}, author="test", at=now(), tenant_id=self.tenant_id
        )

    def propose(self, amount_minor: int = 50_000, **how: Any) -> Action:
        """A leak, and a retry drafted for it."""
        self.numbers += 1
        case = proposal(self.numbers, amount_minor=amount_minor, tenant_id=self.tenant_id, **how)
        names = NewLeak.__dataclass_fields__
        leaks = Leaks(self.store)
        leaks.open(self.tenant_id, [NewLeak(**{name: getattr(case.leak, name) for name in names})], actor="t", at=now())
        (leak,) = [one for one in leaks.read_open(self.tenant_id) if one.root_cause == case.leak.root_cause]
        draft = replace(case.action.draft, why=case.why, what_happens=case.what_happens)
        expires_at = now() + timedelta(days=7)
        action = self.actions.draft(leak, draft, expires_at=expires_at, at=now())
        assert action is not None
        return action

    def posted(self, amount_minor: int = 50_000, **how: Any) -> Action:
        """A proposal with its message in Slack."""
        action = self.propose(amount_minor, **how)
        assert self.tell().failures == ()
        return action

    @property
    def actions(self) -> Any:
        """The actions, past Slack."""
        return bootstrap_actions.actions(self.store, self.settings)

    def tell(self) -> Notified:
        """What the worker does in its loop."""
        return self.notifying()

    def get(self, action: Action) -> Action:
        """The action as it is now."""
        found: Action | None = self.actions.get(self.tenant_id, action.action_id)
        assert found is not None
        return found

    def place(self, action: Action) -> tuple[str, str]:
        """Channel and time of an action's message."""
        for message in reversed(self.slack.workspace.messages.values()):
            if action.action_id in str(message.blocks) and message.seen_by is None:
                return message.channel, message.ts
        raise AssertionError(f"no message of {action.action_id}")

    def press(self, user: str, action: Action, verb: str) -> Outcome:
        """Somebody presses a button under an action's message."""
        return self.slack.press(user, *self.place(action), f"leaks_{verb}")

    def fill(self, user: str, **values: Any) -> Outcome:
        """Somebody sends the form that is open for them."""
        kinds = {"reason": "selected_option", "pause": "selected_option", "not_before": "selected_date_time"}
        state = {}
        for name, value in values.items():
            content = {"value": value} if kinds.get(name) == "selected_option" else value
            state[name] = {"value": {kinds.get(name, "value"): content}}
        return self.slack.submit(user, state)

    def told(self, user: str) -> list[str]:
        """What one person alone was told, in order."""
        return [one.text for one in self.slack.record.of("ephemeral") if one.user == user]

    def shown(self, action: Action) -> str:
        """What an action's message says."""
        return str(self.slack.workspace.messages[self.place(action)].blocks)
