"""What services need from outside, as they see it; `revops.bootstrap` decides what stands behind."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from revops.domain.action import Action, ActionStatus, Draft
from revops.domain.billing import Answer, InvoiceNow, NotFound
from revops.domain.carrying import Request
from revops.domain.connect import ConnectedAccount, StripeConnection
from revops.domain.decision import Change
from revops.domain.dunning import Dunning
from revops.domain.leak import Closing, Leak, NewLeak, NewReason, Opened, Reason
from revops.domain.letter import TaskDraft
from revops.domain.policy_version import PolicyVersion
from revops.domain.received import ReceivedEvent
from revops.domain.task import Task


class KeepsEvents(Protocol):
    """The inbox, as the receiver sees it."""

    def append(self, events: Sequence[ReceivedEvent]) -> list[bool]:
        """Store all of them or none, durably, before returning; whether each was new, in the same order.

        An event whose key is stored already, or stands earlier in the same group, has no effect.
        """
        ...


class PolicyVersions(Protocol):
    """The versions of tenants' policies."""

    def save(
        self, tenant_id: str, document: str, policy_version: str, *, author: str, at: datetime
    ) -> tuple[PolicyVersion, bool]:
        """Make the document the policy from `at` on, unless it says the same as the newest; and whether it is new."""
        ...


class KeepsLeaks(Protocol):
    """A tenant's leaks; every method may be repeated without effect."""

    def open(self, tenant_id: str, found: Sequence[NewLeak], *, actor: str, at: datetime) -> list[Opened]:
        """Open what is not open, give open ones the newer figures, and say which is which, in order."""
        ...

    def attach(self, tenant_id: str, reasons: Sequence[NewReason], *, at: datetime) -> None:
        """Attach findings to leaks, or renew their figures."""
        ...

    def detach(self, tenant_id: str, finding_ids: Sequence[str], *, at: datetime) -> None:
        """Note that findings are no more."""
        ...

    def close(self, tenant_id: str, closings: Sequence[Closing], *, actor: str, at: datetime) -> list[str]:
        """Close open leaks; the ids of those that were open."""
        ...

    def read_open(self, tenant_id: str) -> list[Leak]:
        """Every open leak."""
        ...

    def read_last(self, tenant_id: str, root_causes: Sequence[str]) -> dict[str, Leak]:
        """The last occurrence of root causes that leaked before, open or closed."""
        ...

    def reasons(self, tenant_id: str, leak_ids: Sequence[str]) -> list[Reason]:
        """What was and is attached to leaks."""
        ...


class KeepsDunning(Protocol):
    """Where the dunning of invoices stands."""

    def read(self, tenant_id: str, invoice_ids: Sequence[str]) -> dict[str, Dunning]:
        """The states of invoices, by invoice."""
        ...

    def running(self, tenant_id: str) -> dict[str, tuple[str, Dunning]]:
        """The leak and the state of every invoice whose dunning has not ended."""
        ...

    def save(self, tenant_id: str, leak_id: str, customer_id: str | None, state: Dunning, at: datetime) -> None:
        """Write a state."""
        ...


class KeepsTaskWords(Protocol):
    """What is asked of colleagues, beside the action that asks it."""

    def keep(self, tenant_id: str, leak_id: str, action_id: str, draft: TaskDraft, at: datetime) -> None:
        """Keep a task's words; once it is opened they stay as they are."""
        ...

    def draft_of(self, tenant_id: str, action_id: str) -> TaskDraft | None:
        """The words; None where they were erased."""
        ...

    def opened(self, tenant_id: str, action_id: str, task: Task, at: datetime) -> None:
        """The task as it is there."""
        ...


class ConnectLinks(Protocol):
    """States of links that were handed out, each of one tenant."""

    def issue(self, tenant_id: str, *, author: str, at: datetime, expires_at: datetime) -> str:
        """A fresh state."""
        ...

    def use(self, tenant_id: str, state_id: str, at: datetime) -> Literal["used", "replayed", "expired", "unknown"]:
        """Use a state up; only one of several at once hears `used`."""
        ...

    def author(self, tenant_id: str, state_id: str) -> str:
        """Who handed a state out."""
        ...


class Connections(Protocol):
    """How tenants' Stripe accounts are read."""

    def reading(self, tenant_id: str | None = None) -> list[StripeConnection]:
        """By what a tenant's account can be read, or everybody's."""
        ...

    def connect_account(self, tenant_id: str, account: ConnectedAccount, *, actor: str, at: datetime) -> None:
        """Read an account by Connect from now on. Raises AccountTakenError where another tenant has it."""
        ...

    def disconnect(self, tenant_id: str, integration_id: str, reason: str, *, actor: str, at: datetime) -> bool:
        """End a connection and forget its secrets; False where it had ended."""
        ...


class Platform(Protocol):
    """Stripe Connect, as its platform sees it."""

    def link(self, state: str, redirect_uri: str | None) -> str:
        """Where an account's owner lets us in."""
        ...

    def exchange(self, code: str) -> ConnectedAccount:
        """The account that a code is of; a code works once."""
        ...

    def deauthorise(self, account_id: str) -> bool:
        """Give up the access to an account; False where we had none."""
        ...


class ChangesActions(Protocol):
    """A tenant's actions; whoever changes one looks at it under its lock."""

    def change(
        self, tenant_id: str, action_id: str, decide: Callable[[Action], Change | None], *, at: datetime
    ) -> Action:
        """Let `decide` see the action and say what changes. Raises what `decide` raises."""
        ...


class KeepsActions(ChangesActions, Protocol):
    """A tenant's actions, from draft to end."""

    def draft(self, leak: Leak, draft: Draft, *, expires_at: datetime, at: datetime) -> Action | None:
        """Propose a step; None where the leak has ended or one is open already."""
        ...

    def read(
        self, tenant_id: str, *, statuses: Collection[ActionStatus] | None = None, limit: int | None = None
    ) -> list[Action]:
        """A tenant's actions."""
        ...

    def of_leaks(self, tenant_id: str, leak_ids: Sequence[str]) -> list[Action]:
        """Everything that was ever proposed for leaks."""
        ...

    def get(self, tenant_id: str, action_id: str) -> Action | None:
        """One action."""
        ...

    def claim(self, tenant_id: str, at: datetime, lease: timedelta) -> Action | None:
        """The approved action that is due the longest, for this caller alone until the lease runs out."""
        ...

    def put_off(self, action: Action, until: datetime) -> None:
        """Leave a claimed action alone until a time."""
        ...


class PaysInvoices(Protocol):
    """The billing system, for one tenant: reading an invoice, and the one request that may move money.

    Everything raises BillingUnavailableError and BillingRefusedError.
    """

    def look(self, invoice: str, payment_method: str | None, *, tries_since: datetime) -> InvoiceNow:
        """The invoice as it is now, and the payment method that would be charged. Raises NoSuchInvoiceError."""
        ...

    def request(self, invoice: str, payment_method: str | None) -> Request:
        """What would be sent to pay it."""
        ...

    def pay(self, request: Request, idempotency_key: str) -> Answer:
        """Send the request, once."""
        ...

    def find(self, invoice: str, idempotency_key: str, since: datetime) -> Answer | NotFound:
        """What became of a request whose answer was lost."""
        ...
