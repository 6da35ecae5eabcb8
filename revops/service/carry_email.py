"""Carrying out `send_email`: one letter to one customer, never twice, never more often than the limits allow.

A contact is reserved before anything is sent, so that two letters at once cannot both be the second of a week. Where a
server's answer is lost, nobody knows whether the letter arrived: it counts as a contact, and it is not sent again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, TypeVar

from revops.actions.send_email import letter_request
from revops.domain.action import Action
from revops.domain.billing import NoSuchInvoiceError
from revops.domain.carrying import (
    AskPerson,
    CameToNothing,
    Go,
    NoTrace,
    OutsideRefusedError,
    OutsideUnavailableError,
    Request,
    Result,
    StandDown,
    Verdict,
    Wait,
    Worked,
)
from revops.domain.contact_hours import ContactHours, may_write
from revops.domain.contacts import Limits
from revops.domain.kept_letter import KeepsContacts, KeepsLetters, KeptLetter, person_of
from revops.domain.letter import LINK_NAMES, Letter, LinkName, placeholder
from revops.domain.mail import Mail, MailRefusedError, MailUnavailableError, SendsMail
from revops.domain.ports import PaysInvoices
from revops.drafting.errors import DraftingError
from revops.drafting.layout import with_links

_Thing = TypeVar("_Thing")

_NO_SERVER = "There is no mail server: set SMTP_HOST and SMTP_FROM."
_NO_READING = "There is no key that may look at the invoice: set STRIPE_API_KEY."
_NO_LINKS = (
    "There is no key that may make a link to the customer's portal: set STRIPE_ACTIONS_API_KEY, with write access to "
    "the customer portal."
)
_NOT_THERE = "Stripe knows no such invoice. See that the key is of the account that the letter is about."
_LOST = "The mail server's answer was lost. The letter may have arrived, so it is not sent again."


class MakesLinks(Protocol):
    """Fresh links for one customer. Raises BillingUnavailableError and BillingRefusedError."""

    def portal(self, customer_id: str, return_url: str) -> str:
        """A page where the customer changes the payment method; it works once, for minutes."""
        ...

    def hosted_invoice(self, invoice_id: str) -> str | None:
        """The page where the invoice is paid; None where there is none."""
        ...


@dataclass(frozen=True)
class MailRules:
    """What a tenant's policy says right now: limits, hours by country, and where the portal leads back to."""

    limits: Limits
    hours_of: Callable[[str | None], ContactHours]
    return_url: str | None
    reply_to: str | None
    country_of: Callable[[str], str | None]


@dataclass(frozen=True)
class SendsLetters:
    """See CarriesOut. What is per tenant is None where it is not set up."""

    letters: KeepsLetters
    contacts: KeepsContacts
    reading: Callable[[str], PaysInvoices | None]
    mail: Callable[[str], SendsMail | None]
    links: Callable[[str], MakesLinks | None]
    rules: Callable[[str], MailRules]
    clock: Callable[[], datetime]

    def missing(self, tenant_id: str, *, is_dry: bool) -> str | None:
        """A key, and for the real thing a mail server and another key."""
        if self.reading(tenant_id) is None:
            return _NO_READING
        if is_dry:
            return None
        if self.mail(tenant_id) is None:
            return _NO_SERVER
        return None if self.links(tenant_id) is not None else _NO_LINKS

    def look(self, action: Action, at: datetime, *, is_dry: bool) -> Verdict:
        """Read the invoice again, and whether the customer may be written to."""
        kept = self.letters.get(action.tenant_id, str(action.draft.body["letter"]))
        if kept is None or kept.letter is None or kept.address is None:
            return StandDown("The letter was erased.", is_settled=False)
        system = self.reading(action.tenant_id)
        if system is None:
            raise OutsideRefusedError(_NO_READING, is_ours_to_mend=True)
        try:
            now = system.look(str(action.draft.facts["invoice"]), None, tries_since=at - timedelta(days=1))
        except NoSuchInvoiceError:
            return AskPerson(_NOT_THERE)
        if now.status == "paid":
            return StandDown("It was paid meanwhile.", is_settled=True)
        if now.status != "open":
            return StandDown(f"The invoice is {now.status} now.", is_settled=True)
        if now.amount_remaining_minor != action.draft.amount_minor or now.currency != action.draft.currency:
            return StandDown("The amount that remains has changed.", is_settled=False)
        if now.is_payment_processing:
            return Wait(at + timedelta(hours=6), "A payment is on its way.")
        if now.is_disputed:
            return StandDown("A charge for this invoice is disputed: nothing is written meanwhile.", is_settled=False)
        if now.is_customer_deleted:
            return StandDown("The customer was deleted.", is_settled=False)
        if now.pause_behavior is not None:
            return StandDown("Collection is paused on the subscription.", is_settled=False)
        if now.customer_email is not None and now.customer_email.strip().lower() != kept.address.strip().lower():
            return StandDown("The customer's address has changed.", is_settled=False)
        return self._may_write(action, kept, at)

    def _may_write(self, action: Action, kept: KeptLetter, at: datetime) -> Verdict:
        tenant_id, address = action.tenant_id, kept.address or ""
        person, rules = person_of(tenant_id, address), self.rules(tenant_id)
        if self.contacts.is_suppressed(tenant_id, person):
            return StandDown("Nothing is sent to this address any more.", is_settled=False)
        if _is_over(kept, at):
            return StandDown("A day that the letter names is over.", is_settled=False)
        history = self.contacts.history(tenant_id, kept.customer_id, person)
        wait = may_write(history, at, rules.limits, rules.hours_of(rules.country_of(kept.customer_id)))
        return Wait(wait.at, wait.why) if wait is not None else Go()

    def request(self, action: Action) -> Request:
        """Which letter; its words and its recipient are in the letter alone."""
        return letter_request(action.draft)

    def send(self, action: Action, request: Request, key: str) -> Result:
        """Take the place of a contact, make the links, hand the letter over."""
        tenant_id, at = action.tenant_id, self.clock()
        kept = self.letters.get(tenant_id, str(action.draft.body["letter"]))
        if kept is None or kept.letter is None or kept.address is None:
            return CameToNothing({"how": "erased"}, "The letter was erased.")
        rules, person = self.rules(tenant_id), person_of(tenant_id, kept.address)
        hours = rules.hours_of(rules.country_of(kept.customer_id))
        wait = self.contacts.reserve(tenant_id, action.action_id, kept, person, at, rules.limits, hours)
        if wait is not None:
            pause = max((wait.at - at).total_seconds(), 60.0)
            raise OutsideUnavailableError(wait.why, may_have_arrived=False, retry_after_seconds=pause)
        try:
            mail = self._mail(action, kept, kept.letter, kept.address, rules, key)
            sent = _there(self.mail(tenant_id), _NO_SERVER).send(mail, at)
        except MailUnavailableError as error:
            if error.may_have_arrived:
                self.contacts.settle(tenant_id, action.action_id, "unknown", None, None)
            else:
                self.contacts.release(tenant_id, action.action_id)
            raise OutsideUnavailableError(str(error), may_have_arrived=error.may_have_arrived) from error
        except MailRefusedError as error:
            self.contacts.release(tenant_id, action.action_id)
            if error.is_recipient:
                self.contacts.suppress(tenant_id, person, str(error), actor="system", at=at)
            code = str(error.code) if error.code is not None else None
            raise OutsideRefusedError(str(error), code=code, is_ours_to_mend=error.is_ours_to_mend) from error
        except DraftingError as error:
            # A link that leads nowhere safe: nothing was sent, and a person looks.
            self.contacts.release(tenant_id, action.action_id)
            raise OutsideRefusedError(str(error), code="unsafe_link") from error
        except (OutsideUnavailableError, OutsideRefusedError):
            self.contacts.release(tenant_id, action.action_id)
            raise
        self.contacts.settle(tenant_id, action.action_id, "sent", sent.message_id, None)
        return Worked({"how": "sent", "message_id": sent.message_id, "at": sent.at.isoformat(timespec="seconds")})

    def find(self, action: Action, key: str, since: datetime) -> Result | NoTrace:
        """A mail server cannot be asked what it did."""
        self.contacts.settle(action.tenant_id, action.action_id, "unknown", None, None)
        return NoTrace({"how": "maybe_sent"}, _LOST)

    def is_settled_otherwise(self, action: Action, key: str, at: datetime) -> str | None:
        """Nobody else sends our letters."""
        return None

    def _mail(self, action: Action, kept: KeptLetter, letter: Letter, address: str, rules: MailRules, key: str) -> Mail:
        asked = [name for name in LINK_NAMES if placeholder(name) in letter.text + letter.html]
        whole = with_links(letter, {name: self._link(name, action, kept, rules) for name in asked})
        return Mail(
            key=key,
            to=address,
            to_name=kept.name,
            subject=whole.subject,
            text=whole.text,
            html=whole.html,
            reply_to=rules.reply_to,
        )

    def _link(self, name: LinkName, action: Action, kept: KeptLetter, rules: MailRules) -> str:
        links = _there(self.links(action.tenant_id), _NO_LINKS)
        if name == "update_card":
            if rules.return_url is None:
                raise OutsideRefusedError(
                    "The policy names no letters.portal_return_url, which Stripe's portal needs.", is_ours_to_mend=True
                )
            return links.portal(kept.customer_id, rules.return_url)
        found = links.hosted_invoice(str(action.draft.facts["invoice"]))
        if found is None:
            raise OutsideRefusedError("Stripe has no page on which this invoice can be paid.", code="no_hosted_page")
        return found


def _there(thing: _Thing | None, missing: str) -> _Thing:
    """What was taken away between two steps."""
    if thing is None:
        raise OutsideRefusedError(missing, is_ours_to_mend=True)
    return thing


def _is_over(kept: KeptLetter, at: datetime) -> bool:
    """Whether a day that the letter speaks of as coming has passed."""
    days = (kept.facts.get(name) for name in ("next_try_on", "next_step_on"))
    return any(date.fromisoformat(one) < at.astimezone(UTC).date() for one in days if one)
