"""Stripe for actions: reading an invoice right before, paying it once, finding out what became of a lost answer.

The key is one that may write, apart from the one that reads for the audit. A request for money is sent once: no
transport retry, because an outcome that is not known is looked up, never repeated. Reads are tried again with back-off.
Events name the idempotency key of the request that caused them, so a lost answer is found by its own key and not by
guessing. Sources: https://docs.stripe.com/api/invoices/pay, https://docs.stripe.com/api/idempotent_requests,
https://docs.stripe.com/api/events/object (`request.idempotency_key`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import pybreaker
import stamina
from pyrate_limiter import Duration, Limiter, Rate

from revops.connectors.stripe_shapes import (
    charge_of_error,
    charge_that_paid,
    pause_of,
    payment_intents_of,
    payment_method_of,
    processing,
    subscription_of,
)
from revops.domain.billing import (
    Answer,
    BillingRefusedError,
    BillingUnavailableError,
    Declined,
    InvoiceNow,
    NoSuchInvoiceError,
    NotFound,
    Paid,
)
from revops.domain.carrying import Request
from revops.domain.stripe_access import StripeAccess

API_VERSION = "2026-05-27.dahlia"
_TIMEOUT = httpx.Timeout(connect=5, read=30, write=10, pool=5)
_EXPAND = ("payments.data.payment.payment_intent", "customer", "parent.subscription_details.subscription")
_PAGES = 50
# No request can still have an effect so long after it was sent.
_LATEST_SECONDS = 7_200
# The clocks of two systems differ; an event a little earlier may still be ours, and its key tells.
_SLACK_SECONDS = 3_600


_Got = TypeVar("_Got")


class _TryAgainError(Exception):
    """A read that may work in a moment."""


class StripeActions:
    """One tenant's account. Limits: a few requests a second, and none for a while after failures in a row."""

    def __init__(self, access: StripeAccess, base: str, *, per_second: int = 10) -> None:
        headers = {
            "Authorization": f"Bearer {access.api_key.get_secret_value()}",
            "Stripe-Version": API_VERSION,
        }
        if access.account_id is not None:
            headers["Stripe-Account"] = access.account_id
        self._client = httpx.Client(base_url=base.rstrip("/"), headers=headers, timeout=_TIMEOUT)
        self._limiter = Limiter(Rate(per_second, Duration.SECOND))
        # What Stripe refuses is an answer; only silence and faults open the breaker. The failure that opens it stays
        # what it is: whether the request may have arrived must not get lost.
        # Reads that work say nothing of requests for money, so those have a breaker of their own.
        self._reads, self._pays = _breaker(), _breaker()

    def close(self) -> None:
        """Close the connections, and end the thread that the limiter has."""
        self._client.close()
        self._limiter.close()

    def look(self, invoice: str, payment_method: str | None, *, tries_since: datetime) -> InvoiceNow:
        """See PaysInvoices."""
        if self._pays.current_state == pybreaker.STATE_OPEN:
            # Said before anything is begun; once the pause is over, the next request tries.
            _guarded(self._pays, _nothing)
        found = self._get(f"/v1/invoices/{invoice}", [("expand[]", one) for one in _EXPAND])
        given = found.get("customer")
        customer: dict[str, Any] = given if isinstance(given, dict) else {}
        subscription = subscription_of(found)
        if isinstance(subscription, str):
            subscription = self._get(f"/v1/subscriptions/{subscription}", [])
        # The newest try of this invoice may be older than the window in which tries of its card count.
        since = min(tries_since, datetime.fromtimestamp(found["created"], UTC))
        charges = self._charges(customer.get("id") or given, since)
        intents = payment_intents_of(found)
        method = payment_method or payment_method_of(found, subscription, customer)
        card = self._card(method)
        own = [one for one in charges if one.get("invoice") == invoice or one.get("payment_intent") in intents]
        failed = max(
            (one for one in own if one["status"] == "failed"), key=lambda one: (one["created"], one["id"]), default={}
        )
        outcome = failed.get("outcome") or {}
        # A card that cannot be read is known by what it was charged with; without any, every try of the invoice counts.
        fingerprint = card.get("fingerprint") or _fingerprint(failed)
        return InvoiceNow(
            invoice=found["id"],
            status=found["status"],
            currency=found["currency"],
            amount_remaining_minor=found["amount_remaining"],
            collection_method=found.get("collection_method") or "charge_automatically",
            next_payment_attempt_at=_moment(found.get("next_payment_attempt")),
            pause_behavior=pause_of(subscription),
            is_customer_deleted=bool(customer.get("deleted")),
            is_payment_processing=any(map(processing, intents.values()))
            or any(one["status"] == "pending" for one in own),
            is_disputed=any(one.get("disputed") for one in own),
            payment_method=method,
            card_fingerprint=fingerprint,
            card_brand=card.get("brand"),
            last_charge=failed.get("id"),
            decline_code=outcome.get("reason") or failed.get("failure_code"),
            network_decline_code=outcome.get("network_decline_code"),
            advice_code=outcome.get("advice_code"),
            tries=sorted(
                datetime.fromtimestamp(one["created"], UTC)
                for one in (charges if fingerprint else own)
                if _fingerprint(one) == fingerprint
            ),
            customer_email=customer.get("email"),
        )

    def request(self, invoice: str, payment_method: str | None) -> Request:
        """See PaysInvoices."""
        return pay_request(invoice, payment_method)

    def pay(self, request: Request, idempotency_key: str) -> Answer:
        """See PaysInvoices."""
        return _guarded(self._pays, self._pay, request, idempotency_key)

    def find(self, invoice: str, idempotency_key: str, since: datetime) -> Answer | NotFound:
        """See PaysInvoices."""
        for event in self._events(since):
            if (event.get("request") or {}).get("idempotency_key") != idempotency_key:
                continue
            charge = event["data"]["object"]
            if event["type"] == "charge.succeeded":
                return Paid(
                    charge["id"], charge["amount"], charge["currency"], datetime.fromtimestamp(charge["created"], UTC)
                )
            return _declined(charge)
        found = self._get(f"/v1/invoices/{invoice}", [("expand[]", _EXPAND[0])])
        return NotFound(
            is_paid_otherwise=found["status"] == "paid",
            is_processing=any(map(processing, payment_intents_of(found).values())),
            seen={"status": found["status"], "amount_remaining_minor": found["amount_remaining"]},
        )

    def _pay(self, request: Request, idempotency_key: str) -> Answer:
        self._limiter.try_acquire("stripe")
        try:
            answer = self._client.request(
                request.method, request.path, data=dict(request.form), headers={"Idempotency-Key": idempotency_key}
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as failure:
            raise BillingUnavailableError(
                f"Stripe cannot be reached ({type(failure).__name__}); nothing was sent.", may_have_arrived=False
            ) from failure
        except httpx.HTTPError as failure:
            raise BillingUnavailableError(
                f"Stripe's answer was lost ({type(failure).__name__}).", may_have_arrived=True
            ) from failure
        body = _body(answer)
        if answer.is_success:
            return _paid(body)
        if answer.status_code == httpx.codes.PAYMENT_REQUIRED and _is_error(body):
            error = body["error"]
            return Declined(
                charge_of_error(error), error.get("decline_code") or error.get("code"), error.get("advice_code")
            )
        raise _failure(answer, body)

    def _card(self, method: str | None) -> Mapping[str, Any]:
        if method is None:
            return {}
        try:
            return self._get(f"/v1/payment_methods/{method}", []).get("card") or {}
        except NoSuchInvoiceError:
            return {}

    def _charges(self, customer: Any, since: datetime) -> list[Mapping[str, Any]]:
        if not isinstance(customer, str):
            return []
        return list(self._list("/v1/charges", [("customer", customer), ("created[gte]", str(int(since.timestamp())))]))

    def _events(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        kinds = [("types[]", "charge.succeeded"), ("types[]", "charge.failed")]
        sent = int(since.timestamp())
        between = [("created[gte]", str(sent - _SLACK_SECONDS)), ("created[lte]", str(sent + _LATEST_SECONDS))]
        return self._list("/v1/events", [*kinds, *between])

    def _list(self, path: str, query: Sequence[tuple[str, str]]) -> Iterator[Mapping[str, Any]]:
        after: list[tuple[str, str]] = []
        for _ in range(_PAGES):
            page = self._get(path, [*query, ("limit", "100"), *after])
            yield from page["data"]
            if not page.get("has_more") or not page["data"]:
                return
            after = [("starting_after", page["data"][-1]["id"])]
        raise BillingUnavailableError(
            f"{path} has more than {_PAGES * 100} rows; look by hand.", may_have_arrived=False
        )

    def _get(self, path: str, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
        return _guarded(self._reads, self._read, path, query)

    def _read(self, path: str, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
        try:
            for attempt in stamina.retry_context(on=_TryAgainError, attempts=3, timeout=20, wait_initial=0.2):
                with attempt:
                    return self._read_once(path, query)
        except _TryAgainError as error:
            raise BillingUnavailableError(str(error), may_have_arrived=False) from error
        raise AssertionError("an attempt returns or raises")

    def _read_once(self, path: str, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
        self._limiter.try_acquire("stripe")
        try:
            answer = self._client.get(path, params=list(query))
        except httpx.HTTPError as error:
            raise _TryAgainError(f"Stripe cannot be reached ({type(error).__name__}).") from error
        body = _body(answer)
        if answer.is_success and body:
            return body
        failure = _failure(answer, body)
        if isinstance(failure, BillingUnavailableError):
            raise _TryAgainError(str(failure)) from failure
        raise failure


def pay_request(invoice: str, payment_method: str | None) -> Request:
    """What is sent to pay an invoice; the answer is asked to name the charge."""
    form = {"expand[]": _EXPAND[0], "off_session": "true"}
    if payment_method is not None:
        form["payment_method"] = payment_method
    return Request("POST", f"/v1/invoices/{invoice}/pay", form)


def _breaker() -> pybreaker.CircuitBreaker:
    return pybreaker.CircuitBreaker(
        fail_max=5, reset_timeout=30, exclude=[BillingRefusedError], throw_new_error_on_trip=False
    )


def _guarded(breaker: pybreaker.CircuitBreaker, act: Callable[..., _Got], *given: object) -> _Got:
    """Leave Stripe alone for a while after failures in a row."""
    try:
        got: _Got = breaker.call(act, *given)
    except pybreaker.CircuitBreakerError as error:
        raise BillingUnavailableError(
            "Stripe has failed several times in a row and is left alone for half a minute.", may_have_arrived=False
        ) from error
    return got


def _nothing() -> None:
    """What a breaker lets through once its pause is over."""


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _is_error(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("error"), dict)


def _paid(body: Mapping[str, Any]) -> Answer:
    """Only an invoice that says paid is proof; a success that cannot be read is an outcome that is not known."""
    if body.get("object") != "invoice" or body.get("status") != "paid":
        raise BillingUnavailableError("Stripe's answer cannot be read.", may_have_arrived=True)
    paid_at = (body.get("status_transitions") or {}).get("paid_at")
    return Paid(
        charge=charge_that_paid(body),
        amount_minor=body["amount_paid"],
        currency=body["currency"],
        at=_moment(paid_at) or datetime.now(UTC),
    )


def _declined(charge: Mapping[str, Any]) -> Declined:
    outcome = charge.get("outcome") or {}
    return Declined(charge["id"], outcome.get("reason") or charge.get("failure_code"), outcome.get("advice_code"))


def _failure(answer: httpx.Response, body: Mapping[str, Any]) -> BillingUnavailableError | BillingRefusedError:
    """Of a status that is no success. What Stripe answers with 4xx in its own words had no effect."""
    status = answer.status_code
    error = body["error"] if _is_error(body) else {}
    message, code = str(error.get("message") or f"status {status}")[:300], error.get("code")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        wait = answer.headers.get("Retry-After", "")
        return BillingUnavailableError(
            "Stripe asks for fewer requests.",
            may_have_arrived=False,
            retry_after_seconds=float(wait) if wait.isdigit() else None,
        )
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN) and error:
        return BillingRefusedError(
            f"The key for actions is refused: {message} Give it `invoices: write` and read access to charges, payment "
            "intents, payment methods, customers, subscriptions and events.",
            code=code,
            is_ours_to_mend=True,
        )
    if status == httpx.codes.NOT_FOUND and error:
        return NoSuchInvoiceError(message, code=code)
    # 409: a request with this key is under way.
    if error and httpx.codes.is_client_error(status) and status != httpx.codes.CONFLICT:
        return BillingRefusedError(message, code=code)
    return BillingUnavailableError(f"Stripe answers with status {status}.", may_have_arrived=True)


def _fingerprint(charge: Mapping[str, Any]) -> str | None:
    return ((charge.get("payment_method_details") or {}).get("card") or {}).get("fingerprint")


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
