"""From an unpaid invoice to a letter in somebody's inbox: proposed, decided, sent once, never too often."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from revops.domain.billing import BillingUnavailableError
from revops.domain.customer import Customer
from revops.domain.kept_letter import person_of
from revops.domain.mail import MailRefusedError, MailUnavailableError
from revops.settings import Settings
from revops.store import Store
from revops.store.contacts import Contacts
from revops.store.dunning import DunningStates
from revops.store.letters import Letters
from tests.revops.domain.proposals import ADA
from tests.revops.service.company import NOON, POLICY, Company, Links
from tests.revops.store.proposed import TENANT


@pytest.fixture
def company(sqlite_store: Store, sqlite_settings: Settings) -> Company:
    return Company(sqlite_store, sqlite_settings)


def only(company: Company, kind: str = "send_email"):
    [action] = company.of_kind(kind)
    return action


def test_a_failed_payment_is_written_about_once_it_is_approved(company: Company) -> None:
    company.owes()
    company.propose()
    assert company.dispatch() == {}, "nothing goes out before somebody says yes"
    assert company.approve_all() == 1
    assert company.dispatch() == {"done": 1}
    [mail] = company.post.given
    assert mail.to == "c1@example.com"
    assert "29.00" in mail.text
    assert "N-0001" in mail.text
    assert "Lantern Reports" in mail.text
    assert mail.reply_to == "help@lantern.example"
    assert only(company).outcome == {
        "how": "sent",
        "message_id": f"<{mail.key}@lantern.example>",
        "at": NOON.isoformat(),
    }


def test_links_are_made_when_it_is_sent_and_not_before(company: Company) -> None:
    company.owes(hosted_invoice_url=None)
    company.propose()
    [letter] = Letters(company.store).read(TENANT, [str(only(company).draft.body["letter"])])
    assert letter.letter is not None
    assert "billing.example" not in letter.letter.text + letter.letter.html
    company.approve_all()
    company.dispatch()
    [mail] = company.post.given
    assert "link.invalid" not in mail.text + mail.html
    assert "https://billing.example/p/cus_0001?back=https://app.lantern.example&x=1" in mail.text
    assert 'href="https://billing.example/p/cus_0001?back=https://app.lantern.example&amp;x=1"' in mail.html


def test_a_link_that_is_not_safe_goes_to_nobody(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Links, "hosted_invoice", lambda _links, _invoice: "http://invoice.example/in_0001")
    company.owes()
    company.propose()
    company.approve_all()
    assert company.dispatch() == {"handed_over": 1}
    assert company.post.given == []
    assert Contacts(company.store).history(TENANT, "cus_0001", "") == [], "what was not sent counts for nothing"


def test_an_invoice_with_a_page_is_paid_there(company: Company) -> None:
    company.owes()
    company.day(0)
    [mail] = company.post.given
    assert "https://invoice.example/i/in_0001" in mail.text
    assert "billing.example" not in mail.text + mail.html


def test_proposing_again_changes_nothing(company: Company) -> None:
    company.owes()
    first = company.propose()
    company.clock.forward(hours=5)
    assert len(first.drafted) == 1, "a letter: an expired card is not tried again, and the amount is worth no call"
    assert company.propose().drafted == ()
    assert company.propose().renewed == ()


def test_the_four_notices_come_on_their_days_and_then_no_more(company: Company) -> None:
    company.owes()
    for _ in range(40):
        company.day()
    sent = [one.dispatched_at for one in company.of_kind("send_email")]
    days = [round((moment - NOON) / timedelta(days=1)) for moment in sent if moment is not None]
    topics = [one.draft.facts["topic"] for one in company.of_kind("send_email")]
    assert topics == ["payment_failed", "reminder", "urgent", "last_chance"]
    assert len(company.post.given) == 4
    assert days[1] - days[0] >= 2
    assert days[2] - days[1] >= 4
    assert days[3] - days[2] >= 7
    assert len({mail.subject for mail in company.post.given}) == 4


def test_it_stops_the_moment_it_is_paid(company: Company) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    company.bank.now = replace(company.bank.now, status="paid")
    assert company.dispatch() == {"withdrawn": 1}
    assert company.post.given == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_disputed": True}, "disputed"),
        ({"pause_behavior": "void"}, "paused"),
        ({"amount_remaining_minor": 1900}, "amount"),
        ({"is_customer_deleted": True}, "deleted"),
        ({"customer_email": "new@example.com"}, "address has changed"),
    ],
)
def test_nothing_is_written_where_what_was_approved_is_no_more(
    company: Company, changes: dict[str, object], words: str
) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    company.bank.now = replace(company.bank.now, **changes)  # type: ignore[arg-type]
    assert company.dispatch() == {"superseded": 1}
    assert words in (only(company).reason or "")
    assert company.post.given == []


def test_an_address_in_other_letters_is_the_same_address(company: Company) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    company.bank.now = replace(company.bank.now, customer_email="C1@Example.com ")
    assert company.dispatch() == {"done": 1}


def test_a_server_that_says_not_now_is_asked_again(company: Company) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    company.post.error = MailUnavailableError("451, come again", code=451)
    assert company.dispatch() == {"approved": 1}
    assert Contacts(company.store).history(TENANT, "cus_0001", "") == [], "what was not sent counts for nothing"
    company.post.error = None
    company.clock.forward(minutes=5)
    assert company.dispatch() == {"done": 1}
    assert len(company.post.given) == 1


def test_an_address_that_takes_nothing_is_not_written_to_again(company: Company) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    company.post.error = MailRefusedError("550, no such mailbox", code=550, is_recipient=True)
    assert company.dispatch() == {"handed_over": 1}
    company.post.error = None
    company.clock.forward(days=10)
    company.owes(2, customer=replace(company.customers["cus_0001"], customer_id="cus_0002"))
    company.propose()
    assert company.of_kind("send_email", "drafted", "approved") == []
    assert Contacts(company.store).is_suppressed(TENANT, person_of(TENANT, "c1@example.com"))


def test_a_lost_answer_counts_as_a_letter_and_is_not_sent_again(company: Company) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    company.post.error = MailUnavailableError("the answer was lost", may_have_arrived=True)
    assert company.dispatch() == {"unknown": 1}
    company.post.error = None
    company.clock.forward(minutes=20)
    assert company.dispatch() == {"failed": 1}
    company.clock.forward(hours=1)
    company.propose()
    assert company.of_kind("send_email", "drafted") == []
    assert len(Contacts(company.store).history(TENANT, "cus_0001", "")) == 1


def test_a_sign_in_that_fails_costs_no_approval(company: Company) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    error = MailRefusedError("535, correct SMTP_PASSWORD", code=535)
    error.is_ours_to_mend = True
    company.post.error = error
    assert company.dispatch() == {"approved": 1}
    company.post.error = None
    company.clock.forward(hours=2)
    assert company.dispatch() == {"done": 1}


def test_a_billing_system_that_does_not_answer_holds_the_letter_back(company: Company) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    company.bank.looks = BillingUnavailableError("down", may_have_arrived=False)
    assert company.dispatch() == {"waiting": 1}
    assert company.post.given == []


@pytest.mark.parametrize(
    ("customer", "words"),
    [
        (Customer("cus_x", "Nobody", None), "no e-mail address"),
        (Customer("cus_x", "Nobody", "not an address"), "is none"),
        (Customer("cus_x", "Nobody", "a@example.com\r\nBcc: b@example.com"), "is none"),
        (Customer("cus_x", "Gone", "gone@example.com", is_deleted=True), "deleted"),
    ],
)
def test_who_cannot_be_written_to_is_not(company: Company, customer: Customer, words: str) -> None:
    leak_id = company.owes(customer=customer)
    company.propose()
    assert company.of_kind("send_email") == []
    assert words in company.why_not(leak_id, "send_email")


@pytest.mark.parametrize(
    "name", ["株式会社テスト", "شركة الاختبار", "<b>Bold</b> & <script>alert(1)</script>", "{{ 7 * 7 }}"]
)
def test_a_name_in_another_script_or_with_markup_is_a_name(company: Company, name: str) -> None:
    company.owes(customer=Customer("cus_x", name, "x@example.com", "GB"))
    company.day(0)
    [mail] = company.post.given
    assert "<script" not in mail.html
    assert "49" not in mail.text
    assert mail.to_name == name


def test_without_a_company_nothing_is_written(sqlite_store: Store, sqlite_settings: Settings) -> None:
    company = Company(sqlite_store, sqlite_settings, "letters: {sent_by: us}")
    leak_id = company.owes()
    company.propose()
    assert "as whom we write" in company.why_not(leak_id, "send_email")


def test_where_stripe_writes_we_do_not(sqlite_store: Store, sqlite_settings: Settings) -> None:
    company = Company(sqlite_store, sqlite_settings, POLICY.replace("sent_by: us", "sent_by: stripe"))
    leak_id = company.owes()
    company.propose()
    assert "Stripe's own e-mails" in company.why_not(leak_id, "send_email")


def test_a_dry_run_shows_which_letter_and_sends_none(company: Company) -> None:
    company.mode = "dry_run"
    company.owes()
    company.propose()
    company.approve_all()
    assert company.dispatch() == {"rehearsed": 1}
    request = only(company).request
    assert request is not None
    assert request["form"]["topic"] == "payment_failed"
    assert "@" not in str(request), "a request names nobody"
    assert company.post.given == []


def test_a_letter_that_was_turned_down_leaves_the_next_its_distance(company: Company) -> None:
    company.owes()
    company.propose()
    [first] = company.of_kind("send_email")
    company.deciding.deny(
        TENANT, first.action_id, first.version_hash, ADA, channel="web", reason="not_now", note=None, at=company.clock()
    )
    company.clock.forward(days=1)
    company.propose()
    assert company.of_kind("send_email", "drafted") == []
    company.clock.forward(days=3)
    company.propose()
    assert [one.draft.facts["topic"] for one in company.of_kind("send_email", "drafted")] == ["reminder"]


def test_the_state_of_dunning_is_kept_and_ends_with_the_leak(company: Company) -> None:
    leak_id = company.owes()
    company.day(0)
    company.propose()
    state = DunningStates(company.store).read(TENANT, ["in_0001"])["in_0001"]
    assert (state.step, state.status) == (1, "running")
    company.close(leak_id)
    company.propose()
    assert DunningStates(company.store).read(TENANT, ["in_0001"])["in_0001"].ended_because == "paid"


def test_an_erased_letter_is_not_sent(company: Company) -> None:
    company.owes()
    company.propose()
    company.approve_all()
    assert Letters(company.store).erase(TENANT, "cus_0001", company.clock()) == 1
    assert company.dispatch() == {"superseded": 1}
    assert company.post.given == []


@pytest.mark.parametrize("seed", range(4))
def test_two_contacts_a_week_hold_over_a_random_month(company: Company, seed: int) -> None:
    """Many invoices of one person, under two customers with one address; a new process every day."""
    dice = random.Random(seed)
    person = Customer("cus_a", "Ann", "ann@example.com", "GB", plan="Team")
    twin = replace(person, customer_id="cus_b", email="ANN@example.com")
    number = 0
    for _ in range(45):
        if dice.random() < 0.3:
            number += 1
            group = dice.choice(["fix_data", "never", "retry_later", "customer_authenticates"])
            company.owes(number, customer=dice.choice([person, twin]), decline_group=group)
        if dice.random() < 0.1:
            company.post.error = dice.choice(
                [MailUnavailableError("451", code=451), MailUnavailableError("lost", may_have_arrived=True), None]
            )
        company.day(dice.choice([3, 7, 12, 30]))
    sent = sorted(Contacts(company.store).history(TENANT, "cus_a", person_of(TENANT, "ann@example.com")))
    assert len(sent) > 2
    for before, after in itertools.pairwise(sent):
        assert after - before >= timedelta(hours=48)
    for first, third in zip(sent, sent[2:], strict=False):
        assert third - first >= timedelta(days=7)
    hours = {moment.hour for moment in sent}
    assert min(hours) >= 8
    assert max(hours) < 20
