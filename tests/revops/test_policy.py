"""A policy is read strictly: what it does not understand it refuses, with line and allowed values."""

from pathlib import Path

import pytest

from revops.leak_types import steps_by_leak_type
from revops.policy import Policy, PolicyError, load_policy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "policy.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_a_file_the_defaults_hold() -> None:
    row = load_policy(None).as_row()
    assert row == {
        "tenant_id": "default",
        "policy_version": Policy().detection_version,
        "reporting_currency": "usd",
        "standard_trial_days": 14,
        "retry_max_attempts": 8,
        "retry_window_days": 30,
        "overdue_grace_days": 7,
        "minimum_amount_minor": 0,
        "valid_from": None,
    }


def test_an_empty_document_is_the_default_policy(written) -> None:
    assert load_policy(written("# nothing yet\n")) == Policy()


def test_the_example_is_a_valid_policy() -> None:
    policy = load_policy(ROOT / "policy.example.yml", steps_by_leak_type())
    assert policy.exemption_rows()[0] == {
        "tenant_id": "default",
        "leak_type": "*",
        "object_type": "customer",
        "metadata_key": "internal",
        "metadata_value": "true",
        "reason": "Accounts of our own staff",
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("retrys:\n  max_attempts: 8\n", 1, 'Did you mean "retries"?'),
        ("standard_trial_days: 14\nretries:\n  window: 3\n", 3, 'Did you mean "window_days"?'),
        ("reporting_currency: usx\n", 1, "a currency code in small letters"),
        ("reporting_currency: USD\n", 1, "a currency code in small letters"),
        ('retries:\n  max_attempts: "8"\n', 2, "a whole number from 1 to 50"),
        ("retries:\n  max_attempts: 0\n", 2, "a whole number from 1 to 50"),
        ("retries:\n  window_days: 7.5\n", 2, "whole days from 1 to 365"),
        ("standard_trial_days: true\n", 1, "whole days from 0 to 730"),
        ("unpaid_invoice:\n  minimum_amount_minor: -1\n", 2, "minor units"),
        ("exemptions:\n  - customer: internal\n", 2, "exemptions[0].reason is missing"),
        (
            "exemptions:\n  - customer: a\n    coupon: b\n    reason: c\n",
            2,
            "exactly one of customer, subscription, coupon",
        ),
        ("exemptions:\n  - reason: c\n", 2, "exactly one of customer, subscription, coupon"),
        ("exemptions:\n  - customer: a\n    value: true\n    reason: c\n", 3, "text in quotes"),
        ("exemptions:\n  - 5\n", 2, "the keys leak_type, customer"),
        ("exemptions: none\n", 1, "a list"),
        ("retries: 8\n", 1, "the keys max_attempts, window_days"),
        ("retries:\n  max_attempts: [\n", 3, "not valid YAML"),
        ("standard_trial_days: 14\nstandard_trial_days: 15\n", 2, "duplicate key"),
        ("- a\n- b\n", 1, "keys and values"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_its_line(written, text: str, line: int, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(written(text))
    assert f"policy.yml, line {line}: " in str(refused.value)
    assert said in str(refused.value)


def test_every_mistake_is_told_at_once_in_order_of_lines(written) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(written("zzz: 1\nstandard_trial_days: x\nretries:\n  max_attempts: x\n"))
    lines = str(refused.value).splitlines()
    assert [line.split(": ")[0].rsplit(" ", 1)[1] for line in lines] == ["1", "2", "4"]


def test_an_exemption_names_a_leak_type_that_exists(written) -> None:
    path = written("exemptions:\n  - leak_type: unpaid_invoices\n    customer: internal\n    reason: Staff\n")
    with pytest.raises(PolicyError, match=r'line 2: .*Did you mean "unpaid_invoice"\?'):
        load_policy(path, {"unpaid_invoice": (), "long_trial": ()})


def test_a_missing_file_says_which_setting_to_correct(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="LEAKS_POLICY"):
        load_policy(tmp_path / "absent.yml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="UTF-8"):
        load_policy(path)


def test_the_version_follows_what_is_said_and_not_how(written) -> None:
    plain = load_policy(written("standard_trial_days: 30\n")).version
    commented = load_policy(written("# ours\nretries: {}\nstandard_trial_days: 30\n")).version
    other = load_policy(written("standard_trial_days: 31\n")).version
    assert plain == commented
    assert plain != other


def test_the_order_of_exemptions_does_not_change_the_version(written) -> None:
    one = "  - customer: internal\n    reason: Staff\n"
    two = "  - coupon: partner\n    reason: Partners\n"
    assert load_policy(written(f"exemptions:\n{one}{two}")).version == (
        load_policy(written(f"exemptions:\n{two}{one}")).version
    )
