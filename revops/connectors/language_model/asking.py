"""One question to one model, through pydantic-ai; only this module and transport.py need the extra `llm`.

Everything that can go wrong becomes a word in `Asked`. No other address is followed, there is one repetition at most,
and nobody is told: tracing is off, and the clients' logs, which hold questions when debugging, are quiet.
"""

import asyncio
import logging
from dataclasses import dataclass
from decimal import ROUND_HALF_UP
from typing import Literal

from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelConnectionError,
    ModelHTTPError,
    ModelTimeoutError,
    UserError,
)
from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, UserPromptPart
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.settings import ModelSettings

from revops.connectors.language_model.transport import Client, client

Trouble = Literal["time", "size", "status", "unreachable", "unreadable", "refused"]
# Said, as otherwise the environment would say where questions go.
_ANTHROPIC, _OPENAI = "https://api.anthropic.com", "https://api.openai.com/v1"
_REPETITIONS = 1
_QUIET = ("anthropic", "openai", "httpx2", "httpcore2")


@dataclass(frozen=True)
class Question:
    """What is asked, and how long the answer may be."""

    system: str
    prompt: str
    answer_tokens: int


@dataclass(frozen=True)
class Where:
    """Which model is asked, where, and with what patience."""

    service: Literal["anthropic", "openai"]
    model: str
    api_key: str | None
    base_url: str | None
    seconds: float
    answer_bytes: int


@dataclass(frozen=True)
class Asked:
    """What came of it: an answer, or `trouble` with the status of HTTP if there was one."""

    trouble: Trouble | None = None
    status: int | None = None
    text: str = ""
    ending: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_micro_usd: int | None = None


async def ask(question: Question, where: Where) -> Asked:
    """Ask once, and once more where that may help, within the time there is."""
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    messages = [ModelRequest(parts=[SystemPromptPart(question.system), UserPromptPart(question.prompt)])]
    settings = ModelSettings(max_tokens=question.answer_tokens, timeout=where.seconds)
    async with client(where.seconds, where.answer_bytes) as http:
        try:
            async with asyncio.timeout(where.seconds):
                model = build(where, http)
                response = await model_request(model, messages, model_settings=settings, instrument=False)
        except TimeoutError:
            return Asked("time")
        except ModelTimeoutError:
            return Asked("time")
        except ModelHTTPError as error:
            return Asked("status", error.status_code)
        except ModelConnectionError:
            return Asked("size") if http.is_too_much else Asked("unreachable", http.redirect)
        except ContentFilterError:
            return Asked("refused")
        # What is no answer fails wherever the libraries first miss something.
        except (AgentRunError, UserError, ValueError, TypeError, LookupError, AttributeError):
            return Asked("unreadable")
    return _asked(response)


def build(where: Where, http: Client) -> Model:
    """The model, with what it is asked through."""
    if where.service == "anthropic":
        anthropic = AnthropicProvider(
            api_key=where.api_key, base_url=where.base_url or _ANTHROPIC, http_client=http.http
        )
        anthropic.client.max_retries = _REPETITIONS
        return AnthropicModel(where.model, provider=anthropic)
    if where.base_url is None:
        openai: OpenAIProvider | OpenAICompatibleProvider = OpenAIProvider(
            api_key=where.api_key, base_url=_OPENAI, http_client=http.http
        )
        profile = None
    else:
        openai = OpenAICompatibleProvider(
            "openai-compatible", api_key=where.api_key or "none", base_url=where.base_url, http_client=http.http
        )
        # The field that every such service knows.
        profile = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
    openai.client.max_retries = _REPETITIONS
    return OpenAIChatModel(where.model, provider=openai, profile=profile)


def _asked(response: ModelResponse) -> Asked:
    usage = response.usage
    is_said = bool(usage.input_tokens or usage.output_tokens) and not usage.unmeasured_requests
    return Asked(
        text=response.text or "",
        ending=response.finish_reason,
        model=response.model_name,
        input_tokens=usage.input_tokens if is_said else None,
        output_tokens=usage.output_tokens if is_said else None,
        cost_micro_usd=_cost(response) if is_said and response.model_name else None,
    )


def _cost(response: ModelResponse) -> int | None:
    """From the list of prices that came with the library; None for a model or service that is not on it."""
    try:
        price = response.cost().total_price
    except (LookupError, ValueError):
        return None
    return int((price * 1_000_000).to_integral_value(ROUND_HALF_UP))
