"""Why nothing was drafted."""

from revops.errors import RevopsError


class DraftingError(RevopsError):
    """No draft came of it; the text says what to do."""


class MissingFactError(DraftingError):
    """A letter cannot be written without something that is not known. `missing` names it, as LetterFacts does."""

    def __init__(self, topic: str, missing: tuple[str, ...]) -> None:
        super().__init__(
            f"A letter on {topic} needs {', '.join(missing)}; fill in what is missing or let a person write."
        )
        self.missing = missing


class AnswerRefusedError(DraftingError):
    """What a language model answered is no letter; the text says why, and the template is used."""
