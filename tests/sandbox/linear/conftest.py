"""A Linear stand-in and a plain client for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.linear import Running, running
from tests.contracts.linear import check_exchanges

CREATE = "mutation Open($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id identifier } } }"
ISSUES = """query Issues($filter: IssueFilter, $first: Int, $after: String, $all: Boolean) {
  issues(filter: $filter, first: $first, after: $after, includeArchived: $all) {
    nodes { id title state { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running() as one:
        yield one


@pytest.fixture
def linear(server: Running) -> Running:
    server.begin_anew()
    return server


@pytest.fixture
def checked(linear: Running) -> Iterator[Running]:
    """Everything it answers is checked against Linear's own schema."""
    yield linear
    check_exchanges(linear.exchanges)


def ask(linear: Running, query: str, key: str | None = None, **variables: Any) -> httpx.Response:
    """One request, as plain as it can be."""
    return httpx.post(
        linear.api_url,
        json={"query": query, "variables": variables},
        headers={"Authorization": linear.workspace.api_key if key is None else key},
        timeout=10,
    )


def open_issue(linear: Running, **given: Any) -> dict[str, Any]:
    """An issue of the team Revenue, as the answer shows it."""
    wanted = {"teamId": linear.workspace.teams[0].id, "title": "Northwind owes", "id": str(uuid.uuid4()), **given}
    answer = ask(linear, CREATE, input=wanted).json()
    found: dict[str, Any] = answer["data"]["issueCreate"]["issue"]
    return found


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, type and words of the first error."""
    error = answer.json()["errors"][0]
    return answer.status_code, error["extensions"]["type"], error["extensions"]["userPresentableMessage"]
