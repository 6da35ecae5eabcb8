"""A new definition that would withdraw much of the open money asks before it applies.

A rule of ours that changed, in SQL or in the policy, may be a mistake; a leak that it withdraws is gone from every
list. So above a share of the open money, in any currency, its leaks stay open until a person has said yes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from revops.domain.decision import Channel, DecisionRefusedError
from revops.domain.leak import Leak
from revops.domain.person import Person
from revops.domain.withdrawal import Answer, Question, Withdrawal
from revops.service.endings import Ending

# In percent of the open money of a currency.
SHARE_THAT_ASKS = 10


class KeepsWithdrawals(Protocol):
    """What was asked, and what people said."""

    def ask(self, tenant_id: str, withdrawal: Withdrawal, at: datetime) -> Answer:
        """The answer that there is; asks where nobody was asked before."""
        ...


class AnswersWithdrawals(Protocol):
    """Where answers are kept."""

    def answer(
        self,
        tenant_id: str,
        withdrawal_id: str,
        status: Literal["confirmed", "refused"],
        *,
        person: Person,
        channel: Channel,
        at: datetime,
        seen: Answer | None = None,
    ) -> None:
        """Say yes or no."""
        ...


@dataclass(frozen=True)
class Asked:
    """A question, and exactly what a yes to it withdraws by what is published now."""

    question: Question
    withdrawal: Withdrawal
    endings: tuple[Ending, ...]

    @property
    def leak_ids(self) -> frozenset[str]:
        """The leaks that it is about."""
        return frozenset(one.leak.leak_id for one in self.endings)


@dataclass(frozen=True)
class Withdrawing:
    """Where people answer, from wherever the word comes; `look` reads what is asked of a tenant now."""

    kept: AnswersWithdrawals
    look: Callable[[str, datetime], Asked | None]

    def answer(
        self,
        tenant_id: str,
        withdrawal_id: str,
        answer: Literal["confirmed", "refused"],
        person: Person,
        *,
        channel: Channel,
        at: datetime,
        seen: Asked | None = None,
    ) -> None:
        """Say yes or no; a yes applies when leaks are next opened and closed.

        With `seen` it is to what was shown: refused where somebody answered meanwhile, or where a yes would withdraw a
        leak that was not among them. Raises DecisionRefusedError for that, an unknown question, and who is no admin.
        """
        if not person.is_at_least("admin"):
            raise DecisionRefusedError(
                "needs_admin",
                f"Your role here is {person.role}; this takes an admin, because it may take much money out of sight.",
            )
        if seen is not None and answer == "confirmed":
            now = self.look(tenant_id, at)
            if now is None or now.question.withdrawal_id != withdrawal_id or now.leak_ids - seen.leak_ids:
                raise DecisionRefusedError(
                    "superseded", "By now something else would be withdrawn than was shown. Look again, then decide."
                )
        status = seen.question.status if seen is not None else None
        self.kept.answer(tenant_id, withdrawal_id, answer, person=person, channel=channel, at=at, seen=status)


def held_back(
    withdrawals: KeepsWithdrawals,
    tenant_id: str,
    open_leaks: Sequence[Leak],
    found: Sequence[Ending],
    at: datetime,
) -> set[str]:
    """Ids of leaks that must stay open until a person has agreed, of those that would end."""
    by_definition = [one for one in found if one.is_by_definition]
    withdrawal = withdrawal_to_ask(open_leaks, by_definition)
    if withdrawal is None or withdrawals.ask(tenant_id, withdrawal, at) == "confirmed":
        return set()
    return {one.leak.leak_id for one in by_definition}


def asked_now(questions: Sequence[Question], open_leaks: Sequence[Leak], found: Sequence[Ending]) -> Asked | None:
    """The question that holds leaks back now; None where there is none, or where it was answered with yes.

    An old question about definitions that have changed since is not asked any more.
    """
    by_definition = [one for one in found if one.is_by_definition]
    withdrawal = withdrawal_to_ask(open_leaks, by_definition)
    for one in questions:
        if withdrawal is not None and one.withdrawal_id == withdrawal.withdrawal_id and one.status != "confirmed":
            return Asked(one, withdrawal, tuple(by_definition))
    return None


def withdrawal_to_ask(open_leaks: Sequence[Leak], by_definition: Sequence[Ending]) -> Withdrawal | None:
    """What would be withdrawn, if that is so much that a person must agree. Its name is that of the definitions."""
    lost, total = _sums([one.leak for one in by_definition]), _sums(open_leaks)
    if not any(100 * lost[currency] > SHARE_THAT_ASKS * total[currency] for currency in lost):
        return None
    versions = tuple(sorted({one.how.definition_version for one in by_definition}))
    name = hashlib.sha256(" ".join(versions).encode()).hexdigest()[:16]
    return Withdrawal(f"wd_{name}", versions, len(by_definition), dict(lost), dict(total))


def _sums(leaks: Sequence[Leak]) -> dict[str, int]:
    """Open money of alerts by currency; reviews are in no total."""
    sums: dict[str, int] = defaultdict(int)
    for leak in leaks:
        if leak.is_alert:
            sums[leak.currency] += leak.amount_minor
    return sums
