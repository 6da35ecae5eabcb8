"""A company that writes to its customers: real store, a bank and a post office that answer what a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from revops.actions.retry_invoice import NotProposed
from revops.bootstrap_playbooks import weighing
from revops.domain.action import Action
from revops.domain.billing import InvoiceNow
from revops.domain.contact_hours import ContactHours
from revops.domain.contacts import Limits
from revops.domain.customer import Customer
from revops.domain.decision import Rules
from revops.domain.leak import Closing, NewLeak, NewReason
from revops.domain.mail import Mail, MailSent
from revops.domain.task import NewTask, Task
from revops.policy import Policy, load_policy
from revops.service.carry_email import MailRules, SendsLetters
from revops.service.carry_task import OpensTasks
from revops.service.decide import Deciding
from revops.service.dispatch import Dispatching, Mode
from revops.service.propose import Evidence, Proposed, Proposing, propose, weigh
from revops.settings import Settings
from revops.store import Store
from revops.store.actions import Actions
from revops.store.contacts import Contacts
from revops.store.dunning import DunningStates
from revops.store.leaks import Leaks
from revops.store.letters import Letters
from revops.store.signing_keys import load_signer
from revops.store.tasks import Tasks
from tests.revops.domain.proposals import ADA
from tests.revops.owing import Clock
from tests.revops.service.bank import AS_APPROVED, Bank
from tests.revops.store.proposed import TENANT

# A Monday, noon in London.
NOON = datetime.fromisoformat("2026-11-09T12:00:00+00:00")
POLICY = """
letters: {company: Lantern Reports, support_address: help@lantern.example, sent_by: us,
          portal_return_url: "https://app.lantern.example"}
tasks: {team: REV, assignee: ada}
"""


@dataclass
class Post:
    """A post office: what it was given, and an error where a test wants one."""

    given: list[Mail] = field(default_factory=list)
    error: Exception | None = None

    def send(self, mail: Mail, at: datetime) -> MailSent:
        """See SendsMail."""
        if self.error is not None:
            raise self.error
        self.given.append(mail)
        return MailSent(self.message_id(mail.key), at, "250 ok")

    def message_id(self, key: str) -> str:
        """See SendsMail."""
        return f"<{key}@lantern.example>"


@dataclass
class Board:
    """A task system."""

    tasks: dict[str, NewTask] = field(default_factory=dict)
    error: Exception | None = None
    closed: list[tuple[str, str]] = field(default_factory=list)

    def open(self, task: NewTask) -> Task:
        """See KeepsTasks."""
        if self.error is not None:
            raise self.error
        self.tasks.setdefault(task.key, task)
        return self._task(task.key)

    def find(self, key: str) -> Task | None:
        """See KeepsTasks."""
        return self._task(key) if key in self.tasks else None

    def close(self, task_id: str, comment: str) -> Task:
        """See KeepsTasks."""
        self.closed.append((task_id, comment))
        return replace(self._task(task_id), state="done")

    def _task(self, key: str) -> Task:
        return Task(key, f"REV-{[*self.tasks].index(key) + 1}", f"https://linear.example/{key}", "open")


class Links:
    """Links that say what they are for."""

    def portal(self, customer_id: str, return_url: str) -> str:
        """See MakesLinks."""
        return f"https://billing.example/p/{customer_id}?back={return_url}&x=1"

    def hosted_invoice(self, invoice_id: str) -> str | None:
        """See MakesLinks."""
        return f"https://invoice.example/i/{invoice_id}"


class Company:
    """One tenant with unpaid invoices, each with its evidence; time is the test's."""

    def __init__(self, store: Store, settings: Settings, policy: str = POLICY) -> None:
        self.store, self.settings = store, settings
        self.clock, self.bank, self.post, self.board = Clock(NOON), Bank(), Post(), Board()
        self.actions, self.leaks = Actions(store, load_signer(settings)), Leaks(store)
        self.policy: Policy = load_policy("policy", text=policy)
        self.customers: dict[str, Customer] = {}
        self.evidence: dict[str, Evidence] = {}
        self.mode: Mode = "on"
        self.bank.now = replace(AS_APPROVED, customer_email=None)
        self.look: Callable[[str], InvoiceNow] = lambda invoice: replace(self.bank.now, invoice=invoice)
        rules = replace(self.policy.approvals.rules, undo_for=timedelta(0))
        self.rules: Rules = rules
        self.deciding = Deciding(self.actions, lambda _tenant: rules, lambda *_refusal: None)

    def owes(self, number: int = 1, *, customer: Customer | None = None, is_alert: bool = True, **how: Any) -> str:
        """An open leak about an unpaid invoice; returns the leak's id."""
        invoice = f"in_{number:04d}"
        payer = customer or Customer(
            f"cus_{number:04d}", f"Customer {number}", f"c{number}@example.com", "GB", None, plan="Team"
        )
        self.customers[payer.customer_id] = payer
        evidence = {**_evidence(invoice, self.clock()), **how}
        found = NewLeak(
            root_cause=f"invoice:{invoice}",
            occurrence="1",
            family="failed_charges",
            leak_type="unpaid_invoice",
            object_type="invoice",
            object_id=invoice,
            customer_id=payer.customer_id,
            currency=evidence["currency"],
            amount_minor=evidence["amount_remaining_minor"],
            recurring_minor=0,
            confidence=0.95 if is_alert else 0.3,
            is_alert=is_alert,
            first_detectable_at=self.clock(),
            definition_version="d1",
            as_of=self.clock(),
        )
        [opened] = self.leaks.open(TENANT, [found], actor="test", at=self.clock())
        reason = NewReason(
            opened.leak_id, f"f{number}", "unpaid_invoice", "invoice", invoice, found.currency, found.amount_minor, 0.95
        )
        self.leaks.attach(TENANT, [reason], at=self.clock())
        self.evidence[f"f{number}"] = Evidence(
            f"f{number}", "unpaid_invoice", payer.customer_id, found.amount_minor, json.loads(json.dumps(evidence))
        )
        return opened.leak_id

    def failed(self) -> dict[str, Any]:
        """A try of an hour ago, as evidence has it."""
        return _failed(self.clock())

    def propose(self) -> Proposed:
        """What could be done, as far as is known now."""
        return propose(self.parts(), TENANT, self.clock())

    def parts(self) -> Proposing:
        """What proposals are made of."""
        return Proposing(
            self.leaks,
            self.actions,
            DunningStates(self.store),
            Tasks(self.store),
            self.rules,
            weighing(self.store, self.policy, TENANT, {}, self.customers),
            self.evidence,
            is_on=lambda _kind: self.mode == "on",
            policy_version=self.policy.version,
        )

    def why_not(self, leak_id: str, kind: str) -> str:
        """Why nothing of a kind is proposed for a leak."""
        [leak] = self.leaks.get(TENANT, [leak_id])
        reasons = [one for one in self.leaks.reasons(TENANT, [leak_id]) if one.detached_at is None]
        verdict = weigh(self.parts(), leak, reasons, [], self.clock()).verdicts[kind]  # type: ignore[index]
        assert isinstance(verdict, NotProposed), verdict
        return verdict.reason

    def close(self, leak_id: str) -> None:
        """The money came by itself."""
        closing = Closing(leak_id, "paid", self.clock(), "collected")
        assert self.leaks.close(TENANT, [closing], actor="test", at=self.clock()) == [leak_id]

    def of_kind(self, kind: str, *statuses: str) -> list[Action]:
        """The actions of a kind, of some statuses or all."""
        found = [one for one in self.actions.read(TENANT) if one.draft.kind == kind]
        return [one for one in found if not statuses or one.status in statuses]

    def approve_all(self, kind: str = "send_email") -> int:
        """Ada says yes to everything of a kind that waits."""
        waiting = self.of_kind(kind, "drafted")
        for one in waiting:
            self.deciding.approve(TENANT, one.action_id, one.version_hash, ADA, channel="web", at=self.clock())
        return len(waiting)

    def dispatching(self) -> Dispatching:
        """What carries letters and tasks out."""
        bank = _Looking(self)
        kinds: dict[str, Any] = {
            "send_email": SendsLetters(
                Letters(self.store),
                Contacts(self.store),
                lambda _tenant: bank,
                lambda _tenant: self.post,
                lambda _tenant: Links(),
                lambda _tenant: self.mail_rules(),
                self.clock,
            ),
            "open_task": OpensTasks(
                Tasks(self.store),
                lambda _tenant: self.board,
                lambda _tenant: bank,
                lambda _tenant, leak: f"https://leaks.example/leak?id={leak}",
                self.clock,
            ),
        }
        return Dispatching(self.actions, kinds=kinds, mode=lambda _tenant, _kind: self.mode, clock=self.clock)

    def mail_rules(self) -> MailRules:
        """As the policy says."""
        given = self.policy.contacts
        return MailRules(
            Limits(given.most_in_7_days, apart=timedelta(hours=given.hours_between)),
            lambda _country: ContactHours(first=given.first_hour, last=given.last_hour),
            self.policy.letters.portal_return_url,
            self.policy.letters.support_address,
            lambda customer: self.customers[customer].country,
        )

    def dispatch(self) -> dict[str, int]:
        """Carry out what is due."""
        return self.dispatching().run(TENANT).counts

    def day(self, hours: float = 24) -> None:
        """Time passes: a proposal, a yes to every letter, and what is due goes out."""
        self.clock.forward(hours=hours)
        self.propose()
        self.approve_all()
        self.dispatch()


class _Looking:
    """The bank as letters and tasks use it: they look and nothing else."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def look(self, invoice: str, _payment_method: str | None, *, tries_since: datetime) -> InvoiceNow:
        """See PaysInvoices."""
        assert tries_since < self._company.clock()
        if self._company.bank.looks is not None:
            raise self._company.bank.looks
        return self._company.look(invoice)


def _evidence(invoice: str, at: datetime) -> dict[str, Any]:
    return {
        "invoice": invoice,
        "number": f"N-{invoice[-4:]}",
        "amount_remaining_minor": 2900,
        "currency": "usd",
        "status": "open",
        "verdict": "retries_used_up",
        "billed_at": (at - timedelta(hours=2)).isoformat(),
        "attempts": [_failed(at)],
        "payment_method": "pm_1",
        "customer_country": "GB",
        "hosted_invoice_url": "https://invoice.example/old",
    }


def _failed(at: datetime) -> dict[str, Any]:
    return {
        "at": (at - timedelta(hours=1)).isoformat(),
        "charge": "ch_1",
        "status": "failed",
        "decline_code": "expired_card",
        "decline_group": "fix_data",
        "network_advice_code": None,
        "card_brand": "visa",
        "card_last4": "4242",
        "card": "fp",
        "payment_method": "pm_1",
    }
