"""Findings become leaks, and only what became of their objects ends them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from revops.domain.finding import Finding, Resolution
from revops.domain.leak import Leak
from revops.domain.withdrawal import Answer, Withdrawal
from revops.service.open_leaks import LeakChanges, open_leaks
from revops.store import Store
from revops.store.leaks import Leaks
from revops.store.tenants import Tenants
from tests.revops.store.filled import AT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

UNPAID = Finding(
    finding_id="f1",
    leak_type="unpaid_invoice",
    family="failed_charges",
    object_type="invoice",
    object_id="in_1",
    customer_id="cus_1",
    currency="usd",
    amount_minor=2900,
    recurring_minor=0,
    confidence=0.95,
    is_alert=True,
    root_cause="invoice:in_1",
    first_detectable_at=AT,
    definition_version="d1",
    as_of=AT,
    rank=10,
)
STALE_METHOD = replace(
    UNPAID, finding_id="f2", leak_type="stale_payment_method", object_type="subscription", object_id="sub_1", rank=20
)
PAID = Resolution("unpaid_invoice", "invoice", "in_1", "paid", AT + timedelta(hours=2), "collected", "d1")


@pytest.fixture
def leaks(store: Store) -> Leaks:
    """Of the tenant acme."""
    Tenants(store).add("acme", None, actor="ada", at=AT)
    return Leaks(store)


class Says:
    """A person who answers what a new definition asks."""

    def __init__(self, answer: Answer = "confirmed") -> None:
        self.answer = answer
        self.asked: list[Withdrawal] = []

    def ask(self, _tenant_id: str, withdrawal: Withdrawal, _at: datetime) -> Answer:
        self.asked.append(withdrawal)
        return self.answer


def take(
    leaks: Leaks,
    findings: Sequence[Finding],
    *resolutions: Resolution,
    hours: int = 0,
    says: Says | None = None,
    suppressed: Collection[str] = (),
) -> LeakChanges:
    at = AT + timedelta(hours=hours)
    return open_leaks(
        leaks,
        "acme",
        findings,
        resolutions,
        actor="worker",
        at=at,
        withdrawals=says or Says(),
        suppressed=suppressed,
    )


def every(leaks: Leaks, changes: LeakChanges) -> list[Leak]:
    return leaks.get("acme", [*changes.opened, *changes.closed])


def test_a_finding_opens_one_leak_however_often_it_is_told(leaks: Leaks) -> None:
    first = take(leaks, [UNPAID])
    assert len(first.opened) == 1
    assert take(leaks, [UNPAID]) == LeakChanges()
    (leak,) = leaks.read_open("acme")
    assert (leak.object_id, leak.amount_minor, leak.occurrence) == ("in_1", 2900, "1")


def test_newer_figures_are_taken_over(leaks: Leaks) -> None:
    take(leaks, [UNPAID])
    take(leaks, [replace(UNPAID, amount_minor=1000, as_of=AT + timedelta(hours=1))], hours=1)
    assert [leak.amount_minor for leak in leaks.read_open("acme")] == [1000]


def test_a_finding_that_is_gone_closes_nothing(leaks: Leaks) -> None:
    take(leaks, [UNPAID])
    assert take(leaks, [], hours=1) == LeakChanges()
    assert len(leaks.read_open("acme")) == 1


def test_what_became_of_its_object_closes_a_leak(leaks: Leaks) -> None:
    take(leaks, [UNPAID])
    changes = take(leaks, [], PAID, hours=3)
    (leak,) = every(leaks, changes)
    assert (leak.status, leak.resolution, leak.resolved_at) == ("resolved_elsewhere", "paid", PAID.resolved_at)
    assert take(leaks, [], PAID, hours=4) == LeakChanges()


def test_a_resolution_without_a_time_closes_as_of_now(leaks: Leaks) -> None:
    take(leaks, [UNPAID])
    changes = take(leaks, [], replace(PAID, resolution="withdrawn_by_definition", resolved_at=None), hours=5)
    assert [leak.resolved_at for leak in every(leaks, changes)] == [AT + timedelta(hours=5)]


def test_a_cause_that_leaks_again_is_another_occurrence(leaks: Leaks) -> None:
    take(leaks, [UNPAID])
    take(leaks, [], PAID, hours=3)
    changes = take(leaks, [UNPAID], hours=6)
    (leak,) = every(leaks, changes)
    assert (leak.occurrence, leak.status) == ("2", "open")


def test_findings_of_one_cause_are_one_leak_named_by_the_most_specific(leaks: Leaks) -> None:
    changes = take(leaks, [STALE_METHOD, UNPAID])
    (leak,) = every(leaks, changes)
    assert leak.leak_type == "unpaid_invoice"
    assert {reason.finding_id for reason in leaks.reasons("acme", [leak.leak_id])} == {"f1", "f2"}


def test_an_alert_names_the_leak_before_a_review_of_higher_rank(leaks: Leaks) -> None:
    changes = take(leaks, [replace(UNPAID, is_alert=False, confidence=0.3), STALE_METHOD])
    assert [leak.leak_type for leak in every(leaks, changes)] == ["stale_payment_method"]


def test_a_leak_stays_open_while_one_of_its_reasons_does(leaks: Leaks) -> None:
    take(leaks, [UNPAID, STALE_METHOD])
    assert take(leaks, [STALE_METHOD], PAID, hours=3).closed == ()
    (leak,) = leaks.read_open("acme")
    detached = {one.finding_id: one.detached_at is not None for one in leaks.reasons("acme", [leak.leak_id])}
    assert detached == {"f1": True, "f2": False}
    ended = Resolution(
        "stale_payment_method", "subscription", "sub_1", "method_changed", AT + timedelta(hours=4), "withdrawn", "d1"
    )
    assert take(leaks, [], PAID, ended, hours=5).closed == (leak.leak_id,)


def test_a_reason_that_is_gone_unexplained_keeps_its_leak_open(leaks: Leaks) -> None:
    take(leaks, [UNPAID, STALE_METHOD])
    assert take(leaks, [], PAID, hours=3).closed == ()
    assert len(leaks.read_open("acme")) == 1


def test_a_thousand_findings_are_taken_in_short_transactions(leaks: Leaks) -> None:
    findings = [
        replace(UNPAID, finding_id=f"f{n}", object_id=f"in_{n}", root_cause=f"invoice:in_{n}") for n in range(1000)
    ]
    assert len(take(leaks, findings).opened) == 1000
    resolutions = [replace(PAID, object_id=f"in_{n}") for n in range(1000)]
    assert len(take(leaks, [], *resolutions, hours=3).closed) == 1000


def many(count: int, definition: str = "d1") -> list[Finding]:
    return [
        replace(
            UNPAID,
            finding_id=f"f{number}",
            object_id=f"in_{number}",
            root_cause=f"invoice:in_{number}",
            definition_version=definition,
        )
        for number in range(count)
    ]


def gone(number: int) -> Resolution:
    return Resolution("unpaid_invoice", "invoice", f"in_{number}", "withdrawn_by_definition", None, "withdrawn", "d2")


@pytest.mark.parametrize(("count", "is_asked"), [(1, False), (2, True)])
def test_a_definition_that_withdraws_more_than_a_tenth_of_the_open_money_asks(
    leaks: Leaks, count: int, is_asked: bool
) -> None:
    take(leaks, many(10))
    left, ended = many(10, "d2")[count:], [gone(number) for number in range(count)]
    says = Says("asked")
    changes = take(leaks, left, *ended, hours=1, says=says)
    assert len(changes.closed) == (0 if is_asked else count)
    assert [one.leaks for one in says.asked] == ([count] if is_asked else [])
    says.answer = "confirmed"
    assert len(take(leaks, left, *ended, hours=2, says=says).closed) == (count if is_asked else 0)
    assert len(leaks.read_open("acme")) == 10 - count


def test_a_refused_definition_leaves_its_leaks_open_and_what_was_paid_ends(leaks: Leaks) -> None:
    take(leaks, many(4))
    paid = Resolution("unpaid_invoice", "invoice", "in_3", "paid", AT, "collected", "d2")
    changes = take(leaks, [], *(gone(number) for number in range(3)), paid, hours=1, says=Says("refused"))
    assert [leak.object_id for leak in every(leaks, changes)] == ["in_3"]
    assert len(leaks.read_open("acme")) == 3


def test_what_was_suppressed_opens_no_leak_until_it_may(leaks: Leaks) -> None:
    assert take(leaks, [UNPAID], suppressed={"invoice:in_1"}).opened == ()
    assert len(take(leaks, [UNPAID], hours=1).opened) == 1
