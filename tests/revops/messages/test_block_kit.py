"""What Slack is sent for each case: as it was agreed, allowed by Slack, and without effect where others wrote it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.domain.message import Button, Fact, Line, Message
from revops.messages.block_kit import button_value, read_button_value, slack_message
from revops.messages.digest import MOST_LINES, digest_message
from revops.messages.proposal import awake_message, proposal_message
from tests.contracts.block_kit import check_limits, check_message, check_structure
from tests.revops.messages.cases import AT, CASES, approvals, proposal

GOLDEN = Path(__file__).parent / "golden"
DIGESTS = {
    "digest": [
        proposal(1),
        proposal(2, amount_minor=5_000, currency="eur", customer_name="Fjordlicht"),
        proposal(3, status="denied", outcome="x"),
    ],
    "digest_of_many": [proposal(number, amount_minor=number * 100) for number in range(1, 60)],
}
AWAKE = {"awake": "drafted", "awake_hostile": "hostile"}
_TEXT = st.text(st.characters(codec="utf-8"), max_size=4_000)


def _rendered(name: str) -> dict[str, Any]:
    if name in DIGESTS:
        message = digest_message(DIGESTS[name])
        assert message is not None
        return slack_message(message)
    if name in AWAKE:
        return slack_message(awake_message(CASES[AWAKE[name]]))
    return slack_message(proposal_message(CASES[name], AT))


@pytest.mark.parametrize("name", [*CASES, *DIGESTS, *AWAKE])
def test_a_case_reads_as_agreed_and_slack_takes_it(name: str) -> None:
    rendered = _rendered(name)
    check_message(rendered)
    file = GOLDEN / f"{name}.json"
    if os.environ.get("LEAKS_WRITE_GOLDEN"):
        file.write_text(json.dumps(rendered, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert rendered == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "change", [{"type": "banner"}, {"colour": "red"}, {"text": {"type": "mrkdwn"}}, {"block_id": 7}]
)
def test_the_check_of_structure_notices_one_changed_field(change: dict[str, Any]) -> None:
    blocks = _rendered("drafted")["blocks"]
    check_structure(blocks)
    section = next(number for number, block in enumerate(blocks) if "text" in block and block["type"] == "section")
    with pytest.raises(AssertionError):
        check_structure([{**blocks[section], **change}])


def test_the_check_of_limits_notices_one_character_too_many() -> None:
    with pytest.raises(Exception, match="3000 characters"):
        check_limits([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}])


def test_what_others_wrote_mentions_nobody_and_links_nowhere() -> None:
    rendered = _rendered("hostile")
    texts = re.findall(r'"text": "((?:[^"\\]|\\.)*)"', json.dumps(rendered, ensure_ascii=False))
    angled = {found for text in texts for found in re.findall(r"<[^>]*>?", text)}
    plain = {block["text"]["text"] for block in rendered["blocks"] if block.get("text", {}).get("type") == "plain_text"}
    # In plain text nothing is markup; elsewhere only our own dates are.
    assert {found for found in angled if not found.startswith("<!date^")} == {
        found for text in plain for found in re.findall(r"<[^>]*>?", text)
    }
    assert "\u202e" not in json.dumps(rendered, ensure_ascii=False)
    assert all(
        text["verbatim"] for block in rendered["blocks"] for text in _objects(block) if text.get("type") == "mrkdwn"
    )


def _objects(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for one in node for found in _objects(one)]
    if not isinstance(node, dict):
        return []
    return [node, *(found for one in node.values() for found in _objects(one))]


def test_a_cut_divides_no_escape() -> None:
    reason = slack_message(proposal_message(CASES["hostile"], AT))["blocks"][2]["text"]["text"]
    assert reason.endswith("…")
    assert re.search(r"&(?!amp;|lt;|gt;)", reason) is None


@given(_TEXT, _TEXT, st.lists(_TEXT, max_size=12), _TEXT, st.integers(0, 30))
def test_whatever_is_written_slack_takes_it(title: str, value: str, why: list[str], text: str, count: int) -> None:
    button = Button("show", text or "x", "act_1", "0" * 64)
    message = Message(
        title,
        text or "x",
        facts=(Fact(title, value),) * count,
        outcome=(text,) if text.strip() else (),
        why=tuple(why),
        what_happens=value,
        lines=(Line(value, button),) * count,
        context=((text, AT),) * count,
    )
    rendered = slack_message(message)
    check_limits(rendered["blocks"])


def test_a_button_carries_action_and_version_and_others_values_are_none_of_ours() -> None:
    button = Button("approve", "Approve", "act_" + "a" * 24, "f" * 64)
    assert read_button_value(button_value(button)) == (button.action_id, button.version_hash)
    assert len(button_value(button)) < 200
    for value in (None, "", "{}", "[1]", '{"action_id": 1, "version_hash": "x"}', json.dumps({"action_id": "a" * 999})):
        with pytest.raises(ValueError, match="none of ours"):
            read_button_value(value)


def test_only_an_undecided_action_has_buttons_to_decide_and_only_an_approval_one_to_undo() -> None:
    verbs = {name: [b.verb for b in proposal_message(one, AT).buttons] for name, one in CASES.items()}
    assert verbs["drafted"] == ["approve", "deny", "refine", "snooze"]
    assert verbs["one_of_two_approved"] == verbs["drafted"]
    assert verbs["approved_in_undo_window"] == ["undo"]
    assert verbs["done"] == verbs["denied"] == verbs["approved_by_two"] == []


def test_a_message_shows_what_a_decision_needs() -> None:
    text = json.dumps(_rendered("drafted"))
    for words in ("Northwind Traders", "Team", "USD 1,240.00", "92%", "insufficient funds", "charged once more"):
        assert words in text
    assert "one approver" in text


def test_a_digest_shows_the_largest_first_names_the_rest_and_of_nothing_there_is_none() -> None:
    assert digest_message([]) is None
    many = digest_message(DIGESTS["digest_of_many"])
    assert many is not None
    assert len(many.lines) == MOST_LINES
    assert many.lines[0].text.startswith("USD 59.00")
    assert "39 more" in str(many.context)
    few = digest_message(DIGESTS["digest"])
    assert few is not None
    assert [line.button is not None for line in few.lines] == [True, True, False]


def test_two_approvers_are_both_named() -> None:
    rendered = slack_message(proposal_message(proposal(status="dispatching", approvals=approvals("cli:root")), AT))
    assert "by root, " in rendered["blocks"][1]["text"]["text"]
    assert "Denied: not a leak. By <@U0ADA00001>, <!date^" in _rendered("denied")["blocks"][1]["text"]["text"]
    assert "<@U0ADA00001> and Ben, " in _rendered("approved_by_two")["blocks"][1]["text"]["text"]
