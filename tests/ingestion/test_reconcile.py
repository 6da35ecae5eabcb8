"""What we hold against what Stripe holds: what drifted is named, and mended; what did not is left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from ingestion.errors import AccountError, NothingLandedYetError, SettingsError, WarehouseBusyError
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from ingestion.progress import NoProgress
from ingestion.stripe.drift import Drift, DriftReport, last_report
from ingestion.stripe.reconcile.flow import reconcile
from ingestion.stripe.reconcile.scope import EVERY_OBJECT, LATELY, Scope
from ingestion.stripe.resources import EVENT, RESOURCES, TABLES
from sandbox.stripe import Running, running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.ingestion.landed import (
    TEST_KEY,
    event,
    from_api,
    from_export,
    land,
    newest,
    quarantine,
    rows,
    states,
    version_count,
)
from tests.ingestion.test_delivered import deliver

RESTRICTED = "rk_" + "live_0123456789abcdef"
DAY = 86_400


def compare(profile: Profile, company: Running, scope: Scope = EVERY_OBJECT, **how: Any) -> DriftReport:
    """One reconciliation that may not wait for anybody."""
    return reconcile(profile, from_api(company.url), scope, lock_seconds=0, **how)


def drifted(report: DriftReport) -> dict[str, Drift]:
    """The types with a difference."""
    return {one.resource: one for one in report.drifts if one.difference}


def some(profile: Profile, table: str, **fields: Any) -> dict[str, Any]:
    """A living object that has landed, with these field values."""
    found = (one for one in newest(profile, table).values() if not one.get("deleted"))
    return next(one for one in found if all(one.get(name) == value for name, value in fields.items()))


class At(NoProgress):
    """Does something when a step begins, once."""

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        self._name, self._act, self.is_done = name, act, False

    def step(self, name: str, done: int, total: int | None) -> None:  # noqa: ARG002
        if name == self._name and not self.is_done:
            self.is_done = True
            # As another process would: not on the loop that reads.
            with ThreadPoolExecutor(1) as other:
                other.submit(self._act).result()


@pytest.fixture
def company(company_folder: Path) -> Iterator[Running]:
    """The small company over HTTP, its clock standing; one test holds the traffic against Stripe's specification."""
    with running(company_folder, as_of=COMPANY_NOW, is_frozen=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def compared_home(landed_home: Path, company_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company, landed over HTTP and then compared once: nothing of it has drifted any more."""
    home = tmp_path_factory.mktemp("compared") / "home"
    shutil.copytree(landed_home, home)
    with running(company_folder, as_of=COMPANY_NOW, is_frozen=True) as sandbox:
        compare(Profile(home), sandbox)
    return home


@pytest.fixture
def landed(profile: Profile, compared_home: Path) -> Profile:
    """A copy of that home."""
    shutil.copytree(compared_home, profile.home)
    return profile


@pytest.mark.parametrize("scope", [LATELY, EVERY_OBJECT])
def test_after_a_first_run_only_billed_items_have_drifted(
    profile: Profile, landed_home: Path, company: Running, scope: Scope
) -> None:
    """That an item's invoice was made is told by no event of the item, and lists show pending ones only."""
    shutil.copytree(landed_home, profile.home)
    (drift,) = drifted(compare(profile, company, scope)).values()
    billed = [id for id in drift.different if company.get("invoiceitem", id)["invoice"]]
    assert (drift.resource, list(drift.different)) == ("invoiceitem", billed)


@pytest.mark.parametrize("scope", [LATELY, EVERY_OBJECT])
def test_what_is_the_same_has_not_drifted_and_lands_no_version(landed: Profile, company: Running, scope: Scope) -> None:
    before = version_count(landed)
    report = compare(landed, company, scope)
    assert drifted(report) == {}
    assert {one.resource for one in report.drifts} == set(TABLES)
    assert all(one.unread_reason is None for one in report.drifts)
    assert version_count(landed) == before


def test_of_every_object_both_sides_are_counted(landed: Profile, company: Running) -> None:
    counted = {one.resource: (one.ours, one.stripes) for one in compare(landed, company).drifts}
    for table in ("customer", "invoice", "charge", "subscription", "price"):
        living = sum(not one.get("deleted") for one in newest(landed, table).values())
        assert counted[table] == (living, living), table


def test_what_has_no_event_is_missing_named_and_landed(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    fresh = {**some(landed, "invoice_payment"), "id": "inpay_unheard", "created": company.clock.now() - 3600}
    company.upsert(fresh)
    report = compare(landed, company, LATELY)
    (drift,) = drifted(report).values()
    assert (drift.resource, drift.missing, drift.different, drift.gone) == (
        "invoice_payment",
        ("inpay_unheard",),
        (),
        (),
    )
    assert drift.stripes - drift.ours == 1
    sources = rows(landed, "select source from stripe.invoice_payment where id = 'inpay_unheard'")
    assert sources == [{"source": "api"}]
    assert drifted(compare(landed, company, LATELY)) == {}


def test_an_event_that_never_came_is_missing_and_its_object_different(landed: Profile, company: Running) -> None:
    company.clock.advance(2 * DAY)
    old = some(landed, "invoice", status="open")
    paid = {**old, "status": "paid", "amount_paid": old["amount_due"], "amount_remaining": 0}
    told = company.emit("invoice.paid", paid, {"status": "open"})
    company.upsert(paid)
    company.clock.advance(3600)
    found = drifted(compare(landed, company, LATELY))
    assert set(found) == {"event", "invoice"}
    assert found["event"].missing == (told["id"],)
    assert found["invoice"].different == (old["id"],)
    assert newest(landed, "invoice")[old["id"]]["status"] == "paid"
    assert told["id"] in newest(landed, "event")
    assert drifted(compare(landed, company, LATELY)) == {}


def test_what_changed_in_silence_is_found_by_comparing_everything(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    renamed = {**some(landed, "customer"), "name": "Renamed in silence"}
    company.upsert(renamed)
    assert drifted(compare(landed, company, LATELY)) == {}
    (drift,) = drifted(compare(landed, company)).values()
    assert (drift.resource, drift.different) == ("customer", (renamed["id"],))
    assert newest(landed, "customer")[renamed["id"]]["name"] == "Renamed in silence"


def test_a_deleted_customer_and_a_coupon_that_is_no_more_are_gone(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    customer, coupon = some(landed, "customer"), some(landed, "coupon")
    company.upsert({"id": customer["id"], "object": "customer", "deleted": True})
    company.upsert({**coupon, "deleted": True})
    found = drifted(compare(landed, company))
    assert {name: one.gone for name, one in found.items()} == {"customer": (customer["id"],), "coupon": (coupon["id"],)}
    assert newest(landed, "customer")[customer["id"]]["deleted"] is True
    assert newest(landed, "coupon")[coupon["id"]] == {**coupon, "deleted": True}, "what it was stays known"
    assert drifted(compare(landed, company)) == {}


def test_without_repair_only_the_report_is_kept(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    company.upsert({**some(landed, "customer"), "name": "Renamed in silence"})
    before = version_count(landed)
    report = compare(landed, company, is_repairing=False)
    assert report.difference == 1
    assert version_count(landed) == before
    assert last_report(landed) == report


def test_items_that_were_billed_and_cards_that_were_detached_are_in_no_list_and_not_gone(
    landed: Profile, company: Running
) -> None:
    company.clock.advance(40 * DAY)
    billed = {**some(landed, "invoiceitem", invoice=None), "invoice": some(landed, "invoice")["id"]}
    detached = {**some(landed, "payment_method"), "customer": None}
    told = [event(1, company.clock.now() - 60, "invoiceitem.updated", billed),
            event(2, company.clock.now() - 60, "payment_method.detached", detached)]  # fmt: skip
    deliver(landed, from_api(company.url), *told)
    company.upsert(billed)
    company.upsert(detached)
    asked = len(company.requests)
    assert "invoiceitem" not in drifted(compare(landed, company))
    paths = [one.path for one in company.requests[asked:]]
    assert f"/v1/invoiceitems/{billed['id']}" not in paths, "they are not even asked for"
    assert f"/v1/payment_methods/{detached['id']}" not in paths


def test_what_happened_a_minute_ago_is_on_its_way_and_has_not_drifted(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    renamed = {**some(landed, "customer"), "name": "Renamed a minute ago"}
    company.emit("customer.updated", renamed)
    fresh = {**some(landed, "invoice"), "id": "in_a_minute_ago", "created": company.clock.now()}
    company.emit("invoice.created", fresh)
    company.clock.advance(60)
    assert drifted(compare(landed, company)) == {}
    company.clock.advance(3600)
    assert set(drifted(compare(landed, company))) == {"customer", "invoice", "event"}


def test_what_landed_while_stripe_was_read_is_newer_than_what_was_read(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    old = some(landed, "customer")
    later = event(1, company.clock.now() + 60, "customer.updated", {**old, "name": "Renamed meanwhile"})
    meanwhile = At("comparing", lambda: deliver(landed, from_export(Path("nowhere")), later))
    report = compare(landed, company, progress=meanwhile)
    assert meanwhile.is_done
    assert drifted(report) == {}
    assert newest(landed, "customer")[old["id"]]["name"] == "Renamed meanwhile"


def test_the_warehouse_is_free_while_stripe_is_read(landed: Profile, company: Running) -> None:
    def take() -> None:
        with writer_lock(landed, 0):
            pass

    for step in ("reading Stripe", "reading events", "reading single objects"):
        meanwhile = At(step, take)
        compare(landed, company, progress=meanwhile)
        assert meanwhile.is_done, step


def test_what_was_read_waits_for_another_writer_and_a_beginning_does_not(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    company.upsert({**some(landed, "customer"), "name": "Renamed in silence"})
    held, is_held = ExitStack(), Event()

    def hold() -> None:
        held.enter_context(writer_lock(landed, 0))
        is_held.set()

    with held, pytest.raises(WarehouseBusyError):
        hold()
        compare(landed, company)
    # Somebody begins to write while Stripe is read, and ends a little later.
    meanwhile = At("comparing", lambda: (hold(), Timer(0.3, held.close).start()))
    report = compare(landed, company, progress=meanwhile)
    assert is_held.is_set()
    assert report.difference == 1


def test_links_that_stripe_signs_anew_are_no_difference(landed: Profile, company: Running) -> None:
    old = some(landed, "invoice", status="open")
    company.upsert({**old, "hosted_invoice_url": "https://invoice.stripe.com/i/acct_1/live_anew", "invoice_pdf": None})
    assert drifted(compare(landed, company)) == {}


def test_what_the_key_may_not_read_is_said_and_the_rest_is_compared(landed: Profile, company: Running) -> None:
    company.restrict(RESTRICTED, {"accounts_kyc_basic_read", "customer_read", "event_read"})
    report = reconcile(landed, from_api(company.url, RESTRICTED), EVERY_OBJECT, lock_seconds=0)
    found = {one.resource: one for one in report.drifts}
    assert "invoice" in str(found["invoice"].unread_reason)
    assert found["customer"].unread_reason is None
    assert found["customer"].ours == found["customer"].stripes > 0
    assert drifted(report) == {}
    assert states(landed)["invoice"]["is_on"], "only a run switches something off"


def test_events_of_another_api_version_are_told_apart(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    old = some(landed, "customer")
    told = event(1, company.clock.now() - 3600, "customer.updated", {**old, "name_of_last_year": "x"})
    deliver(landed, from_api(company.url), told)
    (drift,) = drifted(compare(landed, company)).values()
    assert (drift.different, drift.other_version) == ((old["id"],), 1)


def test_after_comparing_everything_an_older_event_that_comes_late_changes_nothing(
    landed: Profile, company: Running
) -> None:
    company.clock.advance(2 * DAY)
    old = some(landed, "customer")
    compare(landed, company)
    late = event(1, company.clock.now() - DAY, "customer.updated", {**old, "name": "What it was for a while"})
    deliver(landed, from_export(Path("nowhere")), late)
    assert newest(landed, "customer")[old["id"]] == old


def test_the_report_can_be_read_again_and_reports_of_three_months_are_kept(landed: Profile, company: Running) -> None:
    company.upsert({**some(landed, "customer"), "name": "Renamed in silence"})
    first = compare(landed, company)
    assert last_report(landed) == first
    assert first.difference == 1
    company.clock.advance(60 * DAY)
    compare(landed, company, LATELY)
    company.clock.advance(60 * DAY)
    last = compare(landed, company, LATELY)
    kept = rows(landed, "select distinct reconciled_at as at from stripe.drift order by 1")
    assert len(kept) == 2, "the first two are of the same moment, and older than 90 days"
    assert kept[-1]["at"].replace(tzinfo=UTC) == last.reconciled_at
    assert rows(landed, "select count(*) as n from stripe.drift_objects") == [{"n": last.difference}]


def test_a_span_counts_from_stripes_clock(landed: Profile, company: Running) -> None:
    now = datetime.fromtimestamp(company.clock.now(), UTC)
    assert compare(landed, company, Scope(timedelta(days=7))).begins_at == now - timedelta(days=7)
    assert compare(landed, company, Scope(now - timedelta(days=2))).begins_at == now - timedelta(days=2)
    assert compare(landed, company).begins_at is None


def test_history_that_was_never_asked_for_is_not_missing(profile: Profile, company: Running) -> None:
    since = datetime.fromtimestamp(company.clock.now(), UTC) - timedelta(days=90)
    land(profile, from_api(company.url), since=since)
    assert set(drifted(compare(profile, company))) <= {"invoiceitem"}


def test_a_killed_reading_leaves_nothing_behind(landed: Profile, company: Running) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    before = last_report(landed)
    with pytest.raises(KeyboardInterrupt):
        compare(landed, company, progress=At("reading single objects", die))
    assert last_report(landed) == before
    assert drifted(compare(landed, company)) == {}
    assert not (landed.spool / "reconcile").exists()


@pytest.mark.parametrize("scope", [LATELY, EVERY_OBJECT])
def test_nothing_is_asked_that_stripe_does_not_answer(
    landed: Profile, stripe_sandbox: OpenSandbox, company_folder: Path, scope: Scope
) -> None:
    checked = stripe_sandbox(company_folder, as_of=COMPANY_NOW, is_frozen=True)
    checked.emit("customer.updated", some(landed, "customer"))
    checked.clock.advance(3600)
    compare(landed, checked, scope)
    assert len({one.path for one in checked.requests}) > len(RESOURCES)


def test_what_may_not_land_is_put_aside_and_not_missing(landed: Profile, company: Running) -> None:
    company.clock.advance(DAY)
    company.upsert({**some(landed, "charge"), "id": "ch_of_half_a_cent", "amount": 10.5})
    assert drifted(compare(landed, company)) == {}
    assert [row["id"] for row in quarantine(landed)] == ["ch_of_half_a_cent"]


def test_an_export_cannot_be_asked(landed: Profile, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="STRIPE_API_KEY"):
        reconcile(landed, from_export(tmp_path))


def test_before_the_first_run_there_is_nothing_to_compare(profile: Profile, company: Running) -> None:
    with pytest.raises(NothingLandedYetError, match="leaks run"):
        compare(profile, company)


def test_another_accounts_key_compares_nothing(landed: Profile, company: Running) -> None:
    before = last_report(landed)
    with pytest.raises(AccountError, match="another LEAKS_HOME"):
        reconcile(landed, from_api(company.url, TEST_KEY))
    assert last_report(landed) == before


def test_every_type_is_compared(landed: Profile, company: Running) -> None:
    """A type that is added to the table of resources is compared without another word."""
    company.clock.advance(DAY)
    wanted = {one.name for one in RESOURCES if newest(landed, one.name)}
    for table in wanted:
        company.upsert({**some(landed, table), "metadata": {"changed": "in silence"}})
    assert set(drifted(compare(landed, company))) - {EVENT.name} == wanted
