"""What checking a chain of decision records finds, in words."""

from dataclasses import dataclass
from typing import Literal

from revops.domain.decision_record import Part

# flip: something differs from what was signed. drop: a number is missing. insert: one is there that does not belong.
# reorder: they stand in another order. cut: the newest are gone. fork: signed, but of another history.
# re-sign: the signature is not by the key that signed then.
FaultKind = Literal["flip", "drop", "insert", "reorder", "cut", "fork", "re-sign"]


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong: at which number, of which kind, and whether only an anchor tells."""

    number: int
    kind: FaultKind
    sentence: str
    is_told_by_anchor: bool = False


@dataclass(frozen=True)
class Erased:
    """A part that was erased, by whom (a pseudonym) and when: that is no fault."""

    number: int
    part: Part
    at: str
    by: str

    @property
    def sentence(self) -> str:
        """`the note of record 3 was erased on 2026-11-22T03:37:07.123Z by person_1f0c`."""
        return f"the {self.part} of record {self.number} was erased on {self.at} by {self.by}"


@dataclass(frozen=True)
class Reached:
    """How far a chain was right: the last record's number and hash, and the key that signs the next."""

    number: int = 0
    hash: str | None = None
    key_id: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What became of checking. `anchored` is the newest anchor that the chain agrees with (0: none)."""

    reached: Reached
    fault: Fault | None
    erased: tuple[Erased, ...]
    key_ids: tuple[str, ...]
    anchored: int
    anchored_at: str | None
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        if self.fault is not None:
            return f"Record {self.fault.number} is where it goes wrong ({self.fault.kind}): {self.fault.sentence}"
        if self.reached.number == 0:
            return "There is no record yet."
        until = f"anchored up to {self.anchored} ({self.anchored_at})" if self.anchored else "not anchored"
        return f"All {self.reached.number} records are right, {until}."

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything that was found, for people."""
        erased = [f"{one.sentence[0].upper()}{one.sentence[1:]}." for one in self.erased]
        keys = [f"Signed with {', '.join(self.key_ids)}."] if self.key_ids else []
        return (self.sentence, *keys, *erased, *self.notes)
