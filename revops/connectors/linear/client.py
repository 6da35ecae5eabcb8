"""One Linear workspace over HTTP: what is asked, how often, and when it is left alone.

Reads are tried again with back-off. A change is sent once: whether it arrived is found out by reading. A personal API
key goes into `Authorization` as it is, without "Bearer". Source: https://linear.app/developers/graphql.
"""

import json
import logging
from collections.abc import Generator, Mapping
from typing import Any, Never

import httpx
import pybreaker
import stamina
from gql import GraphQLRequest
from gql.transport.exceptions import TransportConnectionFailed, TransportError
from gql.transport.httpx import HTTPXTransport
from pydantic import SecretStr
from pyrate_limiter import Duration, Limiter, Rate

from revops.connectors.linear.errors import is_worth_repeating, typed, unreadable
from revops.connectors.linear.words import web_address
from revops.domain.task import TaskError, TaskRefusedError, TaskUnavailableError

API_URL = "https://api.linear.app/graphql"
_READ_SECONDS = 20.0
_PAUSE_SECONDS = 30
_MOST_BYTES = 65_536
# gql writes every document with its variables to the log when debugging; what a task says is for the task's readers.
logging.getLogger("gql.transport.httpx").setLevel(logging.WARNING)


class _TryAgainError(Exception):
    """A read that may work in a moment."""


class _OtherStatusError(Exception):
    """An answer whose status is no success, with the errors in its body."""

    def __init__(self, response: httpx.Response, body: bytes) -> None:
        super().__init__(f"status {response.status_code}")
        self.status = response.status_code
        self.headers = response.headers
        try:
            self.errors: object = _object(body).get("errors")
        except ValueError:
            self.errors = None


class _Key(httpx.Auth):
    """Puts the key into a request, and keeps it nowhere that is printed."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._key.get_secret_value()
        yield request


class LinearClient:
    """Speaks GraphQL with one workspace. Limits: a few requests a second, none for a while after failures in a row."""

    def __init__(
        self, api_key: SecretStr, url: str = API_URL, *, per_second: int = 5, read_seconds: float = _READ_SECONDS
    ) -> None:
        self._key = SecretStr(api_key.get_secret_value().strip())
        self._url = url
        self._transport = HTTPXTransport(
            url,
            json_deserialize=_object,
            auth=_Key(self._key),
            timeout=httpx.Timeout(connect=5, read=read_seconds, write=10, pool=5),
            event_hooks={"response": [_refuse_other_than_success]},
        )
        self._transport.connect()  # type: ignore[no-untyped-call]
        self._limiter = Limiter(Rate(per_second, Duration.SECOND))
        # What Linear refuses is an answer; silence and faults open the breaker, and each stays what it is.
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=5, reset_timeout=_PAUSE_SECONDS, exclude=[TaskRefusedError], throw_new_error_on_trip=False
        )

    def close(self) -> None:
        """Close the connections, and end the thread that the limiter has."""
        self._transport.close()  # type: ignore[no-untyped-call]
        self._limiter.close()

    def read(self, document: str, variables: Mapping[str, Any], doing: str) -> dict[str, Any]:
        """The data of a query. `doing` completes "Linear refuses to"."""
        try:
            for attempt in stamina.retry_context(on=_TryAgainError, attempts=3, timeout=20, wait_initial=0.2):
                with attempt:
                    return self._try_to_read(document, variables, doing)
        except _TryAgainError as error:
            raise TaskUnavailableError(str(error)) from error.__cause__
        raise AssertionError("an attempt returns or raises")

    def change(self, document: str, variables: Mapping[str, Any], doing: str) -> dict[str, Any]:
        """The data of a mutation, sent once."""
        return self._guarded(document, variables, doing, is_change=True)

    def _try_to_read(self, document: str, variables: Mapping[str, Any], doing: str) -> dict[str, Any]:
        try:
            return self._guarded(document, variables, doing, is_change=False)
        except TaskUnavailableError as error:
            if is_worth_repeating(error):
                raise _TryAgainError(str(error)) from error
            raise

    def _guarded(self, document: str, variables: Mapping[str, Any], doing: str, *, is_change: bool) -> dict[str, Any]:
        try:
            data: dict[str, Any] = self._breaker.call(self._send, document, variables, doing, is_change)
        except pybreaker.CircuitBreakerError as error:
            raise TaskUnavailableError(
                "Linear has failed several times in a row and is left alone for half a minute.",
                retry_after_seconds=_PAUSE_SECONDS,
            ) from error
        return data

    def _send(self, document: str, variables: Mapping[str, Any], doing: str, is_change: bool) -> dict[str, Any]:
        self._check_settings()
        self._limiter.try_acquire("linear")
        try:
            answer = self._transport.execute(GraphQLRequest(document, variable_values=dict(variables)))
        except TransportConnectionFailed as failure:
            self._raise(failure.__cause__, doing, is_change)
        except TransportError:
            # Its text is the whole answer, which may be anything.
            raise unreadable(doing, is_change=is_change) from None
        if answer.errors:
            # Also beside data: what is there of it is not what was asked for.
            headers = self._transport.response_headers or httpx.Headers()
            raise self._hushed(typed(None, answer.errors, headers, doing=doing, is_change=is_change))
        if not isinstance(answer.data, dict):
            raise unreadable(doing, is_change=is_change)
        return answer.data

    def _check_settings(self) -> None:
        """Said with each request and not at the start: whoever never opens a task needs no Linear."""
        key = self._key.get_secret_value()
        # Anything that a header cannot hold would stand in the client's own error.
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise TaskRefusedError("LINEAR_API_KEY is no API key of Linear's; a personal one begins with lin_api_.")
        if web_address(self._url) is None:
            raise TaskRefusedError("LINEAR_API_BASE is no address of a web service; it begins with https://.")

    def _raise(self, failure: BaseException | None, doing: str, is_change: bool) -> Never:
        if isinstance(failure, _OtherStatusError):
            raise self._hushed(
                typed(failure.status, failure.errors, failure.headers, doing=doing, is_change=is_change)
            ) from failure
        if isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            raise TaskUnavailableError(
                f"Linear cannot be reached to {doing} ({type(failure).__name__}); it is tried again."
            ) from failure
        raise TaskUnavailableError(
            f"Linear's answer was lost ({doing}, {type(failure).__name__}); it is tried again.",
            may_have_arrived=is_change,
        ) from failure

    def _hushed(self, error: TaskRefusedError | TaskUnavailableError) -> TaskError:
        """The same error; a key that was echoed is not passed on."""
        error.args = (str(error).replace(self._key.get_secret_value(), "[hidden]"),)
        return error


def _object(body: bytes | str) -> dict[str, Any]:
    """An answer is an object; gql would fail in its own ways at a list or a number."""
    found = json.loads(body)
    if not isinstance(found, dict):
        raise TypeError("an answer is an object")
    return found


def _refuse_other_than_success(response: httpx.Response) -> None:
    if response.is_success:
        return
    body = b""
    for part in response.iter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            break
    raise _OtherStatusError(response, body)
