"""A playbook in a leak type's meta is read strictly; a tenant's policy changes what it may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from revops.bootstrap_playbooks import playbooks
from revops.domain.playbook import Autonomy, Condition
from revops.leak_types import read_leak_types, steps_by_leak_type
from revops.playbook_meta import PlaybookMeta
from revops.policy import PolicyError, load_policy

STEP: dict[str, Any] = {"step": "remind", "kind": "send_email", "topic": "reminder", "why": "It is still unpaid."}


def read(*steps: dict[str, Any], **more: Any) -> PlaybookMeta:
    return PlaybookMeta.model_validate({"steps": list(steps), **more})


def test_every_leak_type_has_a_playbook_whose_steps_say_why() -> None:
    for leak in read_leak_types():
        assert leak.playbook is not None
        assert all(step.why.endswith(".") for step in leak.playbook.steps)


def test_every_verdict_and_group_that_a_step_names_exists() -> None:
    seeds = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
    verdicts = (seeds / "leaks" / "leak_verdicts.csv").read_text(encoding="utf-8")
    groups = (seeds / "decline_codes.csv").read_text(encoding="utf-8")
    for leak in read_leak_types():
        for step in leak.playbook.steps if leak.playbook else ():
            for verdict in (step.when.verdicts or frozenset()) | step.when.but_verdicts:
                assert f"{leak.leak_type},{verdict}," in verdicts, verdict
            for group in (step.when.decline_groups or frozenset()) | step.when.but_decline_groups:
                assert f",{group}," in groups, group


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "send_fax"}, "retry_invoice"),
        ({"topic": None}, "a letter has a topic"),
        ({"kind": "open_task"}, "nothing else does"),
        ({"after_days": -1}, "greater than or equal to 0"),
        ({"why": ""}, "at least 1 character"),
        ({"colour": "red"}, "Extra inputs"),
        ({"step": "Remind Me"}, "match pattern"),
        ({"when": {"group": ["never"]}}, "Extra inputs"),
    ],
)
def test_a_step_that_cannot_be_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        read({**STEP, **changes})


def test_two_steps_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="remind stands there twice"):
        read(STEP, STEP)


@pytest.mark.parametrize("autonomy", [{"mode": "alone"}, {"mode": "ask", "alone_below_minor": 5}])
def test_alone_has_a_limit_and_nothing_else_has(autonomy: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="alone needs alone_below_minor"):
        read(STEP, autonomy={"send_email": autonomy})


@pytest.mark.parametrize(
    ("autonomy", "amount", "is_alone"),
    [
        (Autonomy(), 1, False),
        (Autonomy("batch"), 1, False),
        (Autonomy("alone", 100), 99, True),
        (Autonomy("alone", 100), 100, False),
        (Autonomy("alone", 100), None, False),
    ],
)
def test_below_the_limit_nobody_is_asked(autonomy: Autonomy, amount: int | None, is_alone: bool) -> None:
    assert autonomy.is_alone(amount) is is_alone


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (Condition(), True),
        (Condition(verdicts=frozenset({"overdue"})), False),
        (Condition(but_verdicts=frozenset({"retries_used_up"})), False),
        (Condition(decline_groups=frozenset({"never"})), True),
        (Condition(but_decline_groups=frozenset({"never"})), False),
        (Condition(amount_from_minor=2900), True),
        (Condition(amount_from_minor=2901), False),
        (Condition(amount_below_minor=2900), False),
        (Condition(amount_below_minor=2901), True),
        (Condition(amount_from_minor=2900, amount_below_minor=2901), True),
        (Condition(amount_from_minor=1, amount_below_minor=2900), False),
    ],
)
def test_a_condition_holds_or_not(when: Condition, holds: bool) -> None:
    assert when.holds("retries_used_up", "never", 2900) is holds


def test_an_amount_without_a_rate_counts_as_large() -> None:
    assert Condition(amount_from_minor=10**9).holds("x", None, None)
    assert not Condition(amount_below_minor=10**9).holds("x", None, None)


def test_a_policy_switches_a_step_off_and_changes_who_decides() -> None:
    text = "playbooks: {unpaid_invoice: {steps: {urgent: {is_on: false}}, autonomy: {open_task: {mode: batch}}}}"
    changed = playbooks(load_policy("policy", text=text))["unpaid_invoice"]
    names = [step.name for step in changed.steps_for("retries_used_up", "fix_data", 2900)]
    assert "urgent" not in names
    assert "reminder" in names
    assert changed.autonomy_of("open_task").mode == "batch"
    assert changed.autonomy_of("send_email").mode == "ask"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("playbooks: {unpaid_invoce: {}}", r'unpaid_invoce is no leak type. Did you mean "unpaid_invoice"\?'),
        ("playbooks:\n  unpaid_invoice:\n    steps: {remainder: {is_on: false}}", "line 3: remainder is no step of"),
        ("playbooks: {unpaid_invoice: {autonomy: {open_task: {mode: alone}}}}", "open_task"),
        ("dunning: {days: [0, 3, 3]}", "days"),
        ("letters: {support_address: nobody}", "an e-mail address"),
    ],
)
def test_a_policy_that_names_what_is_not_there_is_refused(text: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        load_policy("policy.yml", steps_by_leak_type(), text=text)


def test_days_by_plan() -> None:
    dunning = load_policy("p", text="dunning: {days: [0, 5], plans: {Enterprise: {days: [3], grace_days: 30}}}").dunning
    assert (dunning.of("Enterprise").days, dunning.of("Enterprise").grace_days) == ((3,), 30)
    assert (dunning.of("Team").days, dunning.of(None).grace_days) == ((0, 5), 7)
