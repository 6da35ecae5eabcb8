"""A language model that writes drafts: what is asked of one, and what it answers. Nothing needs one."""

from dataclasses import dataclass
from typing import Protocol

from revops.errors import RevopsError


class LanguageModelError(RevopsError):
    """A language model did not write; the template is used instead."""


class ModelUnavailableError(LanguageModelError):
    """No answer: no connection, too slow, too much asked of it, or an answer that is none."""


class ModelRefusedError(LanguageModelError):
    """It will not write this, or may not be asked: a key it does not know, a model it does not have, a refusal."""


@dataclass(frozen=True)
class Answer:
    """What a model wrote, by which model, and what it took.

    Tokens and `cost_micro_usd` (millionths of a US dollar) are None where the service does not say.
    """

    text: str
    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_micro_usd: int | None = None


class WritesText(Protocol):
    """A language model behind some service."""

    def write(self, system: str, prompt: str) -> Answer:
        """One answer to one prompt, nothing remembered. Raises ModelUnavailableError, ModelRefusedError."""
        ...
