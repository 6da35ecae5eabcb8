"""Slack's own schema of blocks, and the limits that slack_sdk knows."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jsonschema_rs
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.contracts.fixtures import absent
from tests.contracts.openapi import contracts_dir

MESSAGE_BLOCKS, TEXT = 50, 40_000


@lru_cache(maxsize=1)
def _schema() -> Any:
    path = contracts_dir() / "slack" / "block-kit.schema.json"
    if not path.exists():
        absent(str(path))
    return jsonschema_rs.validator_for(json.loads(path.read_text(encoding="utf-8")))


def check_structure(blocks: list[dict[str, Any]]) -> None:
    """Fail for what Slack's schema does not allow; skip without the schema, unless CI is set."""
    problems = [f"{problem.instance_path}: {problem.message[:200]}" for problem in _schema().iter_errors(blocks)]
    assert not problems, problems


def check_limits(blocks: list[dict[str, Any]], most: int = MESSAGE_BLOCKS) -> None:
    """Fail for what is longer or more than Slack takes."""
    assert 0 < len(blocks) <= most
    for block in blocks:
        parsed = Block.parse(json.loads(json.dumps(block)))
        assert parsed is not None, block
        parsed.validate_json()
        for element in getattr(parsed, "elements", []) or []:
            element.validate_json()
        for field in block.get("fields", []):
            assert 0 < len(field["text"]) <= 2000


def check_message(posted: dict[str, Any]) -> None:
    """Structure and limits of what is sent for a message."""
    assert 0 < len(posted["text"]) <= TEXT
    check_limits(posted["blocks"])
    check_structure(posted["blocks"])


def check_modal(view: dict[str, Any]) -> None:
    """Structure and limits of a modal."""
    View(**json.loads(json.dumps(view))).validate_json()
    check_limits(view["blocks"], 100)
    check_structure(view["blocks"])
