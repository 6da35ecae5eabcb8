"""Modals that Slack takes, and what was filled into them."""

from __future__ import annotations

import pytest

from revops.messages.modals import chosen, deny_modal, refine_modal, snooze_modal, told_modal
from tests.contracts.block_kit import check_modal
from tests.revops.messages.cases import AT

_PRIVATE = {"action_id": "act_" + "a" * 24, "version_hash": "f" * 64, "channel": "C000000001", "ts": "1.000001"}
_SUBJECT = "Northwind <!channel>: USD 1,240.00" * 40


@pytest.mark.parametrize(
    "view",
    [
        deny_modal(_SUBJECT, _PRIVATE),
        refine_modal(_SUBJECT, _PRIVATE, AT),
        refine_modal(_SUBJECT, _PRIVATE, None),
        snooze_modal(_SUBJECT, _PRIVATE),
        told_modal("It is decided already by somebody", "<!here>" * 2_000),
    ],
)
def test_slack_takes_each_modal(view: dict[str, object]) -> None:
    check_modal(view)
    assert "<!" not in str(view)


def test_what_was_filled_in_is_read_whatever_kind_of_input_it_was() -> None:
    values = {
        "reason": {"value": {"type": "radio_buttons", "selected_option": {"value": "not_now"}}},
        "not_before": {"value": {"type": "datetimepicker", "selected_date_time": 0}},
        "note": {"value": {"type": "plain_text_input", "value": None}},
    }
    assert [chosen(values, name) for name in ("reason", "not_before", "note", "absent")] == ["not_now", 0, None, None]
