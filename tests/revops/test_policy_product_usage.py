"""The policy's section on the product's logs is read as strictly as the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from revops.policy import Policy, PolicyError, load_policy

ROOT = Path(__file__).resolve().parents[2]

WHOLE = """\
product_usage:
  time_zone: Europe/Berlin
  identity: [metadata, email]
  metadata_key: workspace
  mapping_table:
    path: accounts.csv
    account: workspace
  login:
    files: [auth-*.csv, sso-*.csv]
    fields:
      account: workspace
      at: [logged_in_at, ts]
  usage:
    files: api-*
    fields:
      quantity: n
  cursor: created_at
  late_minutes: 5
  unmatched_warning_share: 0.2
  stale_after_days: 7
"""


def read(folder: Path, text: str) -> Policy:
    """The policy in a file of that text."""
    path = folder / "policy.yml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path)


def test_a_field_is_one_name_or_several_tried_in_order(tmp_path: Path) -> None:
    said = read(tmp_path, WHOLE).product_usage
    assert said.login.files == ("auth-*.csv", "sso-*.csv")
    assert said.login.fields.named() == {"account": ("workspace",), "at": ("logged_in_at", "ts")}
    assert said.usage.files == ("api-*",)
    assert said.usage.fields.named() == {"quantity": ("n",)}
    assert said.identity == ("metadata", "email")
    assert said.mapping_table is not None
    assert (said.mapping_table.account, said.mapping_table.customer) == ("workspace", "customer")


def test_left_out_it_names_no_field_and_tries_every_rule() -> None:
    said = Policy().product_usage
    assert said.login.fields.named() == {}
    assert said.identity == ("stripe_id", "metadata", "mapping", "email", "domain")
    assert (said.time_zone, said.mapping_table) == ("UTC", None)


def test_the_example_shows_the_defaults() -> None:
    shown = load_policy(ROOT / "policy.example.yml").product_usage
    assert shown.model_dump(exclude={"login", "usage"}) == Policy().product_usage.model_dump(exclude={"login", "usage"})


def test_what_it_says_is_part_of_the_policys_version(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE).version != Policy().version


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("product_usage:\n  timezone: UTC\n", 2, 'Did you mean "time_zone"?'),
        ("product_usage:\n  time_zone: Mars/Olympus\n", 2, "for example UTC or Europe/Berlin"),
        ("product_usage:\n  identity: []\n", 2, "a list of stripe_id, metadata, mapping, email, domain"),
        ("product_usage:\n  identity: [email, phone]\n", 2, "a list of stripe_id, metadata"),
        ("product_usage:\n  identity: [email, email]\n", 2, "each once"),
        ("product_usage:\n  login:\n    fields:\n      time: ts\n", 4, "Allowed: account, user, email, at, id, method"),
        ("product_usage:\n  login:\n    fields:\n      at: 5\n", 4, "a list of names tried in order"),
        ("product_usage:\n  login:\n    fields:\n      at: [ts, 5]\n", 4, "a list of names tried in order"),
        ("product_usage:\n  usage:\n    files: []\n", 3, "a pattern of file names"),
        ("product_usage:\n  mapping_table:\n    account: a\n", 2, "mapping_table.path is missing"),
        ("product_usage:\n  mapping_table:\n    path: a\n    konto: b\n", 4, "Allowed: path, account, customer"),
        ("product_usage:\n  unmatched_warning_share: 5\n", 2, "a share from 0 to 1"),
        ("product_usage:\n  stale_after_days: 0\n", 2, "whole days from 1 to 60"),
        ("product_usage: auth.csv\n", 1, "the keys login, usage"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read(tmp_path, text)
    assert f"policy.yml, line {line}: " in str(refused.value)
    assert said in str(refused.value)
