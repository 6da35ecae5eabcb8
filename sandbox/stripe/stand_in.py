"""The sandbox's whole state: accounts, keys, clock, limits, faults, ledger, and what was asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .accounts import Account, Identifiers
from .clock import Clock
from .faults import Faults
from .folder import load
from .idempotency import IdempotencyKeys
from .keys import KeyRing
from .ledger import Ledger
from .limits import Limits
from .store import Store
from .webhooks import Webhooks

if TYPE_CHECKING:
    from .app import Exchange

DEFAULT_ACCOUNT = "acct_1SandboxCompany0"


class Company(Protocol):
    """Customers who go on living behind the API."""

    def advance(self, until: int, set_clock: Callable[[int], None]) -> int:
        """Let everything happen that is due until this time; returns how much that was."""

    def fail_payment(self, customer_id: str, now: int, set_clock: Callable[[int], None]) -> dict[str, Any]:
        """Let a customer's next charge fail now; returns the invoice."""


class StandIn:
    """A Stripe with one account of its own and any number of connected ones.

    A folder `acct_*` inside the data folder is a connected account, reached by the `Stripe-Account` header.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        clock: Clock | None = None,
        keys: Iterable[str] | None = None,
        limits: Limits | None = None,
        ledger: Ledger | None = None,
        seed: int = 1,
        keeps_requests: bool = True,
        records_bodies: bool = False,
    ) -> None:
        self.clock = clock if clock is not None else Clock()
        self.keys = KeyRing(keys)
        self.limits = limits if limits is not None else Limits()
        self.ledger = ledger if ledger is not None else Ledger()
        self.faults = Faults()
        self.idempotency = IdempotencyKeys(self.clock)
        self.identifiers = Identifiers(seed)
        self.requests: list[Exchange] = []
        self.keeps_requests = keeps_requests
        self.records_bodies = records_bodies
        self.declines: dict[str, str] = {}
        self.accounts: dict[str, Account] = {}
        # Connected accounts that took their permission back.
        self.disconnected: set[str] = set()
        self.company: Company | None = None
        # Where it is served, once it is, and whether the addresses of its invoices' pages lead there.
        self.url: str | None = None
        self.pages_url: str | None = None
        self.webhooks = Webhooks()
        self.account_id = self.add_account(DEFAULT_ACCOUNT, data_dir)
        if data_dir is not None:
            for folder in sorted(data_dir.glob("acct_*")):
                self.add_account(folder.name, folder)
        self.clock.restart()

    def add_account(self, account_id: str, data_dir: Path | None = None) -> str:
        """Load an account (an empty one without a folder) and return its id."""
        store = Store()
        if data_dir is not None:
            load(data_dir, store)
        account = Account(account_id, store, self.clock, self.identifiers)
        connected = account.id if self.accounts else None
        account.on_event = lambda event: self.webhooks.send(event, connected)
        self.accounts[account.id] = account
        return str(account.id)

    def serve_at(self, url: str, *, has_pages: bool) -> None:
        """Say where it is served; with `has_pages`, invoices name their pages there, also in events that are sent.

        Without, a company reads the same at every port.
        """
        self.url = url
        self.pages_url = self.webhooks.pages_url = url if has_pages else None

    def account(self, account_id: str | None = None) -> Account:
        """The account of an id, by default the sandbox's own."""
        return self.accounts[account_id or self.account_id]

    def upsert(self, payload: Mapping[str, Any], *, account: str | None = None) -> None:
        """Put an object in place as it is, without an event: what a test wants the account to hold."""
        store = self.account(account).store
        with store.lock:
            store.put(payload)

    def emit(
        self,
        event_type: str,
        payload: Mapping[str, Any],
        previous_attributes: Mapping[str, Any] | None = None,
        *,
        account: str | None = None,
    ) -> dict[str, Any]:
        """Put the object in place and add an event about it. Returns the event."""
        owner = self.account(account)
        with owner.store.lock:
            owner.store.put(payload)
            return owner.emit(event_type, payload, previous_attributes)

    def get(self, name: str, object_id: str, *, account: str | None = None) -> dict[str, Any]:
        """The whole object. `name` is the resource's, e.g. `invoice`. Raises KeyError."""
        found = self.account(account).store.get(name, object_id)
        if found is None:
            raise KeyError(f"no {name} {object_id} in the sandbox")
        return found

    def restrict(self, key: str, permissions: Iterable[str]) -> None:
        """Let a restricted key do only this, e.g. `invoice_read`."""
        self.keys.restrict(key, permissions)

    def advance(self, seconds: int) -> int:
        """Move time forward; what a living company does meanwhile happens, each thing at its time.

        Returns how much happened.
        """
        until = self.clock.now() + seconds
        if self.company is not None:
            return self.company.advance(until, self.clock.set_seconds)
        self.clock.set_seconds(until)
        return 0

    def catch_up(self) -> None:
        """Let happen what has become due while the clock ticked on by itself."""
        if self.company is not None:
            self.company.advance(self.clock.now(), lambda _at: None)

    def decline(self, fingerprint: str, code: str | None) -> None:
        """Decline every payment with cards of this fingerprint by this code; None approves again."""
        if code is None:
            self.declines.pop(fingerprint, None)
        else:
            self.declines[fingerprint] = code
