"""The OpenAPI document is true: requests made from it, fitting and not, get only the answers that it names."""

from __future__ import annotations

import os

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from requests.auth import AuthBase
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sandbox.slack.interactions import signature
from tests.revops.http.deliveries import CONNECT_SECRET, SECRET, SLACK_SECRET, sign
from tests.revops.http.serving import Service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PATHS = ["/webhooks/stripe/{tenant}", "/webhooks/stripe", "/slack/{tenant}"]
# What has no parameter cannot be asked wrongly.
ASKED = [*((path, mode) for path in PATHS for mode in GenerationMode)]
ASKED += [("/connect/stripe/callback", mode) for mode in GenerationMode]
ASKED += [(path, GenerationMode.POSITIVE) for path in ("/healthz", "/readyz", "/metrics")]
EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "500"))


class Signed(AuthBase):
    """Signs whatever is sent, as Stripe and Slack would."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        body = prepared.body or b""
        body = body.encode() if isinstance(body, str) else bytes(body)
        prepared.headers["Stripe-Signature"] = sign(body, SECRET, CONNECT_SECRET)
        # Slack signs text; what is none cannot have been signed.
        if _is_text(body):
            prepared.headers.update(signature(SLACK_SECRET, body))
        return prepared


def _is_text(body: bytes) -> bool:
    try:
        return body.decode() is not None
    except UnicodeDecodeError:
        return False


def attack(service: Service, path: str, mode: GenerationMode, auth: AuthBase | None, examples: int) -> None:
    document = schemathesis.openapi.from_dict(service.client.get("/openapi.json").json())
    operation = document[path]["POST" if path in PATHS else "GET"]
    # The tenant that there is, half of the time.
    everywhere = operation.as_strategy(generation_mode=mode)
    here = operation.as_strategy(generation_mode=mode, path_parameters={"tenant": "default"})

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(everywhere | here if "{tenant}" in path else everywhere)
    def one(case: Case) -> None:
        case.call_and_validate(service.url, auth=auth, checks=CHECKS)

    one()
    assert service.client.get("/healthz").status_code == 200


@pytest.mark.parametrize(("path", "mode"), ASKED)
def test_without_a_signature(strict_service: Service, path: str, mode: GenerationMode) -> None:
    attack(strict_service, path, mode, None, 15)
    assert strict_service.rows() == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_with_a_signature(sqlite_service: Service, path: str, mode: GenerationMode) -> None:
    attack(sqlite_service, path, mode, Signed(), 25)


@pytest.mark.chaos
@pytest.mark.parametrize("auth", [None, Signed()], ids=["unsigned", "signed"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_many_times(service: Service, path: str, mode: GenerationMode, auth: AuthBase | None) -> None:
    attack(service, path, mode, auth, EXAMPLES)
