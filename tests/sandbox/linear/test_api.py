"""Linear's answers and refusals, as a client without any library meets them."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from sandbox.linear import Running
from tests.sandbox.linear.conftest import CREATE, ISSUES, ask, open_issue, refusal

USED = "5f0c7f5e-8a55-4b0c-9d3a-000000000001"
LABEL = "mutation Make($input: IssueLabelCreateInput!) { issueLabelCreate(input: $input) { success } }"
COMMENT = (
    "mutation Say($input: CommentCreateInput!) { commentCreate(input: $input) { comment { body user { isMe } } } }"
)
ATTACH = "mutation A($input: AttachmentCreateInput!) { attachmentCreate(input: $input) { attachment { id title } } }"
UPDATE = "mutation U($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success } }"


def test_an_issue_gets_the_id_that_was_asked_for_and_a_number_of_its_team(checked: Running) -> None:
    assert open_issue(checked, id=USED) == {"id": USED, "identifier": "REV-1"}
    assert open_issue(checked)["identifier"] == "REV-2"
    issue = checked.workspace.issue("REV-1")
    assert (issue.state.name, issue.priority, issue.assignee, issue.description) == ("Todo", 0, None, "")


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"id": USED}, "invalid input", "entity with this id"),
        ({"id": "5f0c7f5e-8a55-1b0c-9d3a-000000000001"}, "invalid input", "UUID"),
        ({"title": " "}, "invalid input", "title should not be empty"),
        ({"title": "x" * 256}, "invalid input", "shorter than or equal to 255"),
        ({"title": "\U0001f4b8" * 128}, "invalid input", "shorter than or equal to 255"),
        ({"priority": 5}, "invalid input", "priority"),
        ({"teamId": USED}, "user error", "Could not find referenced Team"),
        ({"assigneeId": USED}, "user error", "Could not find referenced User"),
        ({"labelIds": [USED]}, "user error", "Could not find referenced IssueLabel"),
        ({"description": "a\0b"}, "internal error", "Internal server error"),
    ],
)
def test_an_issue_that_linear_would_refuse_is_refused_inside_a_200(
    checked: Running, given: dict[str, Any], kind: str, words: str
) -> None:
    open_issue(checked, id=USED)
    wanted = {"teamId": checked.workspace.teams[0].id, "title": "x", **given}
    status, found, said = refusal(ask(checked, CREATE, input=wanted))
    assert (status, found) == (200, kind)
    assert words in said
    assert len(checked.workspace.issues) == 1


def test_groups_and_two_labels_of_one_group_are_refused(checked: Running) -> None:
    group = checked.workspace.add_label("Size", is_group=True)
    two = [checked.workspace.add_label(name, parent=group).id for name in ("Large", "Small")]
    for labels in ([group.id], two):
        wanted = {"teamId": checked.workspace.teams[0].id, "title": "x", "labelIds": labels}
        assert refusal(ask(checked, CREATE, input=wanted))[0] == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ issues { nodes { ident } } }", "Cannot query field 'ident'"),
        ("{ issues(first: 1", "Syntax Error"),
        ("query A($id: String!) { issue(id: $id) { id } }", "was not provided"),
    ],
)
def test_what_is_not_linears_graphql_is_a_400(linear: Running, query: str, words: str) -> None:
    status, kind, said = refusal(ask(linear, query))
    assert (status, kind) == (400, "graphql error")
    assert words in said


def test_a_body_that_is_none_is_a_400(linear: Running) -> None:
    headers = {"Authorization": linear.workspace.api_key}
    assert httpx.post(linear.api_url, content=b"garbage", headers=headers).status_code == 400


@pytest.mark.parametrize("key", ["", "lin_api_other", "Bearer"])
def test_another_key_and_a_key_after_bearer_are_a_401(linear: Running, key: str) -> None:
    given = f"Bearer {linear.workspace.api_key}" if key == "Bearer" else key
    status, kind, words = refusal(ask(linear, "{ viewer { id } }", key=given))
    assert (status, kind) == (401, "authentication error")
    assert ("without the prefix" in words) == (key == "Bearer")


def test_a_key_that_may_only_read_changes_nothing(checked: Running) -> None:
    checked.workspace.scopes = frozenset({"read"})
    assert ask(checked, "{ viewer { isMe name } }").json()["data"]["viewer"] == {"isMe": True, "name": "Ada Lindqvist"}
    wanted = {"teamId": checked.workspace.teams[0].id, "title": "x"}
    assert refusal(ask(checked, CREATE, input=wanted))[1] == "forbidden"
    assert checked.workspace.issues == {}


def test_a_label_is_made_once_for_a_team(checked: Running) -> None:
    revenue, finance = checked.workspace.teams
    made = [
        ask(checked, LABEL, input={"name": name, "teamId": team.id}).json().get("errors")
        for name, team in (("New", revenue), ("NEW", revenue), ("New", finance), ("leak", finance))
    ]
    assert [bool(errors) for errors in made] == [False, True, False, True]
    checked.workspace.scopes = frozenset({"read", "write"})
    assert refusal(ask(checked, LABEL, input={"name": "Other"}))[1] == "forbidden"


def test_the_same_address_again_is_the_same_attachment(checked: Running) -> None:
    issue = open_issue(checked)
    first, second = (
        ask(checked, ATTACH, input={"issueId": issue["identifier"], "url": "https://x.example", "title": title}).json()
        for title in ("one", "two")
    )
    assert (
        first["data"]["attachmentCreate"]["attachment"]["id"] == second["data"]["attachmentCreate"]["attachment"]["id"]
    )
    assert [one.title for one in checked.workspace.issue("REV-1").attachments] == ["two"]
    bad = {"issueId": issue["id"], "url": "javascript:alert(1)", "title": "x"}
    assert refusal(ask(checked, ATTACH, input=bad))[2] == "url must be a URL address."


def test_what_is_archived_can_be_read_where_asked_for_and_not_changed(checked: Running) -> None:
    issue = open_issue(checked)
    checked.workspace.archive("REV-1")
    counts = [len(ask(checked, ISSUES, all=one).json()["data"]["issues"]["nodes"]) for one in (False, True)]
    assert counts == [0, 1]
    for answer in (
        ask(checked, COMMENT, input={"issueId": issue["id"], "body": "x"}),
        ask(checked, UPDATE, id=issue["id"], input={"title": "x"}),
        ask(checked, ATTACH, input={"issueId": issue["id"], "url": "https://x.example", "title": "x"}),
    ):
        assert refusal(answer) == (200, "user error", "Could not find referenced Issue.")


def test_an_issue_is_changed_in_every_way(checked: Running) -> None:
    issue = open_issue(checked)
    done = checked.workspace.state(checked.workspace.teams[0], "Done")
    ben, leak = checked.workspace.users[1], checked.workspace.labels[0]
    changed = {"title": "other", "description": "words", "priority": 1, "stateId": done.id}
    ask(checked, UPDATE, id=issue["id"], input={**changed, "assigneeId": ben.id, "labelIds": [leak.id]})
    now = checked.workspace.issue("REV-1")
    assert (now.title, now.description, now.priority, now.state) == ("other", "words", 1, done)
    assert (now.assignee, now.labels) == (ben, [leak])
    other = checked.workspace.state(checked.workspace.teams[1], "Done")
    assert refusal(ask(checked, UPDATE, id=issue["id"], input={"stateId": other.id}))[1] == "user error"


def test_pages_follow_each_other_newest_first(checked: Running) -> None:
    for number in range(5):
        open_issue(checked, title=f"issue {number}")
    titles, after = [], None
    while True:
        page = ask(checked, ISSUES, first=2, after=after).json()["data"]["issues"]
        titles += [one["title"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert titles == [f"issue {number}" for number in (4, 3, 2, 1, 0)]
    for wrong in ({"first": 251}, {"first": -1}, {"after": "nowhere"}):
        assert refusal(ask(checked, ISSUES, **wrong))[1] == "invalid input"


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, 2),
        ({"title": {"eq": "one"}}, 1),
        ({"title": {"eqIgnoreCase": "ONE"}}, 1),
        ({"title": {"in": ["one", "two"]}}, 2),
        ({"title": {"nin": ["one"]}}, 1),
        ({"title": {"neq": "one"}}, 1),
        ({"team": {"key": {"eq": "FIN"}}}, 0),
        ({"or": [{"title": {"eq": "one"}}, {"title": {"eq": "two"}}]}, 2),
        ({"and": [{"title": {"eq": "one"}}, {"title": {"eq": "two"}}]}, 0),
        ({"id": {"eq": str(uuid.uuid4())}}, 0),
    ],
)
def test_filters_let_through_what_they_say(checked: Running, given: dict[str, Any], count: int) -> None:
    for title in ("one", "two"):
        open_issue(checked, title=title)
    assert len(ask(checked, ISSUES, filter=given).json()["data"]["issues"]["nodes"]) == count


def test_an_id_in_a_filter_is_a_uuid(checked: Running) -> None:
    open_issue(checked)
    assert refusal(ask(checked, ISSUES, filter={"id": {"in": ["REV-1"]}}))[2] == "id must be a UUID."


def test_a_comment_is_by_whoever_has_the_key(checked: Running) -> None:
    issue = open_issue(checked)
    said = ask(checked, COMMENT, input={"issueId": issue["id"], "body": "Paid."}).json()["data"]["commentCreate"]
    assert said["comment"] == {"body": "Paid.", "user": {"isMe": True}}


def test_an_issue_that_is_not_there_is_an_error_by_id_and_nothing_in_a_list(checked: Running) -> None:
    answer = ask(checked, "query One($id: String!) { issue(id: $id) { id } }", id=str(uuid.uuid4()))
    assert answer.json()["data"] is None
    assert refusal(answer) == (200, "user error", "Could not find referenced Issue.")
