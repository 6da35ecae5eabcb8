"""An action as people are asked about it: everything that a message, a page or a terminal shows."""

from dataclasses import dataclass
from datetime import datetime

from revops.domain.action import Action
from revops.domain.kept_letter import KeptLetter
from revops.domain.leak import Leak
from revops.domain.letter import TaskDraft


@dataclass(frozen=True)
class Word:
    """The last that a person said about an action, and when."""

    verb: str
    person_id: str
    at: datetime


@dataclass(frozen=True)
class Proposal:
    """An action with its leak, and what people need to decide.

    `needs` is who has to say yes (`one approver`, `an admin`, `two people`); `outcome` is the sentence that says what
    became of it, None while it is undecided; `people` gives names of those who have decided, where they are known;
    `last_word` is filled in for messages. `letter` and `task` hold the words that would go out.
    """

    action: Action
    leak: Leak
    customer_name: str | None
    plan: str | None
    why: tuple[str, ...]
    what_happens: str
    needs: str
    outcome: str | None = None
    people: tuple[tuple[str, str], ...] = ()
    last_word: Word | None = None
    letter: KeptLetter | None = None
    task: TaskDraft | None = None

    @property
    def customer(self) -> str:
        """The customer's name, or what else there is to call them by."""
        return self.customer_name or self.leak.customer_id or "Unknown customer"
