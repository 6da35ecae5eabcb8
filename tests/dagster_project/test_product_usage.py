"""Logs land between Stripe and the models, by the policy's mapping, and what is new triggers a build."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dagster_project.landed import read_landed
from ingestion.product_usage.mapping import UsageMapping, UsageRules
from ingestion.product_usage.schema import TABLES
from ingestion.profile import Profile
from ingestion.stripe.landing import prepare
from revops.policy import Policy, load_policy
from tests.ingestion.product_usage.logs import land, lines, login, write

POLICY = """\
product_usage:
  login: {files: "auth-*", fields: {account: workspace}}
  mapping_table: {path: accounts.csv, account: a}
  time_zone: Asia/Tokyo
  identity: [mapping]
"""


@pytest.mark.pipeline
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
def test_the_policys_section_reaches_ingestion_whole(tmp_path: Path) -> None:
    from dagster_project.defs import product_usage

    assert product_usage.mapping_of(Policy()) == UsageMapping()
    assert product_usage.rules_of(Policy()) == UsageRules()
    assert set(product_usage.TABLES) == set(TABLES)
    path = tmp_path / "policy.yml"
    path.write_text(POLICY, encoding="utf-8")
    mapping = product_usage.mapping_of(load_policy(path))
    assert mapping.login.files == ("auth-*",)
    assert mapping.fields("login")["account"] == ("workspace",)
    assert mapping.fields("login")["at"] == ("ts",), "what is left out keeps its default"
    assert (mapping.account_links, mapping.link_account, mapping.link_customer) == ("accounts.csv", "a", "customer")
    assert mapping.time_zone == "Asia/Tokyo"
    assert product_usage.rules_of(load_policy(path)).identity == ("mapping",)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """A home where a Stripe account has landed."""
    found = Profile(tmp_path / "home")
    prepare(found)
    with duckdb.connect(str(found.warehouse)) as connection:
        connection.execute(
            "insert into stripe.integration (source, mode, source_now) values ('export', 'live', '2026-10-01')"
        )
    land(found)
    return found


def fingerprint(profile: Profile) -> str:
    """What decides whether anything is new."""
    return read_landed(profile.warehouse).fingerprint


def test_new_rows_links_and_rows_at_fault_are_news(profile: Profile, tmp_path: Path) -> None:
    seen = [fingerprint(profile)]
    path = write(tmp_path / "login.jsonl", lines([login(1)]))
    land(profile, path)
    seen.append(fingerprint(profile))
    land(profile, path, write(tmp_path / "login-2.jsonl", lines([login(2, ts="?")])))
    seen.append(fingerprint(profile))
    links = tmp_path / "links.csv"
    links.write_text("account_id,customer\na,cus_1\n")
    mapping = UsageMapping(account_links=str(links))
    land(profile, f"{tmp_path}/login*", mapping=mapping)
    seen.append(fingerprint(profile))
    links.write_text("account_id,customer\na,cus_2\n")
    land(profile, f"{tmp_path}/login*", mapping=mapping)
    seen.append(fingerprint(profile))
    assert len(set(seen)) == len(seen)


def test_reading_the_same_again_is_no_news(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "login.jsonl", lines([login(1), login(2, ts="?")]))
    land(profile, path)
    before = fingerprint(profile)
    land(profile, path)
    land(profile, path, write(tmp_path / "login-again.jsonl", lines([login(1)])))
    assert fingerprint(profile) == before
