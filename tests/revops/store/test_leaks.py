"""A root cause leaks once per occurrence, whoever says so how often; only a resolution closes it."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from revops.domain.leak import Closing, NewLeak, NewReason, Opened
from revops.store import Store
from revops.store import tables as t
from revops.store.audit import Audit
from revops.store.leaks import Leaks
from revops.store.tenants import TenantError, Tenants
from tests.revops.store.filled import AT, put

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

LATER = AT + timedelta(days=1)
JULY = NewLeak(
    root_cause="invoice:in_1",
    occurrence="2026-07",
    family="failed_charges",
    leak_type="unpaid_invoice",
    object_type="invoice",
    object_id="in_1",
    customer_id="cus_1",
    currency="usd",
    amount_minor=1999,
    recurring_minor=0,
    confidence=0.9,
    is_alert=True,
    first_detectable_at=AT,
    definition_version="d1",
    as_of=AT,
)


@pytest.fixture
def leaks(store: Store) -> Leaks:
    """With the tenants acme and rival."""
    for tenant in ("acme", "rival"):
        Tenants(store).add(tenant, None, actor="ada", at=AT)
    return Leaks(store)


def open_(leaks: Leaks, *found: NewLeak, tenant: str = "acme") -> list[Opened]:
    return leaks.open(tenant, found, actor="worker", at=AT)


def reason(leak_id: str, finding_id: str = "f1", amount: int = 1999) -> NewReason:
    return NewReason(leak_id, finding_id, "unpaid_invoice", "invoice", "in_1", "usd", amount, 0.9)


def closing(leak_id: str) -> Closing:
    return Closing(leak_id, "paid", AT + timedelta(hours=3), "collected")


def test_a_leak_is_opened_once(store: Store, leaks: Leaks) -> None:
    (first,) = open_(leaks, JULY)
    (again,) = open_(leaks, JULY)
    assert (first.is_new, again.is_new, again.leak_id) == (True, False, first.leak_id)
    (leak,) = leaks.read_open("acme")
    assert (leak.status, leak.opened_at, leak.closed_at, leak.amount_minor) == ("open", AT, None, 1999)
    assert [line.verb for line in Audit(store).read("acme")] == ["leak_opened"]


def test_the_same_leak_twice_in_one_call_is_one(store: Store, leaks: Leaks) -> None:
    first, second = open_(leaks, JULY, JULY)
    assert (first.is_new, second.is_new) == (True, False)
    assert len(Audit(store).read("acme")) == 1


def test_an_open_leak_takes_newer_figures_and_no_older_ones(leaks: Leaks) -> None:
    open_(leaks, JULY)
    open_(leaks, replace(JULY, amount_minor=500, confidence=0.4, is_alert=False, as_of=LATER, definition_version="d2"))
    open_(leaks, replace(JULY, amount_minor=7))
    (leak,) = leaks.read_open("acme")
    assert (leak.amount_minor, leak.confidence, leak.is_alert, leak.as_of) == (500, 0.4, False, LATER)
    assert leak.definition_version == "d2"


def test_a_closed_occurrence_stays_closed_and_the_next_one_opens(leaks: Leaks) -> None:
    (july,) = open_(leaks, JULY)
    leaks.close("acme", [closing(july.leak_id)], actor="worker", at=LATER)
    again, august = open_(leaks, replace(JULY, amount_minor=1), replace(JULY, occurrence="2026-08"))
    assert (again.is_new, again.is_open) == (False, False)
    assert (august.is_new, august.is_open) == (True, True)
    by_id = {leak.leak_id: leak for leak in leaks.get("acme", [july.leak_id, august.leak_id])}
    assert by_id[july.leak_id].amount_minor == 1999
    assert by_id[july.leak_id].resolution == "paid"


def test_while_one_occurrence_is_open_no_second_one_begins(leaks: Leaks) -> None:
    (july,) = open_(leaks, JULY)
    (august,) = open_(leaks, replace(JULY, occurrence="2026-08"))
    assert august == Opened(july.leak_id, "2026-07", is_new=False, is_open=True)
    first, second = open_(
        leaks,
        replace(JULY, root_cause="invoice:in_2", occurrence="a"),
        replace(JULY, root_cause="invoice:in_2", occurrence="b"),
    )
    assert (first.is_new, second.is_new, second.occurrence) == (True, False, "a")


def test_the_database_itself_refuses_two_open_leaks_of_a_root_cause(store: Store, leaks: Leaks) -> None:
    open_(leaks, JULY)
    with pytest.raises(IntegrityError), store.tenant("acme") as connection:
        put(connection, t.leaks, "acme", root_cause=JULY.root_cause, occurrence="2026-08")


def test_a_closed_leak_has_a_resolution_and_an_open_one_none(store: Store, leaks: Leaks) -> None:
    for values in ({"status": "recovered"}, {"closed_at": AT, "resolution": "paid"}):
        with pytest.raises(IntegrityError), store.tenant("acme") as connection:
            put(connection, t.leaks, "acme", **values)


def test_closing_is_done_once(store: Store, leaks: Leaks) -> None:
    (one,) = open_(leaks, JULY)
    assert leaks.close("acme", [closing(one.leak_id)], actor="worker", at=LATER) == [one.leak_id]
    assert leaks.close("acme", [closing(one.leak_id)], actor="worker", at=LATER) == []
    (leak,) = leaks.get("acme", [one.leak_id])
    assert (leak.status, leak.closed_at, leak.resolved_at) == ("resolved_elsewhere", LATER, AT + timedelta(hours=3))
    assert leaks.read_open("acme") == []
    assert [line.verb for line in Audit(store).read("acme", object_id=one.leak_id)] == ["leak_closed", "leak_opened"]


def test_reasons_come_and_go_and_come_back(leaks: Leaks) -> None:
    (one,) = open_(leaks, JULY)
    leaks.attach("acme", [reason(one.leak_id), reason(one.leak_id, "f2")], at=AT)
    leaks.attach("acme", [reason(one.leak_id, amount=5)], at=LATER)
    leaks.detach("acme", ["f1", "f2", "unknown"], at=LATER)
    leaks.detach("acme", ["f1"], at=LATER + timedelta(days=1))
    first, second = leaks.reasons("acme", [one.leak_id])
    assert (first.amount_minor, first.attached_at, first.detached_at) == (5, AT, LATER)
    assert second.detached_at == LATER
    leaks.attach("acme", [reason(one.leak_id)], at=LATER)
    assert leaks.reasons("acme", [one.leak_id])[0].detached_at is None


def test_no_tenant_touches_anothers_leaks(leaks: Leaks) -> None:
    (mine,) = open_(leaks, JULY)
    (theirs,) = open_(leaks, replace(JULY, amount_minor=70), tenant="rival")
    assert mine.leak_id != theirs.leak_id
    leaks.attach("acme", [reason(mine.leak_id)], at=AT)
    leaks.detach("rival", ["f1"], at=LATER)
    assert leaks.close("rival", [closing(mine.leak_id)], actor="eve", at=LATER) == []
    with pytest.raises(Exception, match=r"(?i)foreign key|row-level security"):
        leaks.attach("rival", [reason(mine.leak_id, "f9")], at=AT)
    assert [leak.amount_minor for leak in leaks.read_open("acme")] == [1999]
    assert [leak.amount_minor for leak in leaks.read_open("rival")] == [70]
    assert leaks.get("rival", [mine.leak_id]) == leaks.reasons("rival", [mine.leak_id]) == []
    (kept,) = leaks.reasons("acme", [mine.leak_id])
    assert kept.detached_at is None


def test_more_than_a_group_is_opened_in_order(leaks: Leaks) -> None:
    many = [replace(JULY, root_cause=f"invoice:in_{number}", amount_minor=number) for number in range(450)]
    opened = open_(leaks, *many)
    assert all(one.is_new for one in opened)
    by_id = {leak.leak_id: leak.amount_minor for leak in leaks.read_open("acme")}
    assert [by_id[one.leak_id] for one in opened] == [*range(450)]
    leaks.attach("acme", [reason(one.leak_id, f"f{number}") for number, one in enumerate(opened)], at=AT)
    assert len(leaks.reasons("acme", [one.leak_id for one in opened])) == 450
    assert len(leaks.close("acme", [closing(one.leak_id) for one in opened], actor="worker", at=LATER)) == 450


def test_two_workers_at_once_open_one_leak(leaks: Leaks) -> None:
    opened: list[Opened] = []
    threads = [threading.Thread(target=lambda: opened.extend(open_(leaks, JULY))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.is_new for one in opened) == [False, False, False, True]
    assert len({one.leak_id for one in opened}) == 1


def test_workers_with_the_same_leaks_in_another_order_do_not_block_each_other(leaks: Leaks) -> None:
    many = [replace(JULY, root_cause=f"invoice:in_{number}") for number in range(50)]
    opened: list[Opened] = []
    orders = (many, many[::-1], many[25:] + many[:25])
    threads = [threading.Thread(target=lambda some=some: opened.extend(open_(leaks, *some))) for some in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(opened), sum(one.is_new for one in opened)) == (150, 50)


def test_a_tenant_that_is_not_there_has_no_leaks(leaks: Leaks) -> None:
    with pytest.raises(TenantError, match="There is no tenant nobody"):
        open_(leaks, JULY, tenant="nobody")


def test_nothing_to_do_is_no_error(leaks: Leaks) -> None:
    assert open_(leaks) == []
    assert leaks.close("acme", [], actor="worker", at=AT) == []
    leaks.attach("acme", [], at=AT)
    leaks.detach("acme", [], at=AT)
    assert leaks.reasons("acme", []) == leaks.get("acme", []) == []
