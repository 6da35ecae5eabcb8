"""A published account whose retries wait for a decision, and the pages on which people decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from revops.bootstrap_actions import deciding
from revops.domain.action import Action
from revops.domain.person import Person, Role
from revops.settings import Settings, load_settings
from revops.store import Store, open_store
from revops.store.actions import Actions
from revops.store.signing_keys import load_signer
from streamlit_app import pages
from tests.revops.store.proposed import TENANT, now, person, proposed
from tests.streamlit_app.conftest import APP
from tests.streamlit_app.published_account import typical

ADA, BOB = "web:ada@example.com", "web:bob@example.com"


@dataclass
class Desk:
    """The store beside the pages; `ada` is who the pages take the visitor for."""

    settings: Settings
    store: Store

    def role(self, role: Role = "approver", person_id: str = ADA) -> Person:
        """Give somebody a role."""
        return person(self.store, person_id, role)

    def propose(self, number: int = 1, amount_minor: int = 290_00, currency: str = "usd", **how: Any) -> Action:
        """A retry that waits, for the customer of that number in the published account."""
        return proposed(self.store, self.settings, number, amount_minor, currency, **how)

    def now(self, action: Action) -> Action:
        """As it is in the store."""
        found = Actions(self.store, load_signer(self.settings)).get(TENANT, action.action_id)
        assert found is not None
        return found

    def elsewhere(self, verb: str, action: Action, by: Person | None = None, **how: Any) -> Action:
        """Somebody decides in Slack."""
        bob = by or person(self.store, BOB, "admin")
        say = getattr(deciding(self.store, self.settings), verb)
        decided: Action = say(
            TENANT, action.action_id, action.version_hash, bob, channel="slack", at=now(), **how
        ).action
        return decided


@pytest.fixture
def desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Served to this machine alone, where Ada is the one who decides."""
    monkeypatch.setenv("LEAKS_WEB_PERSON", "web:Ada@example.com")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    typical().publish(home)
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    settings = load_settings()
    with open_store(settings, upgrade=True) as store:
        yield Desk(settings, store)
    config.set_option("server.address", before)


def open_page(at: str = pages.APPROVALS, **address: str) -> AppTest:
    """A page as it is drawn first."""
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.switch_page(at)
    for name, value in address.items():
        page.query_params[name] = value
    return run(page)


def run(page: AppTest) -> AppTest:
    """Draw it again; nothing may go wrong inside."""
    page.run()
    assert not page.exception, page.exception
    return page


def button(page: AppTest, label: str, number: int = 0) -> Button:
    """One of the buttons of that name, in the order in which they stand."""
    return [one for one in page.button if one.label == label][number]


def press(page: AppTest, label: str, number: int = 0) -> AppTest:
    """Press it and draw the page again."""
    button(page, label, number).click()
    return run(page)


def labels(page: AppTest) -> list[str]:
    """What all buttons say."""
    return [one.label for one in page.button]


def said(page: AppTest) -> str:
    """What the page says about the last press, as people read it."""
    texts = [one.value for one in (*page.success, *page.warning)]
    return "\n".join(text.replace("\\", "") for text in texts)


def table_rows(page: AppTest, caption: str) -> list[str]:
    """The rows of one table as they stand in the page."""
    found = [one.proto.body for one in page.get("html") if f"<caption>{caption}" in one.proto.body]
    return found[0].split("<tbody>")[1].split("</tr>")[:-1] if found else []
