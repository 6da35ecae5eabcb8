"""A workspace, a store and a few proposals: what telling people works with, all of it real but the proposals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from revops.connectors.slack import SlackWorkspace
from revops.domain.message import Notified
from revops.domain.message_ports import PostsMessages
from revops.domain.proposal import Proposal
from revops.service.notify import notify
from revops.service.tell import Notifying, Teller
from revops.store import Store
from revops.store.outbox import Outbox, put
from revops.store.slack_messages import SlackMessages
from sandbox.slack import Running
from tests.revops.messages.cases import AT, proposal

TENANT = "default"
KIND = "action_changed"


@dataclass
class Desk:
    """Proposals as they stand, and the way from a change of one to a message."""

    store: Store
    slack: Running
    digest_above: int = 10
    channel: Callable[[Proposal], str | None] = lambda _one: "#revenue"
    proposals: dict[str, Proposal] = field(default_factory=dict)
    at: datetime = AT
    people: PostsMessages | None = None
    changes: int = 0

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.store)
        self.messages = SlackMessages(self.store)
        self.people = self.people or SlackWorkspace(SecretStr(self.slack.workspace.bot_token), self.slack.api_url)

    def change(self, number: int, transition: str = "refine", **how: Any) -> str:
        """Draft an action, or change it; the outbox hears of it."""
        action_id = f"act_{number:04d}"
        known = self.proposals.get(action_id)
        if known is None:
            self.proposals[action_id] = proposal(number, **how)
        else:
            self.proposals[action_id] = replace(known, action=replace(known.action, **how))
        self.changes += 1
        payload = {"action_id": action_id, "how": transition, "status": "whatever", "version": 1}
        with self.store.tenant(TENANT) as connection:
            put(connection, TENANT, kind=KIND, key=f"{KIND}:{action_id}:{self.changes}", payload=payload, at=self.at)
        return action_id

    @property
    def using(self) -> Notifying:
        """What a pass works with."""
        assert self.people is not None
        return Notifying(TENANT, self.people, self.messages, self.read, self.channel, self.digest_above)

    def read(self, action_ids: Sequence[str]) -> dict[str, Proposal]:
        """Those of these proposals that there are."""
        return {one: self.proposals[one] for one in action_ids if one in self.proposals}

    def tell(self) -> Notified:
        """One pass over what is due now."""
        return notify(self.using, self.outbox, self.outbox.claim(self.at, limit=200, kinds=[KIND]), self.at)

    def show(self, action_id: str) -> bool:
        """Post one proposal of a digest."""
        return Teller(self.using, self.at).show(action_id)

    def later(self, **how: float) -> None:
        """Let time pass."""
        self.at += timedelta(**how)

    @property
    def posted(self) -> list[str | None]:
        """The keys of everything that was ever posted, in order."""
        entries = self.slack.record.of("posted")
        return [(one.metadata or {}).get("event_payload", {}).get("key") for one in entries]
