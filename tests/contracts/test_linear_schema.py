"""What we say to Linear, and what the stand-in answers, against Linear's own schema; one changed word fails."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from revops.connectors.linear import documents
from sandbox.linear import schema, schema_inputs
from tests.contracts.linear import LinearContractError, check_answer, check_request, linear_schema

DOCUMENTS = {name: text for name, text in inspect.getmembers(documents) if name.isupper() and not name.startswith("_")}
ID = "5f0c7f5e-8a55-4b0c-9d3a-000000000001"
VARIABLES: dict[str, dict[str, Any]] = {
    "WORKSPACE": {},
    "FIND_TASK": {"id": ID},
    "MORE_COMMENTS": {"id": ID, "after": ID},
    "FIND_TEAM": {"filter": {"or": [{"key": {"eqIgnoreCase": "REV"}}, {"id": {"eq": ID}}]}},
    "FIND_PERSON": {"filter": {"or": [{"email": {"eqIgnoreCase": "a@b.example"}}]}},
    "FIND_LABELS": {"filter": {"and": [{"or": [{"name": {"eqIgnoreCase": "x"}}]}, {"team": {"null": True}}]}},
    "COMPLETED_STATES": {"team": ID},
    "CREATE_LABEL": {"input": {"id": ID, "name": "Leak", "teamId": ID}},
    "OPEN_TASK": {"input": {"id": ID, "teamId": ID, "title": "x", "priority": 2, "labelIds": [ID], "assigneeId": ID}},
    "ATTACH_LINK": {"input": {"issueId": ID, "url": "https://x.example", "title": "x"}},
    "SAY": {"input": {"id": ID, "issueId": ID, "body": "x"}},
    "CLOSE_TASK": {"id": ID, "state": ID},
}


def test_every_document_has_its_variables_here() -> None:
    assert set(DOCUMENTS) == set(VARIABLES)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_linear_would_take_each_document_with_its_variables(name: str) -> None:
    check_request(DOCUMENTS[name], VARIABLES[name])


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_field_that_linear_does_not_have_fails(name: str) -> None:
    wrong = DOCUMENTS[name].replace(" id ", " ident ", 1).replace("\n  id\n", "\n  ident\n", 1)
    wrong = wrong if wrong != DOCUMENTS[name] else wrong.replace("success", "succeeded", 1)
    wrong = wrong if wrong != DOCUMENTS[name] else wrong.replace("hasNextPage", "hasMore", 1)
    with pytest.raises(LinearContractError, match="Cannot query field"):
        check_request(wrong, VARIABLES[name])


@pytest.mark.parametrize(
    ("name", "variables", "words"),
    [
        ("OPEN_TASK", {"input": {"teamId": ID, "priority": "high"}}, "Int cannot represent"),
        ("OPEN_TASK", {"input": {"title": "without a team"}}, "teamId"),
        ("OPEN_TASK", {"input": {"teamId": ID, "owner": ID}}, "owner"),
        ("CLOSE_TASK", {"id": ID}, "state"),
        ("FIND_TASK", {"id": ID, "key": "x"}, "does not name"),
        ("FIND_TEAM", {"filter": {"key": {"like": "REV"}}}, "like"),
    ],
)
def test_one_wrong_variable_fails(name: str, variables: dict[str, Any], words: str) -> None:
    with pytest.raises(LinearContractError, match=words):
        check_request(DOCUMENTS[name], variables)


def test_text_that_is_no_graphql_fails() -> None:
    with pytest.raises(LinearContractError, match="no GraphQL"):
        check_request("query {", {})


@pytest.mark.parametrize(
    "node",
    [
        {"id": ID, "position": "first"},
        {"id": 7, "position": 1.0},
        {"id": ID, "position": None},
        {"id": ID},
        {"id": ID, "position": 1.0, "name": "Done"},
    ],
)
def test_one_changed_field_of_an_answer_fails(node: dict[str, Any]) -> None:
    document = DOCUMENTS["COMPLETED_STATES"]
    check_answer(document, {"data": {"workflowStates": {"nodes": [{"id": ID, "position": 1.0}]}}})
    with pytest.raises(LinearContractError):
        check_answer(document, {"data": {"workflowStates": {"nodes": [node]}}})
    with pytest.raises(LinearContractError):
        check_answer(document, {"data": None})


def test_the_stand_ins_schema_is_a_part_of_linears() -> None:
    assert _strangers(schema.build()) == []


@pytest.mark.parametrize(
    ("right", "wrong", "stranger"),
    [
        ("title: String!\n  description", "title: String\n  description", "Issue.title"),
        ("isGroup: Boolean!", "isAGroup: Boolean!", "IssueLabel.isAGroup"),
        ("issue(id: String!)", "issue(id: ID!)", "Query.issue(id)"),
        ("type ActorBot", "interface ActorBot", "ActorBot"),
        ("  issueId: String!\n", "", "AttachmentCreateInput.issueId"),
        ("  updatedAt\n}", "  changedAt\n}", "PaginationOrderBy.changedAt"),
    ],
)
def test_one_changed_word_makes_it_a_stranger(right: str, wrong: str, stranger: str) -> None:
    text = schema.SDL + schema_inputs.INPUTS
    assert right in text
    assert stranger in _strangers(build_schema(text.replace(right, wrong, 1), assume_valid=True))


def _strangers(ours: GraphQLSchema) -> list[str]:
    """What of a schema Linear has not, or has otherwise."""
    theirs = linear_schema()
    found: list[str] = []
    for name, kind in ours.type_map.items():
        if name.startswith("__"):
            continue
        other = theirs.type_map.get(name)
        if type(other) is not type(kind):
            found.append(name)
        elif other is not None:
            found += _strange_fields(kind, other)
    return found


def _strange_fields(kind: GraphQLNamedType, other: GraphQLNamedType) -> list[str]:
    if isinstance(kind, GraphQLEnumType) and isinstance(other, GraphQLEnumType):
        return [f"{kind.name}.{value}" for value in kind.values if value not in other.values]
    found = []
    if isinstance(kind, GraphQLInputObjectType) and isinstance(other, GraphQLInputObjectType):
        required = {name for name, field in other.fields.items() if isinstance(field.type, GraphQLNonNull)}
        found += [f"{kind.name}.{name}" for name in required - set(kind.fields)]
        found += [
            f"{kind.name}.{name}" for name, field in kind.fields.items() if _differs(field, other.fields.get(name))
        ]
    composite = GraphQLObjectType | GraphQLInterfaceType
    if isinstance(kind, composite) and isinstance(other, composite):
        for name, field in kind.fields.items():
            theirs = other.fields.get(name)
            if theirs is None or _differs(field, theirs):
                found.append(f"{kind.name}.{name}")
                continue
            required = {each for each, one in theirs.args.items() if isinstance(one.type, GraphQLNonNull)}
            found += [f"{kind.name}.{name}({each})" for each in required - set(field.args)]
            found += [
                f"{kind.name}.{name}({each})"
                for each, one in field.args.items()
                if _differs(one, theirs.args.get(each))
            ]
        found += [
            f"{kind.name}: {one.name}" for one in kind.interfaces if one.name not in {i.name for i in other.interfaces}
        ]
    return found


def _differs(ours: Any, theirs: Any) -> bool:
    return theirs is None or str(ours.type) != str(theirs.type)
