"""Tell: one message posted, found again, changed; the steps that `notify` puts together.

Posting happens outside any transaction, between two short ones: before it a row says that it has begun, after it the
row holds the message's name. Whoever finds a row without a name (the process died, or the answer was lost) looks for
the message by its key before posting. Only where Slack does not let us look could two messages stand: both decide on
the same version of the same action, so a second press is told who decided.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import structlog

from revops.domain.message import (
    KeptMessage,
    Message,
    MessageGoneError,
    NewMessage,
    NotPostedError,
    Place,
    Posted,
    ThreadGoneError,
)
from revops.domain.message_ports import KeepsMessages, PostsMessages
from revops.domain.proposal import Proposal
from revops.messages.digest import digest_message
from revops.messages.proposal import awake_message, proposal_message

# Clocks differ: ours, and the one that names messages.
_CLOCKS = timedelta(minutes=5)

_log = structlog.get_logger(__name__)


class BusyError(NotPostedError):
    """Somebody else is posting this message now."""


@dataclass(frozen=True)
class Notifying:
    """What telling the people of one tenant works with.

    `proposals` reads the present state of actions, those that there are; `channel` says where a proposal goes, None for
    nowhere; more than `digest_above` new ones within an hour come as a digest.
    """

    tenant_id: str
    people: PostsMessages
    messages: KeepsMessages
    proposals: Callable[[Sequence[str]], Mapping[str, Proposal]]
    channel: Callable[[Proposal], str | None]
    digest_above: int

    def proposal(self, action_id: str) -> Proposal | None:
        """One action's present state, None where there is none any more."""
        return self.proposals([action_id]).get(action_id)


@dataclass
class Teller:
    """Tells the people of one tenant at one time, and counts. Every method raises NotPostedError."""

    using: Notifying
    at: datetime
    posted: int = 0
    updated: int = 0
    digests: int = 0

    def post_proposal(self, place: str, proposal: Proposal) -> None:
        """Post a proposal's message, in the thread of its customer where there is one."""
        customer_id, tenant_id = proposal.leak.customer_id, self.using.tenant_id
        thread_ts = self.using.messages.thread_of(tenant_id, place, customer_id) if customer_id else None
        message = proposal_message(proposal, self.at)
        try:
            self._post(new_message(proposal, place, thread_ts), message)
        except ThreadGoneError:
            self._post(new_message(proposal, place), message)
        self.posted += 1

    def bring(self, kept: KeptMessage) -> None:
        """Let a message, and the digest that stands for it, say what is so now."""
        if kept.posted is not None:
            self._bring_proposal(kept, kept.posted)
        elif kept.digest_key is None:
            # Posting had begun, and nobody knows how it ended.
            proposal = self.using.proposal(kept.key)
            if proposal is not None:
                self._post(kept, proposal_message(proposal, self.at))
                self.posted += 1
        if kept.digest_key is not None:
            self.bring_digest(kept.digest_key, kept.place)

    def bring_digest(self, key: str, place: str) -> None:
        """Post a digest, or let it say what is so now."""
        members = self.using.messages.members(self.using.tenant_id, key)
        message = digest_message(list(self.using.proposals(members).values()))
        kept = self.using.messages.read(self.using.tenant_id, [key]).get(key)
        if message is None or (kept is not None and kept.is_gone):
            return
        if kept is None or kept.posted is None:
            self._post(NewMessage(key, "digest", place), message)
        elif not self._change(kept, kept.posted, message):
            return
        self.digests += 1

    def wake(self, kept: KeptMessage, key: str) -> None:
        """Say that a snooze is over, where the proposal stands; one of a digest is shown there."""
        proposal = self.using.proposal(kept.key)
        if proposal is None or proposal.action.status != "drafted":
            return
        if kept.posted is None:
            self.show(kept.key)
            return
        said = self._kept(key)
        if said is None or said.posted is None:
            new = new_message(proposal, kept.place, kept.thread_ts or kept.posted.ts)
            self._post(replace(new, key=key), awake_message(proposal))
            self.posted += 1

    def show(self, action_id: str) -> bool:
        """Post the message of a proposal that so far stands in a digest only; False where there is none to show."""
        kept = self._kept(action_id)
        proposal = self.using.proposal(action_id)
        if kept is None or kept.digest_key is None or kept.posted is not None or proposal is None:
            return False
        digest = self._kept(kept.digest_key)
        thread_ts = digest.posted.ts if digest is not None and digest.posted is not None else None
        self._post(new_message(proposal, kept.place, thread_ts), proposal_message(proposal, self.at))
        self.posted += 1
        return True

    def _kept(self, key: str) -> KeptMessage | None:
        return self.using.messages.read(self.using.tenant_id, [key]).get(key)

    def _bring_proposal(self, kept: KeptMessage, posted: Posted) -> None:
        """Read again after each change: the action may have gone on while we spoke."""
        current: KeptMessage | None = kept
        while current is not None and (proposal := self.using.proposal(kept.key)) is not None:
            if not self._change(current, posted, proposal_message(proposal, self.at)):
                return
            self.updated += 1
            current = self._kept(kept.key)

    def _change(self, kept: KeptMessage, posted: Posted, message: Message) -> bool:
        """Whether the message had to be changed, and is there to be."""
        wanted = _hash(message)
        if wanted == kept.shown:
            return False
        try:
            self.using.people.update(posted, message)
        except MessageGoneError:
            self.using.messages.gone(self.using.tenant_id, kept.key, self.at)
            return False
        self.using.messages.updated(self.using.tenant_id, kept.key, wanted, self.at)
        return True

    def _post(self, new: NewMessage, message: Message) -> None:
        using = self.using
        begun = using.messages.begin(using.tenant_id, new, self.at)
        if begun.is_busy:
            raise BusyError("This message is being posted by somebody else.")
        place = Place(new.place, new.thread_ts)
        try:
            posted = self._found(place, new.key, begun.first_at) or using.people.post(place, message, new.key)
        except NotPostedError:
            using.messages.release(using.tenant_id, new.key, self.at)
            raise
        using.messages.posted(using.tenant_id, new.key, posted, _hash(message), self.at)

    def _found(self, place: Place, key: str, first_at: datetime | None) -> Posted | None:
        """A message that an earlier try may have left; two of them are a lesser evil than none."""
        if first_at is None:
            return None
        try:
            return self.using.people.find(place, key, first_at - _CLOCKS)
        except NotPostedError as error:
            if error.may_be_there or error.retry_after_seconds is not None:
                raise
            _log.warning("not_looked_for", tenant=self.using.tenant_id, key=key, error=str(error))
            return None


def new_message(proposal: Proposal, place: str, thread_ts: str | None = None) -> NewMessage:
    """The message that is to be posted about a proposal."""
    action = proposal.action
    return NewMessage(action.action_id, "proposal", place, thread_ts, proposal.leak.customer_id, action.root_cause)


def _hash(message: Message) -> str:
    return hashlib.sha256(json.dumps(asdict(message), sort_keys=True, default=str).encode()).hexdigest()
