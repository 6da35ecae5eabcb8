"""A language model as drafting asks it: one question, one answer, half a minute at most.

The libraries are an extra (`llm`), and importing them costs seconds, so that happens when something is asked. Neither
the key nor the question is in an error, and the libraries' own errors are not passed on: they quote what was sent.
"""

import asyncio
from typing import TYPE_CHECKING, Literal

from pydantic import SecretStr

from revops.domain.language_model import Answer, ModelRefusedError, ModelUnavailableError

if TYPE_CHECKING:  # an extra
    from revops.connectors.language_model.asking import Asked

Service = Literal["anthropic", "openai"]
_SECONDS = 30.0
# A letter has a few hundred; models that think first need room for it.
_ANSWER_TOKENS = 4_000
_ANSWER_BYTES = 262_144
_KEY = (401, 403)
_BUSY = (408, 409, 425, 429)


class LanguageModel:
    """One model of one service. Remembers nothing between questions, and may be used by several threads.

    `base_url` leads elsewhere than to the service itself; with `openai` to anything that speaks like it. A key is
    needed by the services themselves. `seconds` is for everything together, one repetition included.
    """

    def __init__(
        self,
        service: Service,
        model: str,
        api_key: SecretStr | None = None,
        base_url: str | None = None,
        *,
        seconds: float = _SECONDS,
        answer_tokens: int = _ANSWER_TOKENS,
        answer_bytes: int = _ANSWER_BYTES,
    ) -> None:
        self._service = service
        self._model = model
        self._api_key = api_key
        self._base_url = base_url
        self._seconds = seconds
        self._answer_tokens = answer_tokens
        self._answer_bytes = answer_bytes

    def write(self, system: str, prompt: str) -> Answer:
        """See WritesText. To be called from a thread that has no event loop."""
        key = self._usable_key()
        try:
            from revops.connectors.language_model import asking
        except ImportError as error:
            raise ModelRefusedError(
                'The libraries for language models are not here: pip install "revenue-leak-detective[llm]".'
            ) from error
        asked = asyncio.run(
            asking.ask(
                asking.Question(system, prompt, self._answer_tokens),
                asking.Where(self._service, self._model, key, self._base_url, self._seconds, self._answer_bytes),
            )
        )
        return self._answer(asked)

    def _usable_key(self) -> str | None:
        """The key without space around it. What no header can hold would stand in the client's own error."""
        if self._api_key is None:
            if self._service == "anthropic" or self._base_url is None:
                raise ModelRefusedError("The language model needs an API key: set LLM_API_KEY.")
            return None
        key = self._api_key.get_secret_value().strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ModelRefusedError("LLM_API_KEY is no API key: it has characters that none has.")
        return key

    def _answer(self, asked: "Asked") -> Answer:
        if asked.trouble is not None:
            raise self._failure(asked)
        if asked.ending == "content_filter":
            raise ModelRefusedError(f"{self._model} will not write this.")
        if asked.ending == "length":
            raise ModelUnavailableError(f"{self._model} was cut off after {self._answer_tokens} tokens.")
        if not asked.text.strip():
            raise ModelUnavailableError(f"{self._model} answered nothing.")
        return Answer(
            text=asked.text.strip(),
            model=asked.model or self._model,
            input_tokens=asked.input_tokens,
            output_tokens=asked.output_tokens,
            cost_micro_usd=asked.cost_micro_usd,
        )

    def _failure(self, asked: "Asked") -> ModelUnavailableError | ModelRefusedError:
        status = asked.status
        if asked.trouble == "time":
            return ModelUnavailableError(f"{self._model} did not answer within {self._seconds:g} seconds.")
        if asked.trouble == "size":
            return ModelUnavailableError(f"{self._model} answered more than {self._answer_bytes:,} bytes.")
        if asked.trouble == "refused":
            return ModelRefusedError(f"{self._model} will not write this.")
        if asked.trouble == "unreadable":
            return ModelUnavailableError(f"The answer of {self._model} cannot be read; check LLM_BASE_URL.")
        if status is None:
            return ModelUnavailableError(f"{self._model} cannot be reached.")
        if status in _KEY:
            return ModelRefusedError(f"{self._model} may not be asked (status {status}): correct LLM_API_KEY.")
        if status in _BUSY or status >= 500:
            return ModelUnavailableError(f"{self._model} cannot answer now (status {status}).")
        if status < 400 or status == 404:
            return ModelRefusedError(
                f"There is no {self._model} at this address (status {status}): correct LLM_MODEL or LLM_BASE_URL."
            )
        return ModelRefusedError(f"{self._model} does not take the question (status {status}): correct LLM_MODEL.")
