"""A task for a colleague: opened once where the playbook says so, followed, and closed with its leak."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from revops.domain.task import Comment, TaskRefusedError, TaskUnavailableError
from revops.service.follow_tasks import LOOK_EVERY, Following, follow_tasks
from revops.settings import Settings
from revops.store import Store
from revops.store.tasks import Tasks
from tests.revops.service.company import POLICY, Company
from tests.revops.store.proposed import TENANT

LARGE = 250_000


@pytest.fixture
def company(sqlite_store: Store, sqlite_settings: Settings) -> Company:
    found = Company(sqlite_store, sqlite_settings)
    found.bank.now = replace(found.bank.now, amount_remaining_minor=LARGE)
    return found


def opened(company: Company) -> str:
    """A task that was approved and opened; returns its leak's id."""
    leak_id = company.owes(amount_remaining_minor=LARGE)
    company.propose()
    assert company.approve_all("open_task") == 1
    assert company.dispatch() == {"done": 1}
    return leak_id


def follow(company: Company) -> int:
    parts = Following(Tasks(company.store), company.actions, company.leaks.get, lambda _tenant: company.board)
    return follow_tasks(parts, TENANT, company.clock())


def test_a_large_amount_is_a_task_with_what_is_known(company: Company) -> None:
    leak_id = opened(company)
    [task] = company.board.tasks.values()
    assert task.title == "Unpaid invoice: USD 2,500.00, Customer 1"
    assert (task.team, task.assignee, task.priority) == ("REV", "ada", 2)
    assert task.link == f"https://leaks.example/leak?id={leak_id}"
    assert "N\\-0001" in task.description or "N-0001" in task.description
    [action] = company.of_kind("open_task")
    assert action.outcome == {"how": "opened", "task": "REV-1", "url": f"https://linear.example/{task.key}"}


def test_a_small_amount_is_none(company: Company) -> None:
    company.owes(amount_remaining_minor=99_999)
    company.propose()
    assert company.of_kind("open_task") == []


def test_it_is_not_opened_twice(company: Company) -> None:
    opened(company)
    for _ in range(3):
        company.clock.forward(days=1)
        company.propose()
    assert len(company.of_kind("open_task")) == 1


def test_a_lost_answer_is_looked_up_by_its_key(company: Company) -> None:
    company.owes(amount_remaining_minor=LARGE)
    company.propose()
    company.approve_all("open_task")
    company.board.error = TaskUnavailableError("no answer", may_have_arrived=True)
    assert company.dispatch() == {"unknown": 1}
    company.board.error = None
    [action] = company.of_kind("open_task")
    assert action.idempotency_key is not None
    company.board.tasks[action.idempotency_key] = None  # type: ignore[assignment]  # it had arrived
    company.clock.forward(minutes=1)
    assert company.dispatch() == {"done": 1}
    assert len(company.board.tasks) == 1


def test_a_request_that_never_arrived_opened_nothing(company: Company) -> None:
    company.owes(amount_remaining_minor=LARGE)
    company.propose()
    company.approve_all("open_task")
    company.board.error = TaskUnavailableError("no answer", may_have_arrived=True)
    company.dispatch()
    company.board.error = None
    company.clock.forward(minutes=11)
    assert company.dispatch() == {"failed": 1}


def test_a_refusal_is_for_a_person(company: Company) -> None:
    company.owes(amount_remaining_minor=LARGE)
    company.propose()
    company.approve_all("open_task")
    company.board.error = TaskRefusedError("There is no team REV; correct tasks.team.")
    assert company.dispatch() == {"handed_over": 1}
    [action] = company.of_kind("open_task")
    assert "tasks.team" in (action.reason or "")


def test_what_is_paid_needs_no_task(company: Company) -> None:
    company.owes(amount_remaining_minor=LARGE)
    company.propose()
    company.approve_all("open_task")
    company.bank.now = replace(company.bank.now, status="paid")
    assert company.dispatch() == {"withdrawn": 1}
    assert company.board.tasks == {}


def test_a_task_is_closed_with_its_leak_and_says_how_it_ended(company: Company) -> None:
    leak_id = opened(company)
    assert follow(company) == 0
    company.close(leak_id)
    assert follow(company) == 1
    [(_, said)] = company.board.closed
    assert said == "The leak has ended: paid."
    assert follow(company) == 0, "a closed task is looked at no more"


def test_what_colleagues_say_is_taken_over(company: Company) -> None:
    leak_id = opened(company)
    comment = Comment("c1", "Ada", company.clock(), "They pay on Friday.")
    looked = company.board.find

    def find(key: str):
        found = looked(key)
        return replace(found, comments=(comment,)) if found else None

    company.board.find = find  # type: ignore[method-assign]
    company.clock.forward(minutes=1)
    follow(company)
    assert Tasks(company.store).of_leaks(TENANT, [leak_id])[0].task.comments == ()  # type: ignore[union-attr]
    company.clock.forward(seconds=LOOK_EVERY.total_seconds())
    follow(company)
    assert Tasks(company.store).of_leaks(TENANT, [leak_id])[0].task.comments == (comment,)  # type: ignore[union-attr]


def test_a_task_system_that_is_down_is_looked_at_later(company: Company) -> None:
    leak_id = opened(company)
    company.close(leak_id)
    closing = company.board.close

    def down(_task_id: str, _comment: str):
        raise TaskUnavailableError("down")

    company.board.close = down  # type: ignore[method-assign]
    assert follow(company) == 0
    company.board.close = closing  # type: ignore[method-assign]
    assert follow(company) == 1


def test_where_the_policy_says_so_a_small_task_needs_nobody(sqlite_store: Store, sqlite_settings: Settings) -> None:
    alone = "playbooks: {unpaid_invoice: {autonomy: {open_task: {mode: alone, alone_below_minor: 300000}}}}"
    company = Company(sqlite_store, sqlite_settings, f"{POLICY}\n{alone}")
    company.owes(1, amount_remaining_minor=LARGE)
    company.owes(2, amount_remaining_minor=300_000)
    company.propose()
    assert {one.draft.amount_minor: one.status for one in company.of_kind("open_task")} == {
        LARGE: "approved",
        300_000: "drafted",
    }
    [approved] = company.of_kind("open_task", "approved")
    assert approved.approvals[0].person_id == f"policy:{company.policy.version}"
    assert approved.approvals[0].channel == "policy"


def test_no_autonomy_moves_money_that_needs_an_admin(sqlite_store: Store, sqlite_settings: Settings) -> None:
    alone = "playbooks: {unpaid_invoice: {autonomy: {retry_invoice: {mode: alone, alone_below_minor: 900000}}}}"
    company = Company(sqlite_store, sqlite_settings, f"{POLICY}\n{alone}")
    for number, amount in ((1, LARGE), (2, 2900)):
        failed = {**company.failed(), "decline_code": "do_not_honor", "decline_group": "retry_later"}
        company.owes(number, amount_remaining_minor=amount, attempts=[failed])
    company.propose()
    assert {one.draft.amount_minor: one.status for one in company.of_kind("retry_invoice")} == {
        LARGE: "drafted",
        2900: "approved",
    }


def test_access_is_decided_on_when_the_last_letter_has_not_helped(
    sqlite_store: Store, sqlite_settings: Settings
) -> None:
    company = Company(sqlite_store, sqlite_settings)
    company.owes()
    for _ in range(14):
        company.day(36)
    assert company.of_kind("open_task") == [], "the days of grace after the last letter are not over"
    company.clock.forward(days=10)
    company.propose()
    assert [one.draft.facts["step"] for one in company.of_kind("open_task")] == ["decide_on_access"]


def test_who_is_held_out_is_left_alone(sqlite_store: Store, sqlite_settings: Settings) -> None:
    company = Company(sqlite_store, sqlite_settings, f"{POLICY}\nrecovery: {{holdout_basis_points: 5000}}")
    for number in range(1, 41):
        company.owes(number)
    company.propose()
    written = {one.draft.customer_id for one in company.of_kind("send_email")}
    assert 8 <= len(written) <= 32, "about a half"
    company.clock.forward(hours=timedelta(days=1) / timedelta(hours=1))
    company.propose()
    assert {one.draft.customer_id for one in company.of_kind("send_email")} == written, "and always the same"
