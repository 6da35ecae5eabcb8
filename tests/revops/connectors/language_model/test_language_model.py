"""A language model over HTTP: what is sent, what is kept, and everything that a service can do instead of answering."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from revops.connectors.language_model import LanguageModel, Service, asking, transport
from revops.domain.language_model import Answer, LanguageModelError, ModelRefusedError, ModelUnavailableError
from tests.revops.connectors.language_model.service import (
    USAGE,
    Handler,
    ModelService,
    Reply,
    half,
    nothing,
    raw,
    send,
    serving,
    status,
)

KEY = "sk-secret"
MODELS = {"anthropic": "claude-sonnet-4-6", "openai": "some-model"}
BOTH = pytest.mark.parametrize("speaks", ["anthropic", "openai"])


@pytest.fixture(scope="module")
def server() -> Iterator[ModelService]:
    with serving() as one:
        yield one


@pytest.fixture
def service(server: ModelService) -> ModelService:
    fresh = ModelService(server.url)
    for name in ("text", "ending", "has_usage", "replies", "paths", "bodies", "headers"):
        setattr(server, name, getattr(fresh, name))
    return server


def model(service: ModelService, speaks: Service, key: str | None = KEY, **how: object) -> LanguageModel:
    url = service.url if speaks == "anthropic" else service.openai_url
    return LanguageModel(speaks, MODELS[speaks], SecretStr(key) if key is not None else None, url, **how)  # type: ignore[arg-type]


def write(service: ModelService, speaks: Service, **how: object) -> Answer:
    return model(service, speaks, **how).write("SYSTEM", "PROMPT")  # type: ignore[arg-type]


def failure(service: ModelService, speaks: Service, **how: object) -> LanguageModelError:
    """The error of a question, which has neither the key nor the question nor the libraries' words in it."""
    with pytest.raises(LanguageModelError) as failed:
        write(service, speaks, **how)
    known: BaseException | None = failed.value
    while known is not None:
        assert KEY not in str(known)
        assert "PROMPT" not in str(known)
        known = known.__cause__ or known.__context__
    return failed.value


@BOTH
def test_an_answer_comes_with_its_tokens(service: ModelService, speaks: Service) -> None:
    answer = write(service, speaks)
    assert (answer.text, answer.model) == ("Dear Ada,\n\nyour card was declined.", MODELS[speaks])
    assert (answer.input_tokens, answer.output_tokens) == USAGE


def test_anthropic_is_asked_in_its_own_format(service: ModelService) -> None:
    write(service, "anthropic", answer_tokens=500)
    (body,), (headers,) = service.bodies, service.headers
    assert service.paths[0].partition("?")[0] == "/v1/messages"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["max_tokens"]) == ("claude-sonnet-4-6", 500)
    assert "SYSTEM" in json.dumps(body["system"])
    assert [one["role"] for one in body["messages"]] == ["user"]
    assert "PROMPT" in json.dumps(body["messages"])


def test_what_speaks_like_openai_is_asked_in_its_format(service: ModelService) -> None:
    write(service, "openai", answer_tokens=500)
    (body,), (headers,) = service.bodies, service.headers
    assert service.paths == ["/v1/chat/completions"]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["max_tokens"], body.get("stream", False)) == ("some-model", 500, False)
    assert [(one["role"], one["content"]) for one in body["messages"]] == [("system", "SYSTEM"), ("user", "PROMPT")]


def test_a_service_of_ones_own_needs_no_key(service: ModelService) -> None:
    assert write(service, "openai", key=None).text
    assert KEY not in service.headers[0]["authorization"]


def test_the_environment_does_not_say_where_questions_go(
    service: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "sk-of-somebody-else")
    for speaks in ("anthropic", "openai"):
        write(service, speaks)
    assert "sk-of-somebody-else" not in json.dumps(service.headers)


def test_the_cost_is_known_where_the_price_is(service: ModelService) -> None:
    # 3 and 15 US dollars for a million tokens in and out.
    assert write(service, "anthropic").cost_micro_usd == USAGE[0] * 3 + USAGE[1] * 15
    assert write(service, "openai").cost_micro_usd is None


@BOTH
def test_a_service_that_counts_no_tokens_costs_nobody_knows_what(service: ModelService, speaks: Service) -> None:
    service.has_usage = False
    answer = write(service, speaks)
    assert (answer.input_tokens, answer.output_tokens, answer.cost_micro_usd) == (None, None, None)


UNAVAILABLE: list[tuple[str, Reply, str]] = [
    ("busy", status(429), "429"),
    ("fails", status(500), "500"),
    ("overloaded", status(529), "529"),
    ("garbage", raw(b"{{{"), "cannot be read"),
    ("a page", raw(b"<html>502</html>", "text/html"), "cannot be read"),
    ("a list", raw(b"[]"), "cannot be read"),
    ("a number", raw(b"7"), "cannot be read"),
    ("empty object", raw(b"{}"), "cannot be read"),
    ("empty", raw(b""), "cannot be read"),
    ("null choices", raw(b'{"choices": null, "content": null}'), "cannot be read"),
    ("half a body", half, "cannot be reached"),
    ("no answer", nothing, "cannot be reached"),
    ("huge", raw(b'{"x": "' + b"x" * 400_000 + b'"}'), "262,144 bytes"),
]


@BOTH
@pytest.mark.parametrize(("reply", "words"), [one[1:] for one in UNAVAILABLE], ids=[one[0] for one in UNAVAILABLE])
def test_what_is_no_answer_is_none_and_is_asked_for_at_most_twice(
    service: ModelService, speaks: Service, reply: Reply, words: str
) -> None:
    service.replies = [reply]
    failed = failure(service, speaks)
    assert isinstance(failed, ModelUnavailableError)
    assert words in str(failed)
    assert 1 <= len(service.bodies) <= 2


REFUSED: list[tuple[Reply, str]] = [
    (status(400), "LLM_MODEL"),
    (status(401), "LLM_API_KEY"),
    (status(403), "LLM_API_KEY"),
    (status(404), "LLM_BASE_URL"),
    (status(413), "LLM_MODEL"),
    (status(422), "LLM_MODEL"),
]


@BOTH
@pytest.mark.parametrize(("reply", "words"), REFUSED)
def test_a_refusal_says_what_to_correct_and_is_not_repeated(
    service: ModelService, speaks: Service, reply: Reply, words: str
) -> None:
    service.replies = [reply]
    failed = failure(service, speaks)
    assert isinstance(failed, ModelRefusedError)
    assert words in str(failed)
    assert len(service.bodies) == 1


@BOTH
@pytest.mark.parametrize("reply", [status(500), status(429), nothing, half])
def test_a_single_failure_is_repeated_once(service: ModelService, speaks: Service, reply: Reply) -> None:
    answering: Reply = lambda handler: send(  # noqa: E731 - a reply like the others
        handler, 200, json.dumps(service.answer(handler.path, "m")).encode()
    )
    service.replies = [reply, answering]
    assert write(service, speaks).text.startswith("Dear Ada")
    assert len(service.bodies) == 2


@BOTH
def test_an_answer_that_is_packed_unasked_is_not_unpacked(service: ModelService, speaks: Service) -> None:
    path = "/v1/messages" if speaks == "anthropic" else "/v1/chat/completions"
    answer = json.dumps(service.answer(path, "m")).encode()
    service.replies = [raw(gzip.compress(answer), **{"Content-Encoding": "gzip"})]
    assert isinstance(failure(service, speaks), ModelUnavailableError)


@BOTH
def test_a_redirect_is_not_followed(service: ModelService, speaks: Service) -> None:
    with serving() as elsewhere:
        service.replies = [status(307, Location=f"{elsewhere.url}/v1/messages")]
        failed = failure(service, speaks)
        assert elsewhere.bodies == []
    assert isinstance(failed, ModelRefusedError)
    assert "LLM_BASE_URL" in str(failed)


@BOTH
@pytest.mark.parametrize("how", ["silence", "drops", "later"])
def test_half_a_minute_is_for_everything_together(service: ModelService, speaks: Service, how: str) -> None:
    seen = threading.Event()

    def slowly(handler: Handler) -> None:
        seen.set()
        if how == "silence":
            server_is_over = service.released
            server_is_over.wait(5)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        while not service.released.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    service.replies = [status(429, retry_after="20", retry_after_ms="20000") if how == "later" else slowly]
    begun = time.monotonic()
    failed = failure(service, speaks, seconds=0.5)
    assert isinstance(failed, ModelUnavailableError)
    assert time.monotonic() - begun < 5
    assert "within 0.5 seconds" in str(failed)
    assert seen.is_set() == (how != "later")


@BOTH
def test_an_answer_that_was_cut_off_or_withheld_is_none(service: ModelService, speaks: Service) -> None:
    service.ending = "length"
    assert "cut off after 4000 tokens" in str(failure(service, speaks))
    service.ending = "content_filter"
    assert isinstance(failure(service, speaks), ModelRefusedError)


@BOTH
@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_answer_is_none(service: ModelService, speaks: Service, text: str) -> None:
    service.text = text
    assert isinstance(failure(service, speaks), ModelUnavailableError)


def test_a_service_that_is_not_there_is_unavailable() -> None:
    nobody = ModelService("http://127.0.0.1:9")
    for speaks in ("anthropic", "openai"):
        failed = failure(nobody, speaks)
        assert isinstance(failed, ModelUnavailableError)


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1/", "http://[x", ""])
@BOTH
def test_an_address_that_is_none_is_an_error_like_the_others(speaks: Service, url: str) -> None:
    with pytest.raises(LanguageModelError):
        LanguageModel(speaks, "m", SecretStr(KEY), url or "http://").write("SYSTEM", "PROMPT")


@pytest.mark.parametrize(
    ("speaks", "address"), [("anthropic", "https://api.anthropic.com"), ("openai", "https://api.openai.com/v1/")]
)
def test_without_an_address_the_service_itself_is_asked_and_once_more_at_most(
    speaks: Service, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def made() -> tuple[str, int]:
        async with transport.client(1, 1) as http:
            built: Any = asking.build(asking.Where(speaks, MODELS[speaks], KEY, None, 1, 1), http)
            return str(built.base_url), built.client.max_retries

    assert asyncio.run(made()) == (address, 1)


@BOTH
def test_a_service_itself_needs_a_key(speaks: Service) -> None:
    with pytest.raises(ModelRefusedError, match="set LLM_API_KEY"):
        LanguageModel(speaks, "m").write("SYSTEM", "PROMPT")


@pytest.mark.parametrize("key", ["", " ", "sk secret", "sk-\n secret", "sk-ä", "sk-\0"])
def test_a_key_that_no_header_can_hold_is_refused(service: ModelService, key: str) -> None:
    failed = failure(service, "openai", key=key)
    assert "LLM_API_KEY" in str(failed)
    assert service.bodies == []


def test_without_the_libraries_it_says_how_to_get_them(service: ModelService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_ai.direct", None)
    monkeypatch.delitem(sys.modules, asking.__name__)
    monkeypatch.delattr(asking.__name__)
    with pytest.raises(ModelRefusedError, match=r"pip install \"revenue-leak-detective\[llm\]\""):
        write(service, "openai")


def test_the_libraries_are_not_imported_before_something_is_asked() -> None:
    code = "import sys; from revops.connectors.language_model import LanguageModel; LanguageModel('openai', 'x')"
    code += "; print('pydantic_ai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@BOTH
def test_neither_key_nor_question_nor_answer_is_logged(
    service: ModelService, speaks: Service, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "anthropic", "httpx2"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    write(service, speaks)
    service.replies = [status(401)]
    failure(service, speaks)
    for secret in (KEY, "SYSTEM", "PROMPT", "Dear Ada"):
        assert secret not in caplog.text


def test_many_threads_ask_at_once(service: ModelService) -> None:
    asked = model(service, "openai")
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(asked.write("SYSTEM", "PROMPT"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 4
