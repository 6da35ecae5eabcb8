"""What detectors say today, and what became of what they said before."""

from dataclasses import dataclass
from datetime import datetime

from revops.domain.leak import EndsAs


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of leak_findings; amounts in minor units of `currency`, `recurring_minor` per month from now.

    `rank` is the place of its leak type in the order of precedence, the most specific first.
    """

    finding_id: str
    leak_type: str
    family: str
    object_type: str
    object_id: str
    customer_id: str | None
    currency: str
    amount_minor: int
    recurring_minor: int
    confidence: float
    is_alert: bool
    root_cause: str
    first_detectable_at: datetime | None
    definition_version: str
    as_of: datetime
    rank: int

    @property
    def object_key(self) -> tuple[str, str, str]:
        """What a resolution speaks of."""
        return self.leak_type, self.object_type, self.object_id


@dataclass(frozen=True, slots=True)
class Resolution:
    """One row of leak_resolutions: what became of an object; `resolved_at` None where nothing says when."""

    leak_type: str
    object_type: str
    object_id: str
    resolution: str
    resolved_at: datetime | None
    ends_as: EndsAs
    definition_version: str

    @property
    def object_key(self) -> tuple[str, str, str]:
        """The object it speaks of, for one leak type."""
        return self.leak_type, self.object_type, self.object_id
