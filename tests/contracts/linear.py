"""Checks requests and answers against Linear's own schema.

Independent of the sandbox on purpose: the schema is the vendor's, and answers are compared with what was asked for
field by field.
"""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from sandbox.linear.app import Exchange
from tests.contracts.fixtures import absent
from tests.contracts.openapi import contracts_dir

SCHEMA = "linear/schema.graphql.gz"
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "ID": (str,),
    "String": (str,),
    "Boolean": (bool,),
    "Int": (int,),
    "Float": (int, float),
}


class LinearContractError(AssertionError):
    """A request or answer that Linear's schema does not allow."""


@functools.lru_cache(maxsize=1)
def linear_schema() -> GraphQLSchema:
    """Linear's schema, 2026-07; skips without it, unless CI is set."""
    path = contracts_dir() / SCHEMA
    if not path.exists():
        absent(str(path))
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return build_schema(stream.read())


def check_request(document: str, variables: Mapping[str, Any]) -> None:
    """Raise LinearContractError for a document, or variables for it, that Linear would not take."""
    if problem := _problem_of(document):
        raise LinearContractError(problem)
    operation = _operation(document)
    found = get_variable_values(linear_schema(), operation.variable_definitions or (), dict(variables))
    if isinstance(found, list):
        raise LinearContractError("; ".join(problem.message for problem in found))
    named = {one.variable.name.value for one in operation.variable_definitions or ()}
    if unused := set(variables) - named:
        raise LinearContractError(f"variables that the document does not name: {sorted(unused)}")


def check_answer(document: str, answer: Mapping[str, Any]) -> None:
    """Raise LinearContractError for data that is not what was asked for, in Linear's types."""
    operation = _operation(document)
    root = linear_schema().get_root_type(operation.operation)
    assert root is not None
    if answer.get("data") is None:
        if not answer.get("errors"):
            raise LinearContractError("neither data nor errors")
        return
    for problem in _problems(answer["data"], root, operation.selection_set, _fragments(document), "data"):
        raise LinearContractError(problem)


def check_exchanges(exchanges: Iterable[Exchange]) -> None:
    """Every request that was sent and every answer that was not damaged on purpose."""
    for exchange in exchanges:
        check_request(exchange.document, exchange.variables)
        if not exchange.is_damaged:
            check_answer(exchange.document, json.loads(exchange.answer))


@functools.lru_cache(maxsize=256)
def _problem_of(document: str) -> str | None:
    try:
        parsed = parse(document)
    except GraphQLError as error:
        return f"no GraphQL: {error.message}"
    return "; ".join(problem.message for problem in validate(linear_schema(), parsed)) or None


@functools.lru_cache(maxsize=256)
def _operation(document: str) -> OperationDefinitionNode:
    return next(one for one in parse(document).definitions if isinstance(one, OperationDefinitionNode))


@functools.lru_cache(maxsize=256)
def _fragments(document: str) -> dict[str, FragmentDefinitionNode]:
    found = (one for one in parse(document).definitions if isinstance(one, FragmentDefinitionNode))
    return {one.name.value: one for one in found}


def _fields(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    for one in selections.selections:
        if isinstance(one, FieldNode):
            yield one
        elif isinstance(one, FragmentSpreadNode):
            yield from _fields(fragments[one.name.value].selection_set, fragments)


def _problems(
    value: Any,
    kind: GraphQLOutputType,
    selections: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    path: str,
) -> Iterator[str]:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            yield f"{path} is null"
        else:
            yield from _problems(value, kind.of_type, selections, fragments, path)
    elif value is None:
        return
    elif isinstance(kind, GraphQLList):
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for number, one in enumerate(value):
            yield from _problems(one, kind.of_type, selections, fragments, f"{path}[{number}]")
    elif isinstance(kind, GraphQLObjectType):
        assert selections is not None
        asked = list(_fields(selections, fragments))
        if not isinstance(value, dict) or set(value) != {one.name.value for one in asked}:
            yield f"{path} has not the fields that were asked for"
            return
        for one in asked:
            field = kind.fields[one.name.value]
            yield from _problems(
                value[one.name.value], field.type, one.selection_set, fragments, f"{path}.{one.name.value}"
            )
    elif not _is_scalar(value, str(kind)):
        yield f"{path} is no {kind}: {value!r}"


def _is_scalar(value: Any, kind: str) -> bool:
    if kind == "DateTime":
        try:
            return datetime.fromisoformat(value).tzinfo is not None
        except (TypeError, ValueError):
            return False
    if isinstance(value, bool) and kind != "Boolean":
        return False
    return isinstance(value, _SCALARS[kind])
