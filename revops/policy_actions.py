"""The sections of a policy on deciding and doing: who must approve what, and which actions may leave the house."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from revops.domain.decision import Rules
from revops.policy_sections import Strict

DispatchMode = Literal["off", "dry_run", "on"]

_AMOUNT = "a whole number of minor units of the reporting currency, 0 or more, or nothing for no limit"


class Approvals(Strict):
    """How many and who must say yes, and for how long a yes is asked for."""

    admin_above_minor: Annotated[int | None, Field(ge=0, description=_AMOUNT)] = 100_000
    two_people_above_minor: Annotated[int | None, Field(ge=0, description=_AMOUNT)] = 1_000_000
    expires_after_days: Annotated[int, Field(ge=1, le=30, description="whole days from 1 to 30")] = 7
    undo_seconds: Annotated[int, Field(ge=0, le=3_600, description="whole seconds from 0 to 3600")] = 60

    @property
    def rules(self) -> Rules:
        """As the domain knows them."""
        return Rules(
            self.admin_above_minor,
            self.two_people_above_minor,
            timedelta(days=self.expires_after_days),
            timedelta(seconds=self.undo_seconds),
        )


class Dispatch(Strict):
    """What happens to an approved action of each kind: nothing, a dry run that shows the request, or the real thing."""

    retry_invoice: Annotated[DispatchMode, Field(description="off, dry_run or on")] = "dry_run"
    send_email: Annotated[DispatchMode, Field(description="off, dry_run or on")] = "dry_run"
    open_task: Annotated[DispatchMode, Field(description="off, dry_run or on")] = "dry_run"
