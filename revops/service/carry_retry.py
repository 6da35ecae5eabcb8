"""Carrying out `retry_invoice`: the one request that may move money."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from revops.actions.retry_invoice import Limit
from revops.actions.retry_rules import RetryRules
from revops.domain.action import Action
from revops.domain.billing import (
    Answer,
    BillingRefusedError,
    BillingUnavailableError,
    Declined,
    NoSuchInvoiceError,
    NotFound,
    Paid,
)
from revops.domain.carrying import AskPerson, CameToNothing, NoTrace, Request, Result, Verdict, Worked
from revops.domain.ports import PaysInvoices
from revops.service.preflight import check, tries_since

_PAID_OTHERWISE = "It was paid otherwise in the meantime."
_NO_KEY = (
    "There is no key that may do it: set STRIPE_ACTIONS_API_KEY, or for another tenant than default "
    "`leaks tenants add SLUG --actions-key-env VAR`."
)
_NO_KEY_TO_LOOK = "There is no key that may look at the invoice: set STRIPE_API_KEY."
_NOT_THERE = (
    "Stripe knows no such invoice. See that the key for actions is of the same account and mode as the one that reads."
)


@dataclass(frozen=True)
class RetriesInvoices:
    """See CarriesOut. `billing` is None for a tenant without a key that may write; `preview` may only read."""

    billing: Callable[[str], PaysInvoices | None]
    preview: Callable[[str], PaysInvoices | None]
    limit: Callable[[str], Limit]
    rules: RetryRules

    def missing(self, tenant_id: str, *, is_dry: bool) -> str | None:
        """A key."""
        if is_dry:
            return None if self.preview(tenant_id) is not None else _NO_KEY_TO_LOOK
        return None if self.billing(tenant_id) is not None else _NO_KEY

    def look(self, action: Action, at: datetime, *, is_dry: bool) -> Verdict:
        """Read the invoice again."""
        limit = self.limit(action.tenant_id)
        system = self._reading(action.tenant_id) if is_dry else self._writing(action.tenant_id)
        try:
            now = system.look(*_named(action), tries_since=tries_since(self.rules, limit, at))
        except NoSuchInvoiceError:
            return AskPerson(_NOT_THERE)
        return check(action, now, self.rules, limit, at)

    def request(self, action: Action) -> Request:
        """What asks for the money."""
        return self._reading(action.tenant_id).request(*_named(action))

    def send(self, action: Action, request: Request, key: str) -> Result:
        """Ask for it."""
        return _result(action, self._writing(action.tenant_id).pay(request, key))

    def find(self, action: Action, key: str, since: datetime) -> Result | NoTrace:
        """By the key in the charge's own data."""
        found = self._writing(action.tenant_id).find(str(action.draft.body["invoice"]), key, since)
        if not isinstance(found, NotFound):
            return _result(action, found)
        how = "paid_otherwise" if found.is_paid_otherwise else "not_charged"
        reason = _PAID_OTHERWISE if found.is_paid_otherwise else "The request never arrived; nothing was charged."
        return NoTrace({"how": how}, reason, is_on_its_way=found.is_processing)

    def is_settled_otherwise(self, action: Action, key: str, at: datetime) -> str | None:
        """Somebody else may have been faster."""
        try:
            found = self._writing(action.tenant_id).find(str(action.draft.body["invoice"]), key, at)
        except (BillingUnavailableError, BillingRefusedError):
            return None
        return _PAID_OTHERWISE if isinstance(found, NotFound) and found.is_paid_otherwise else None

    def _writing(self, tenant_id: str) -> PaysInvoices:
        return _there(self.billing(tenant_id), _NO_KEY)

    def _reading(self, tenant_id: str) -> PaysInvoices:
        return _there(self.preview(tenant_id) or self.billing(tenant_id), _NO_KEY_TO_LOOK)


def _there(system: PaysInvoices | None, missing: str) -> PaysInvoices:
    """A key that was taken away between two steps."""
    if system is None:
        raise BillingRefusedError(missing, is_ours_to_mend=True)
    return system


def _named(action: Action) -> tuple[str, str | None]:
    return str(action.draft.body["invoice"]), action.draft.body.get("payment_method")


def _result(action: Action, answer: Answer) -> Result:
    if isinstance(answer, Paid):
        outcome: dict[str, Any] = {
            "how": "paid",
            "charge": answer.charge,
            # An invoice that was paid in part before says the whole; more than was asked for is never ours.
            "amount_minor": min(answer.amount_minor, action.draft.amount_minor),
            "currency": answer.currency,
            "at": answer.at.isoformat(timespec="seconds"),
        }
        return Worked(outcome)
    outcome = {"how": "declined", "charge": answer.charge, "decline_code": answer.decline_code}
    return CameToNothing(outcome, _declined(answer))


def _declined(answer: Declined) -> str:
    code = (answer.decline_code or "no code").replace("_", " ")
    return f"The bank declined again ({code})."
