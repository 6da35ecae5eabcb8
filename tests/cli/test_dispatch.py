"""`leaks dispatch`: what is approved is carried out once; a dry run shows the exact request and changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from revops.store.people import People
from sandbox.stripe import Running
from tests.cli.deciding import ME, Home, here, words
from tests.contracts.fixtures import OpenSandbox
from tests.revops.owing import FORM_SHOWN, KEY, owe

__all__ = ["here"]

ON = "approvals: {undo_seconds: 0}\ndispatch: {retry_invoice: on}\n"


@pytest.fixture
def sandbox(stripe_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A Stripe whose clock is today's, and a key of it that may write."""
    one = stripe_sandbox(as_of=datetime.now(UTC), is_frozen=True)
    monkeypatch.setenv("STRIPE_API_BASE", one.url)
    monkeypatch.setenv("STRIPE_ACTIONS_API_KEY", KEY)
    return one


@pytest.fixture
def desk(here: Home) -> Home:
    People(here.store).add("default", ME, "approver", None, actor="test", at=datetime.now(UTC))
    return here


def approved(desk: Home, sandbox: Running, number: int = 1, policy: str = ON, **how: Any) -> str:
    """A debt at the sandbox, and a yes to its retry."""
    Path("policy.yml").write_text(policy, encoding="utf-8")
    desk.leaks("policy", "import", "policy.yml")
    invoice = owe(sandbox, number)
    body = {"invoice": invoice}
    facts = {"payment_method": f"pm_{number}", "last_charge": f"ch_{number}_failed"}
    named = desk.propose(number, 29_00, body=body, facts=facts, **how)
    desk.leaks("actions", "approve", named, "--yes")
    return named.partition("@")[0]


def charges(sandbox: Running) -> list[str]:
    """For which invoices money moved, by the bank's own book."""
    return [entry.invoice or "" for entry in sandbox.ledger.entries if entry.kind == "charge"]


def test_what_is_approved_is_carried_out_once(desk: Home, sandbox: Running) -> None:
    action_id = approved(desk, sandbox)
    said = desk.leaks("dispatch", "--once")
    assert "1 done" in said
    assert f"{action_id} done: Paid: USD 29.00 came in." in said
    assert f"POST /v1/invoices/in_1/pay {FORM_SHOWN} (Idempotency-Key: leaks-" in said
    assert desk.leaks("dispatch", "--once") == "Nothing was due.\n"
    assert charges(sandbox) == ["in_1"]


def test_programs_get_a_line_of_json_per_tenant(desk: Home, sandbox: Running) -> None:
    action_id = approved(desk, sandbox)
    result = json.loads(desk.leaks("dispatch", "--once", "--tenant", "default", "--format", "json"))
    assert (result["tenant_id"], result["counts"]) == ("default", {"done": 1})
    assert [one["action_id"] for one in result["actions"]] == [action_id]


def test_a_dry_run_shows_the_very_request_that_is_sent_later_and_changes_nothing(desk: Home, sandbox: Running) -> None:
    action_id = approved(desk, sandbox)
    (shown,) = json.loads(desk.leaks("dispatch", "--dry-run", "--format", "json"))
    assert (shown["action_id"], shown["sentence"]) == (action_id, "This would be sent.")
    assert (desk.status(action_id), charges(sandbox)) == ("approved", [])
    (sent,) = json.loads(desk.leaks("dispatch", "--once", "--format", "json"))["actions"]
    assert sent["request"] == shown["request"]
    assert shown["request"]["path"] == "/v1/invoices/in_1/pay"


def test_where_the_policy_asks_for_dry_runs_the_request_is_shown_and_never_sent(desk: Home, sandbox: Running) -> None:
    action_id = approved(desk, sandbox, policy="approvals: {undo_seconds: 0}\n")
    assert "The policy asks for a dry run" in desk.leaks("dispatch", "--dry-run")
    said = desk.leaks("dispatch", "--once")
    assert f"{action_id} rehearsed: Dry run." in said
    assert f"POST /v1/invoices/in_1/pay {FORM_SHOWN}" in said
    assert charges(sandbox) == []


def test_a_dry_run_says_why_nothing_would_be_sent(
    desk: Home, sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    approved(desk, sandbox, 1, not_before=later)
    paid = approved(desk, sandbox, 2)
    sandbox.stand_in.upsert({**sandbox.get("invoice", "in_2"), "status": "paid", "amount_remaining": 0})
    said = desk.leaks("dispatch", "--dry-run")
    assert f"It waits until {later:%Y-%m-%d %H:%M} UTC." in said
    assert f"{paid}: Not carried out: It was paid meanwhile." in said
    sandbox.fail_next("*", "500", times=50)
    assert "answer" in words(desk.leaks("dispatch", "--dry-run")).partition(paid)[2]
    monkeypatch.delenv("STRIPE_ACTIONS_API_KEY")
    assert "set STRIPE_API_KEY" in desk.leaks("dispatch", "--dry-run")
    Path("policy.yml").write_text("dispatch: {retry_invoice: off}\n", encoding="utf-8")
    desk.leaks("policy", "import", "policy.yml")
    assert "switched off" in desk.leaks("dispatch", "--dry-run")


def test_without_anything_approved_there_is_nothing_to_show(here: Home) -> None:
    assert here.leaks("dispatch", "--dry-run") == "Nothing is approved that waits.\n"
    assert here.leaks("dispatch", "--once") == "Nothing was due.\n"


def test_an_unknown_tenant_is_bad_input(here: Home) -> None:
    assert "leaks tenants list" in here.leaks("dispatch", "--once", "--tenant", "nobody", code=2)
