"""Notify: changes of actions become messages to people, or change the ones that are there.

The outbox tells at least once, so what it says is never trusted for content: each action's present state is read, and a
message that says it already is left alone. What fails stays in the outbox and comes again later, each time after twice
as long; what would stop every other message, too (Slack is down, a token is revoked), is not asked again for each.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from revops.domain.message import KeptMessage, Notified, NotPostedError
from revops.domain.message_ports import Sending, SendsLater
from revops.domain.proposal import Proposal
from revops.service.tell import BusyError, Notifying, Teller, new_message

# New proposals within this time are counted towards a digest, and join one that began within it.
DIGEST_WITHIN = timedelta(hours=1)
_LONGEST_WAIT = timedelta(minutes=15)
_FIRST_WAIT = timedelta(seconds=5)
_BUSY_WAIT = timedelta(seconds=10)
_UNDECIDED = "drafted"
_WAKE = "wake"

_log = structlog.get_logger(__name__)

# What there is to do, and the actions that it is about.
_Step = tuple[Sequence[str], Callable[[], None]]


def notify(using: Notifying, outbox: SendsLater[Sending], due: Sequence[Sending], at: datetime) -> Notified:
    """Tell people of these changes of a tenant's actions."""
    told: dict[str, list[Sending]] = defaultdict(list)
    for one in due:
        told[str(one.payload.get("action_id"))].append(one)
    teller = Teller(using, at)
    failures: list[str] = []
    stopped: NotPostedError | None = None
    woken = {
        action_id: one.key for action_id, given in told.items() for one in given if one.payload.get("how") == _WAKE
    }
    for action_ids, act in _steps(teller, list(told), woken):
        messages = [one for action_id in action_ids for one in told[action_id]]
        try:
            if stopped is not None:
                raise stopped
            act()
        except NotPostedError as error:
            stopped = error if error.is_about_all else stopped
            failures.append(str(error))
            for one in messages:
                outbox.failed(one, str(error), at + _wait(error, one.attempts))
        else:
            for one in messages:
                outbox.sent(one, at)
    if failures:
        _log.warning("not_posted", tenant=using.tenant_id, messages=len(failures), error=failures[0])
    return Notified(teller.posted, teller.updated, teller.digests, tuple(failures))


def _steps(teller: Teller, action_ids: list[str], woken: Mapping[str, str]) -> Iterator[_Step]:
    using = teller.using
    known, found = using.messages.read(using.tenant_id, action_ids), using.proposals(action_ids)
    fresh: dict[str, list[Proposal]] = defaultdict(list)
    for action_id in action_ids:
        kept, proposal = known.get(action_id), found.get(action_id)
        if kept is not None:
            again = partial(_again, teller, kept, woken.get(action_id))
            yield [action_id], again if proposal and not kept.is_gone else _nothing
            continue
        # What ended before anybody was told of it needs nobody any more.
        is_undecided = proposal is not None and proposal.action.status == _UNDECIDED
        place = using.channel(proposal) if proposal is not None and is_undecided else None
        if proposal is None or place is None:
            yield [action_id], _nothing
        else:
            fresh[place].append(proposal)
    for place, proposals in fresh.items():
        yield from _first_time(teller, place, proposals)


def _first_time(teller: Teller, place: str, proposals: list[Proposal]) -> Iterator[_Step]:
    using, since = teller.using, teller.at - DIGEST_WITHIN
    key = using.messages.digest_since(using.tenant_id, place, since)
    count = using.messages.posted_since(using.tenant_id, place, since) + len(proposals)
    if key is None and count <= using.digest_above:
        for proposal in proposals:
            yield [proposal.action.action_id], partial(teller.post_proposal, place, proposal)
        return
    ids = [one.action.action_id for one in proposals]
    key = key or f"digest_{hashlib.sha256(json.dumps([place, *sorted(ids)]).encode()).hexdigest()[:24]}"
    yield ids, partial(_gather, teller, key, place, proposals)


def _again(teller: Teller, kept: KeptMessage, woken_by: str | None) -> None:
    teller.bring(kept)
    if woken_by is not None:
        teller.wake(kept, f"awake:{woken_by}")


def _gather(teller: Teller, key: str, place: str, proposals: list[Proposal]) -> None:
    using = teller.using
    using.messages.join(using.tenant_id, key, [new_message(one, place) for one in proposals], teller.at)
    teller.bring_digest(key, place)


def _nothing() -> None:
    """Nobody has to be told."""


def _wait(error: NotPostedError, attempts: int) -> timedelta:
    if isinstance(error, BusyError):
        return _BUSY_WAIT
    if error.retry_after_seconds is not None:
        return min(timedelta(seconds=error.retry_after_seconds), _LONGEST_WAIT)
    doubled: timedelta = _FIRST_WAIT * 2 ** min(attempts - 1, 10)
    return min(doubled, _LONGEST_WAIT)
