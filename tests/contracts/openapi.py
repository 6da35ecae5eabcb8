"""Checks requests and answers against Stripe's OpenAPI, the vendor's own word on its wire format.

Independent of the sandbox on purpose: it decodes brackets and reads types by itself, so that a mistake in the
stand-in cannot hide in its own checker.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

SPECIFICATION = "stripe/openapi.2026-05-27.json.gz"
_ROOT = Path(__file__).resolve().parents[2]
_HTTP_OK = 200
_SEGMENT = re.compile(r"\[([^\]]*)\]")

# What the older generation of an object lacks or has instead, by schema. Objects of basil (2025-08-27) were valid
# in their day: fields that came later are not asked of them, and what moved may be where it was.
_LATER_FIELDS: Mapping[str, frozenset[str]] = {
    "invoice": frozenset({"amount_paid_off_stripe"}),
    "line_item": frozenset({"subtotal"}),
    "subscription": frozenset({"billing_schedules"}),
    "discount": frozenset({"source"}),
    "promotion_code": frozenset({"promotion"}),
}


class ContractError(AssertionError):
    """A request or answer that Stripe's specification does not allow."""


def contracts_dir() -> Path:
    """Where the vendors' contracts are: CONTRACTS_DIR, else beside the project."""
    configured = os.environ.get("CONTRACTS_DIR")
    return Path(configured) if configured else _ROOT.parent / "shared" / "contracts"


def specification_path() -> Path:
    """The file of Stripe's OpenAPI, which may be absent."""
    return contracts_dir() / SPECIFICATION


class OpenApi:
    """Stripe's specification. `is_older` accepts objects of API 2025-08-27.basil as well."""

    def __init__(self, path: Path, *, is_older: bool = False) -> None:
        with gzip.open(path, "rb") as stream:
            document = json.load(stream)
        schemas = document["components"]["schemas"]
        if is_older:
            for name, fields in _LATER_FIELDS.items():
                required = schemas[name]["required"]
                schemas[name]["required"] = [one for one in required if one not in fields]
        self._components = {"schemas": {name: _json_schema(one) for name, one in schemas.items()}}
        self._paths = document["paths"]
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._templates = [
            (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", template) + "$"), template)
            for template in sorted(self._paths, key=lambda one: (one.count("{"), -len(one)))
        ]

    def validate_object(self, payload: Mapping[str, Any]) -> None:
        """Raise ContractError unless the payload is valid for the type that its `object` names."""
        kind = payload["object"]
        if payload.get("deleted") is True:
            kind = f"deleted_{kind}"
        self._validate(f"object {kind}", {"$ref": f"#/components/schemas/{kind}"}, payload)

    def validate_request(self, method: str, path: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Raise ContractError for a parameter that the operation does not take or that has another type."""
        operation = self._operation(method, path)
        given = decode(pairs)
        if method == "POST":
            body = operation.get("requestBody", {}).get("content", {})
            schema = body.get("application/x-www-form-urlencoded", {}).get("schema", {})
            self._validate(f"{method} {path} body", _json_schema(schema), _coerce(given, schema))
            return
        known = {one["name"]: one for one in operation.get("parameters", []) if one["in"] == "query"}
        for name, value in given.items():
            if name not in known:
                raise ContractError(f"{method} {path} takes no parameter {name}")
            schema = known[name]["schema"]
            self._validate(f"{method} {path} {name}", _json_schema(schema), _coerce(value, schema))
        for name, parameter in known.items():
            if parameter.get("required") and name not in given:
                raise ContractError(f"{method} {path} needs the parameter {name}")

    def validate_response(self, method: str, path: str, status: int, body: bytes | Mapping[str, Any]) -> None:
        """Raise ContractError for an answer that the operation never gives. Errors have Stripe's error shape."""
        payload = json.loads(body) if isinstance(body, bytes) else body
        if status != _HTTP_OK:
            self._validate(f"{method} {path} {status}", {"$ref": "#/components/schemas/error"}, payload)
            return
        schema = self._operation(method, path)["responses"]["200"]["content"]["application/json"]["schema"]
        self._validate(f"{method} {path} 200", _json_schema(schema), payload)

    def knows(self, method: str, path: str) -> bool:
        """True if the specification has the operation."""
        try:
            self._operation(method, path)
        except ContractError:
            return False
        return True

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        for pattern, template in self._templates:
            if pattern.match(path) and method.lower() in self._paths[template]:
                operation: dict[str, Any] = self._paths[template][method.lower()]
                return operation
        raise ContractError(f"Stripe has no {method} {path}")

    def _validate(self, what: str, schema: dict[str, Any], instance: Any) -> None:
        key = json.dumps(schema, sort_keys=True)
        validator = self._validators.get(key)
        if validator is None:
            whole = {**schema, "components": self._components}
            validator = self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        errors = [
            f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
            for error in validator.iter_errors(instance)
        ]
        if errors:
            raise ContractError(f"{what} breaks Stripe's specification: " + "; ".join(errors[:5]))


def _json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: `nullable` becomes a null alternative, Stripe's extensions go."""
    if isinstance(schema, list):
        return [_json_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {
        key: _named(value) if key == "properties" else _json_schema(value)
        for key, value in schema.items()
        if key not in ("nullable", "description", "title", "example") and not key.startswith("x-")
    }
    if schema.get("nullable") is True and converted:
        return {"anyOf": [converted, {"type": "null"}]}
    return converted


def _named(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: _json_schema(one) for name, one in properties.items()}


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Bracketed names to nested hashes and lists."""
    decoded: dict[str, Any] = {}
    for name, value in pairs:
        root = name.split("[", 1)[0]
        here: dict[str, Any] = decoded
        steps = [root, *_SEGMENT.findall(name)]
        for step in steps[:-1]:
            here = here.setdefault(step, {})
        here[steps[-1] or str(len(here))] = value
    return {name: _as_lists(value) for name, value in decoded.items()}


def _as_lists(value: Any) -> Any:
    if isinstance(value, dict):
        if value and all(key.isdigit() for key in value):
            return [_as_lists(one) for _, one in sorted(value.items(), key=lambda pair: int(pair[0]))]
        return {key: _as_lists(one) for key, one in value.items()}
    return value


def _coerce(value: Any, schema: Mapping[str, Any]) -> Any:
    """Read text as the type that the schema allows; text that fits none stays and fails the validation."""
    for alternative in schema.get("anyOf", ()):
        coerced = _coerce(value, alternative)
        if coerced is not value and coerced != value:
            return coerced
    kind = schema.get("type")
    if isinstance(value, dict) and "properties" in schema:
        return {key: _coerce(one, schema["properties"].get(key, {})) for key, one in value.items()}
    if isinstance(value, list) and "items" in schema:
        return [_coerce(one, schema["items"]) for one in value]
    if isinstance(value, str):
        if kind == "integer" and re.fullmatch(r"-?\d+", value):
            return int(value)
        if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        if kind == "boolean" and value in ("true", "false"):
            return value == "true"
    return value


@functools.cache
def stripe(*, is_older: bool = False) -> OpenApi:
    """The specification, read once per process."""
    return OpenApi(specification_path(), is_older=is_older)


def validate_request(method: str, path: str, pairs: Iterable[tuple[str, str]]) -> None:
    """See OpenApi.validate_request."""
    stripe().validate_request(method, path, pairs)


def validate_response(
    method: str, path: str, status: int, body: bytes | Mapping[str, Any], *, is_older: bool = False
) -> None:
    """See OpenApi.validate_response."""
    stripe(is_older=is_older).validate_response(method, path, status, body)
