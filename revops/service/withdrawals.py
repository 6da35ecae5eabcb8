"""A new definition that would withdraw much of the open money asks before it applies.

A rule of ours that changed, in SQL or in the policy, may be a mistake; a leak that it withdraws is gone from every
list. So above a share of the open money, in any currency, its leaks stay open until a person has said yes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from revops.domain.leak import Closing, Leak

# In percent of the open money of a currency.
SHARE_THAT_ASKS = 10
Answer = Literal["asked", "confirmed", "refused"]


@dataclass(frozen=True)
class Withdrawal:
    """What a new definition would withdraw; amounts in minor units by currency, beside all that is open."""

    withdrawal_id: str
    definitions: tuple[str, ...]
    leaks: int
    withdrawn_minor: Mapping[str, int]
    open_minor: Mapping[str, int]


class KeepsWithdrawals(Protocol):
    """What was asked, and what people said."""

    def ask(self, tenant_id: str, withdrawal: Withdrawal, at: datetime) -> Answer:
        """The answer that there is; asks where nobody was asked before."""
        ...


def held_back(
    withdrawals: KeepsWithdrawals,
    tenant_id: str,
    open_leaks: Sequence[Leak],
    closings: Sequence[Closing],
    definitions: Mapping[str, str],
    at: datetime,
) -> set[str]:
    """Ids of leaks that must stay open until a person has agreed; `definitions` are today's by leak id."""
    leaks = {leak.leak_id: leak for leak in open_leaks}
    by_definition = [
        leaks[one.leak_id]
        for one in closings
        if one.ends_as == "withdrawn" and definitions[one.leak_id] != leaks[one.leak_id].definition_version
    ]
    lost, total = _sums(by_definition), _sums(open_leaks)
    if not any(100 * lost[currency] > SHARE_THAT_ASKS * total[currency] for currency in lost):
        return set()
    versions = tuple(sorted({definitions[leak.leak_id] for leak in by_definition}))
    name = hashlib.sha256(" ".join(versions).encode()).hexdigest()[:16]
    asked = Withdrawal(f"wd_{name}", versions, len(by_definition), dict(lost), dict(total))
    if withdrawals.ask(tenant_id, asked, at) == "confirmed":
        return set()
    return {leak.leak_id for leak in by_definition}


def _sums(leaks: Sequence[Leak]) -> dict[str, int]:
    """Open money of alerts by currency; reviews are in no total."""
    sums: dict[str, int] = defaultdict(int)
    for leak in leaks:
        if leak.is_alert:
            sums[leak.currency] += leak.amount_minor
    return sums
