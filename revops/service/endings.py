"""How open leaks end by what is published; nothing is read or written here.

A leak ends when none of its findings is left and each is explained by what became of its object. An explained finding
of a leak that has others is detached from it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from revops.domain.finding import Resolution
from revops.domain.leak import Closing, Leak, Reason


@dataclass(frozen=True)
class Ending:
    """A leak that ends, and what explains the finding that says what it is; `at` where that has no time itself."""

    leak: Leak
    how: Resolution
    at: datetime

    @property
    def closing(self) -> Closing:
        """What the store is told."""
        return Closing(self.leak.leak_id, self.how.resolution, self.how.resolved_at or self.at, self.how.ends_as)

    @property
    def is_by_definition(self) -> bool:
        """Whether a rule of ours that changed says that it is no leak, and nothing that happened."""
        return self.how.ends_as == "withdrawn" and self.how.definition_version != self.leak.definition_version


@dataclass(frozen=True)
class Endings:
    """What ends, and the ids of findings that are no more while their leaks stay."""

    leaks: tuple[Ending, ...]
    detached: tuple[str, ...]


def endings(
    open_now: Sequence[Leak],
    reasons: Sequence[Reason],
    present: Collection[str],
    resolutions: Sequence[Resolution],
    at: datetime,
) -> Endings:
    """What becomes of open leaks with these reasons; `present` are the ids of all findings of today."""
    explains = {one.object_key: one for one in resolutions}
    attached: dict[str, list[Reason]] = defaultdict(list)
    for reason in reasons:
        if reason.detached_at is None:
            attached[reason.leak_id].append(reason)
    ending: list[Ending] = []
    detached: list[str] = []
    for leak in open_now:
        gone = [one for one in attached[leak.leak_id] if one.finding_id not in present]
        explained = {one.finding_id: how for one in gone if (how := explains.get(_key(one))) is not None}
        if explained and len(explained) == len(attached[leak.leak_id]):
            ending.append(Ending(leak, _of_lead(leak, gone, explained), at))
        else:
            detached += explained
    return Endings(tuple(ending), tuple(detached))


def _key(reason: Reason) -> tuple[str, str, str]:
    return reason.leak_type, reason.object_type, reason.object_id


def _of_lead(leak: Leak, gone: Sequence[Reason], explained: Mapping[str, Resolution]) -> Resolution:
    """How the finding ended that says what the leak is."""
    lead = next((one for one in gone if one.leak_type == leak.leak_type and one.object_id == leak.object_id), gone[0])
    return explained[lead.finding_id]
