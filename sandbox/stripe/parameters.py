"""Reads query strings and form bodies the way Stripe does: brackets nest, what is unknown is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .errors import StripeError, unknown_parameter

Kind = Literal["string", "integer", "boolean", "choice", "range", "strings", "hash"]
_SEGMENT = re.compile(r"\[([^\]]*)\]")
_BOUNDS = ("gt", "gte", "lt", "lte")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an endpoint: its kind, what it may be, and whether a request must have it."""

    kind: Kind = "string"
    choices: tuple[str, ...] = ()
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    children: Mapping[str, Parameter] | None = None


STRING = Parameter()
INTEGER = Parameter("integer")
BOOLEAN = Parameter("boolean")
RANGE = Parameter("range")
STRINGS = Parameter("strings")


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Turn `created[gte]=1&expand[]=a` into `{"created": {"gte": "1"}, "expand": ["a"]}`."""
    decoded: dict[str, Any] = {}
    for name, value in pairs:
        root, bracket, _ = name.partition("[")
        path = [root, *(_SEGMENT.findall(name[len(root) :]) if bracket else [])]
        _put(decoded, path, value)
    return {key: _lists(value) for key, value in decoded.items()}


def _put(into: dict[str, Any], path: list[str], value: str) -> None:
    for segment in path[:-1]:
        child = into.get(segment)
        if not isinstance(child, dict):
            child = into[segment] = {}
        into = child
    last = path[-1] if path[-1] or len(path) == 1 else str(len(into))
    into[last] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(child) for key, child in value.items()}


def validate(given: Mapping[str, Any], allowed: Mapping[str, Parameter], prefix: str = "") -> dict[str, Any]:
    """Return the given parameters with their types. Raises StripeError 400 in Stripe's words."""
    checked: dict[str, Any] = {}
    for name, value in given.items():
        full = f"{prefix}[{name}]" if prefix else name
        parameter = allowed.get(name)
        if parameter is None:
            raise unknown_parameter(full)
        checked[name] = _typed(full, value, parameter)
    for name, parameter in allowed.items():
        if parameter.required and name not in checked:
            full = f"{prefix}[{name}]" if prefix else name
            raise StripeError(400, f"Missing required param: {full}.", code="parameter_missing", param=full)
    return checked


def _typed(name: str, value: Any, parameter: Parameter) -> Any:
    if value == "":
        raise StripeError(
            400,
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a "
            f"parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or "
            "supply a non-empty value.",
            code="parameter_invalid_empty",
            param=name,
        )
    if parameter.kind == "range":
        if isinstance(value, Mapping):
            return {
                bound: _integer(f"{name}[{bound}]", limit, INTEGER)
                for bound, limit in validate(value, dict.fromkeys(_BOUNDS, STRING), name).items()
            }
        return _integer(name, value, INTEGER)
    if parameter.kind == "hash":
        if not isinstance(value, Mapping):
            raise StripeError(400, "Invalid object", param=name)
        return validate(value, parameter.children or {}, name)
    if parameter.kind == "strings":
        if not isinstance(value, list):
            raise StripeError(400, "Invalid array", param=name)
        return [str(item) for item in value]
    if not isinstance(value, str):
        raise StripeError(400, "Invalid string: it must be a single value", param=name)
    return _scalar(name, value, parameter)


def _scalar(name: str, value: str, parameter: Parameter) -> Any:
    if parameter.kind == "integer":
        return _integer(name, value, parameter)
    if parameter.kind == "boolean":
        if value not in ("true", "false"):
            raise StripeError(400, f"Invalid boolean: {value}", param=name)
        return value == "true"
    if parameter.kind == "choice" and value not in parameter.choices:
        *others, last = parameter.choices
        allowed = f"{', '.join(others)}, or {last}" if others else last
        raise StripeError(400, f"Invalid {name}: must be one of {allowed}", param=name)
    return value


def _integer(name: str, value: Any, parameter: Parameter) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+", value):
        raise StripeError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    number = int(value)
    if parameter.minimum is not None and number < parameter.minimum:
        message = f"This value must be greater than or equal to {parameter.minimum}."
        raise StripeError(400, message, code="parameter_invalid_integer", param=name)
    if parameter.maximum is not None and number > parameter.maximum:
        message = f"This value must be less than or equal to {parameter.maximum}."
        raise StripeError(400, message, code="parameter_invalid_integer", param=name)
    return number
