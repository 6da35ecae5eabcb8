"""Preflight: what is read right before money is asked for, and whether it still is what was approved.

When in doubt, nothing is sent: it waits, stands down, or a person looks.
"""

from datetime import datetime, timedelta

from revops.actions.retry_invoice import Limit
from revops.actions.retry_rules import Ceiling, RetryRules
from revops.domain.action import Action
from revops.domain.billing import InvoiceNow
from revops.domain.carrying import AskPerson, Go, StandDown, Verdict, Wait

# A try of Stripe's own so far away does not meet ours.
_FAR = timedelta(days=3)


def check(action: Action, now: InvoiceNow, rules: RetryRules, limit: Limit, at: datetime) -> Verdict:
    """Compare the invoice as it is with what the approval rests on."""
    facts = action.draft.facts
    if now.status == "paid":
        return StandDown("It was paid meanwhile.", is_settled=True)
    if now.status != "open":
        return StandDown(f"The invoice is {now.status} now.", is_settled=True)
    if now.amount_remaining_minor != action.draft.amount_minor or now.currency != action.draft.currency:
        return StandDown("The amount that remains has changed.", is_settled=False)
    if now.is_payment_processing:
        return Wait(at + timedelta(hours=6), "A payment is on its way.")
    if now.is_disputed:
        return AskPerson("A charge for this invoice is disputed.")
    if now.is_customer_deleted:
        return StandDown("The customer was deleted.", is_settled=False)
    if now.collection_method != "charge_automatically":
        return StandDown("The invoice is sent to the customer, not charged.", is_settled=False)
    if now.pause_behavior is not None:
        return StandDown("Collection is paused on the subscription.", is_settled=False)
    is_new_method = "payment_method" in action.draft.body
    if now.next_payment_attempt_at is not None and not is_new_method and now.next_payment_attempt_at - at < _FAR:
        return StandDown("Stripe will try again by itself.", is_settled=False)
    if now.payment_method is None:
        return StandDown("There is no payment method to charge.", is_settled=False)
    if facts.get("payment_method") != now.payment_method:
        return StandDown("The payment method has changed.", is_settled=False)
    if facts.get("last_charge") != now.last_charge:
        return StandDown("It was tried again meanwhile.", is_settled=False)
    if not is_new_method and now.advice_code == "do_not_try_again":
        return StandDown("The card's bank says never to try again.", is_settled=False)
    return _ceilings(now, rules, limit, at)


def _ceilings(now: InvoiceNow, rules: RetryRules, limit: Limit, at: datetime) -> Verdict:
    brand = (now.card_brand or "").lower()
    own = Ceiling(network="*", attempts=limit.attempts, days=limit.days)
    for ceiling in (own, *(one for one in rules.ceilings if one.network in ("*", brand))):
        since = at - timedelta(days=ceiling.days)
        tries = [one for one in now.tries if one > since]
        if len(tries) >= ceiling.attempts:
            until = sorted(tries)[-ceiling.attempts] + timedelta(days=ceiling.days)
            return Wait(until, f"The card was tried {len(tries)} times in {ceiling.window} ({ceiling.source}).")
    return Go()


def tries_since(rules: RetryRules, limit: Limit, at: datetime) -> datetime:
    """From when on tries of the card matter."""
    return at - timedelta(days=max(limit.days, *(one.days for one in rules.ceilings)))
