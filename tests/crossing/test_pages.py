"""Each page of the dashboard, opened for one tenant where another has data, shows nothing of that other.

The pages are enumerated from the folder: one that nobody named here fails.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import streamlit_app.views
from revops.bootstrap_actions import deciding
from revops.domain.leak import leak_id
from revops.settings import load_settings
from revops.store import Store, open_store
from revops.store.tenants import Tenants
from streamlit_app import pages
from tests.crossing.companies import A, B, Tenant
from tests.revops.store.filled import AT
from tests.revops.store.proposed import now, person, proposed
from tests.streamlit_app.conftest import APP, home, links  # noqa: F401 - the same home as the pages' own tests
from tests.streamlit_app.published_account import Account

# The page's file, and what else its address names.
PAGES: dict[str, dict[str, str]] = {
    pages.OVERVIEW: {},
    pages.FINDINGS: {"show": "Both"},
    pages.FINDING: {"id": "f0001"},
    pages.QUALITY: {},
    pages.APPROVALS: {},
    pages.LEAK: {"id": "LEAK"},
    pages.DECISIONS: {},
}


@pytest.fixture
def two_tenants(home: Path) -> Path:  # noqa: F811
    """A and B are published, every object of theirs marked; the findings' ids are the same on purpose."""
    with open_store(load_settings(), upgrade=True) as store:
        for tenant in (A, B):
            Tenants(store).add(tenant.tenant_id, f"The {tenant.tenant_id}", actor="ada", at=AT)
            publish(home, tenant)
            decide(store, tenant)
    return home


def decide(store: Store, tenant: Tenant) -> None:
    """One proposal waits, one was denied; the ids are the same on purpose, and the words are marked."""
    settings = load_settings()
    bob = person(store, f"web:{tenant.mark}@example.com", "admin", tenant=tenant.tenant_id)
    marked = {"why": (f"{tenant.mark} reason",), "what_happens": f"{tenant.mark} happens."}
    for number in (1, 2):
        made = proposed(store, settings, number, tenant=tenant.tenant_id, **marked)
    seen = (tenant.tenant_id, made.action_id, made.version_hash)
    say = deciding(store, settings)
    say.deny(*seen, bob, channel="web", at=now(), reason="not_a_leak", note=f"{tenant.mark} says no.")


def address(at: str, tenant: Tenant) -> dict[str, str]:
    """What a page's address names, for a tenant."""
    leak = leak_id(tenant.tenant_id, "invoice:in_0001", "1")
    return {name: leak if value == "LEAK" else value for name, value in PAGES[at].items()}


def publish(home: Path, tenant: Tenant) -> None:  # noqa: F811
    account = Account(tenant_id=tenant.tenant_id)
    account.rows["integration"].clear()
    account.put("integration", source="api", mode="live", account_id=tenant.account_id, as_of=account.as_of)
    account.add(f"{tenant.mark} Ltd", 500_00, plan=f"{tenant.mark} plan", country="DE")
    account.add(f"{tenant.mark} Review", 300_00, is_alert=False, sentence=f"{tenant.mark} says so.")
    account.put("quarantined", resource="invoice", id=f"in_{tenant.mark}", reason=f"{tenant.mark} reason")
    account.put("unmatched_accounts", source="login", account=f"{tenant.mark} account", rows=7)
    account.trend()
    account.publish(home)


def everything(page: AppTest) -> str:
    """All that the page says, where it says it, what it links to and what its widgets hold."""
    elements = [*page.main, *page.sidebar]
    return "\n".join([*(str(getattr(one, "proto", "")) for one in elements), str(page.query_params)])


def open_page(at: str, **address: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=30)
    page.switch_page(at)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, page.exception
    return page


def test_every_page_is_named_here() -> None:
    folder = Path(streamlit_app.views.__path__[0])
    assert {f"views/{path.name}" for path in folder.glob("[a-z]*.py")} == PAGES.keys()


@pytest.mark.parametrize("at", PAGES)
def test_a_page_shows_its_tenant_and_no_other(two_tenants: Path, at: str) -> None:
    for tenant, other in ((A, B), (B, A)):
        said = everything(open_page(at, tenant=tenant.tenant_id, **address(at, tenant)))
        assert tenant.mark in said
        assert other.mark not in said
        assert other.account_id not in said


@pytest.mark.parametrize("at", PAGES)
def test_each_link_of_a_page_stays_with_its_tenant(two_tenants: Path, at: str) -> None:
    page = open_page(at, tenant=B.tenant_id, **address(at, B))
    inside = [address for address in links(page).values() if not address.startswith("http")]
    assert [address for address in inside if f"tenant={B.tenant_id}" not in address] == []
    assert page.query_params["tenant"] in (B.tenant_id, [B.tenant_id])


@pytest.mark.parametrize("at", PAGES)
@pytest.mark.parametrize("tenant", ["nobody", "../alpine", "dagster"])
def test_what_is_no_tenant_shows_nobody(two_tenants: Path, at: str, tenant: str) -> None:
    page = open_page(at, tenant=tenant, **address(at, A))
    said = everything(page)
    assert page.title[0].value == "No such tenant"
    assert A.mark not in said
    assert B.mark not in said


def test_another_tenants_leak_is_no_leak_here(two_tenants: Path) -> None:
    page = open_page(pages.LEAK, tenant=B.tenant_id, **address(pages.LEAK, A))
    assert page.info[0].value == "There is no such leak here."
    assert A.mark not in everything(page)


def test_a_removed_tenant_is_shown_no_more(two_tenants: Path) -> None:
    with open_store(load_settings()) as store:
        Tenants(store).remove(A.tenant_id, actor="ada", at=AT)
    page = open_page(pages.OVERVIEW, tenant=A.tenant_id)
    assert page.title[0].value == "No such tenant"
    assert A.mark not in everything(page)


def test_who_chooses_another_tenant_takes_no_filter_along(two_tenants: Path) -> None:
    page = open_page(pages.FINDINGS, tenant=A.tenant_id, q=A.mark, show="Both")
    page.selectbox(key="tenant").set_value(B.tenant_id).run()
    said = everything(page)
    assert B.mark in said
    assert A.mark not in said
    assert "q" not in page.query_params


def test_what_a_page_advises_is_for_its_tenant(two_tenants: Path) -> None:
    assert f"leaks run --tenant {B.tenant_id}" in everything(open_page(pages.OVERVIEW, tenant=B.tenant_id))
    page = open_page(pages.OVERVIEW)
    assert page.title[0].value == "Nothing is published yet"
    assert page.code[0].value == "leaks run"


def test_a_filter_keeps_the_tenant(two_tenants: Path) -> None:
    page = open_page(pages.FINDINGS, tenant=B.tenant_id)
    page.text_input(key="q").set_value("ltd").run()
    assert B.mark in everything(page)
    assert page.query_params["tenant"] in (B.tenant_id, [B.tenant_id])


def test_streamlits_own_navigation_stays_with_the_tenant(two_tenants: Path) -> None:
    page = open_page(pages.OVERVIEW, tenant=B.tenant_id)
    page.query_params.clear()
    page.switch_page(pages.FINDINGS)
    page.run()
    said = everything(page)
    assert B.mark in said
    assert A.mark not in said


def test_where_there_is_one_tenant_nobody_is_asked(home: Path) -> None:  # noqa: F811
    Account().publish(home)
    page = open_page(pages.OVERVIEW)
    assert "Tenant" not in [box.label for box in page.selectbox]
    assert "tenant" not in page.query_params
