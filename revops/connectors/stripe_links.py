"""Links for a customer: to the portal in which the card is changed, and to the page of an invoice.

A link is a secret: whoever has it acts for the customer. It is made when it is needed, handed on and kept nowhere; it
is in no error and no log. To make one twice harms nobody, so both requests are tried again with back-off.

Sources: https://docs.stripe.com/api/customer_portal/sessions/create,
https://docs.stripe.com/customer-management/portal-deep-links (`payment_method_update`),
https://docs.stripe.com/invoicing/hosted-invoice-page.
"""

import ipaddress
import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
import pybreaker
import stamina
from pyrate_limiter import Duration, Limiter, Rate

from revops.connectors.stripe_actions import API_VERSION
from revops.domain.billing import BillingRefusedError, BillingUnavailableError, NoSuchInvoiceError
from revops.domain.stripe_access import StripeAccess

# All tries of both links of a letter and the letter itself have to end while its action is held, two minutes.
_TIMEOUT = httpx.Timeout(connect=3, read=10, write=3, pool=3)
_PATIENCE_SECONDS = 8
_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
_LONGEST = 5_000
_UPDATE = {"flow_data[type]": "payment_method_update"}


class _TryAgainError(Exception):
    """A request that may work in a moment, or after the seconds that Stripe asks for."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StripeLinks:
    """One tenant's account. Raises BillingRefusedError for a base that is not https, outside this machine."""

    def __init__(self, access: StripeAccess, base: str, *, per_second: int = 10) -> None:
        if not _is_safe(base):
            raise BillingRefusedError(
                "STRIPE_API_BASE has to begin with https:// for any machine but this one.", is_ours_to_mend=True
            )
        headers = {"Authorization": f"Bearer {access.api_key.get_secret_value()}", "Stripe-Version": API_VERSION}
        if access.account_id is not None:
            headers["Stripe-Account"] = access.account_id
        self._client = httpx.Client(base_url=base.rstrip("/"), headers=headers, timeout=_TIMEOUT)
        self._limiter = Limiter(Rate(per_second, Duration.SECOND))
        # What Stripe refuses is an answer; only silence and faults open the breaker.
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=5, reset_timeout=30, exclude=[BillingRefusedError], throw_new_error_on_trip=False
        )

    def close(self) -> None:
        """Close the connections, and end the thread that the limiter has."""
        self._client.close()
        self._limiter.close()

    def portal(self, customer_id: str, return_url: str) -> str:
        """A link for this customer to the page on which the card is changed; it leads back to `return_url`.

        Stripe lets an unused link die within minutes: make it when the customer asks for it. The new card becomes the
        customer's default; a subscription that names a card of its own keeps that one. Raises BillingRefusedError and
        BillingUnavailableError.
        """
        if not _is_safe(return_url):
            raise BillingRefusedError(
                "The address that the portal leads back to has to be an https:// one.", is_ours_to_mend=True
            )
        form = {"customer": _checked_id(customer_id), "return_url": return_url, **_UPDATE}
        return _checked_link(self._ask("POST", "/v1/billing_portal/sessions", form).get("url"))

    def hosted_invoice(self, invoice_id: str) -> str | None:
        """The page on which this invoice can be paid, None where it has none, as a draft has none.

        Raises NoSuchInvoiceError, BillingRefusedError and BillingUnavailableError.
        """
        link = self._ask("GET", f"/v1/invoices/{_checked_id(invoice_id)}").get("hosted_invoice_url")
        return _checked_link(link) if link is not None else None

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._breaker.call(self._patiently, method, path, form)
        except pybreaker.CircuitBreakerError as error:
            raise BillingUnavailableError(
                "Stripe has failed several times in a row and is left alone for half a minute.", may_have_arrived=False
            ) from error
        return found

    def _patiently(self, method: str, path: str, form: dict[str, str] | None) -> dict[str, Any]:
        try:
            for attempt in stamina.retry_context(
                on=_TryAgainError, attempts=3, timeout=_PATIENCE_SECONDS, wait_initial=0.2
            ):
                with attempt:
                    return self._once(method, path, form)
        except _TryAgainError as error:
            raise BillingUnavailableError(
                str(error), may_have_arrived=False, retry_after_seconds=error.retry_after_seconds
            ) from error
        raise AssertionError("an attempt returns or raises")

    def _once(self, method: str, path: str, form: dict[str, str] | None) -> dict[str, Any]:
        self._limiter.try_acquire("stripe")
        try:
            answer = self._client.request(method, path, data=form)
            body = answer.json()
        except httpx.HTTPError as error:
            raise _TryAgainError(f"Stripe cannot be reached ({type(error).__name__}).") from error
        except ValueError:
            body = None
        if answer.is_success and isinstance(body, dict):
            return body
        raise _failure(answer, body)


def _failure(answer: httpx.Response, body: Any) -> _TryAgainError | BillingRefusedError:
    """Of an answer that is none. Stripe's own words name ids and permissions, and no link."""
    status = answer.status_code
    error = body.get("error") if isinstance(body, dict) else None
    if status == httpx.codes.TOO_MANY_REQUESTS:
        wait = answer.headers.get("Retry-After", "")
        return _TryAgainError("Stripe asks for fewer requests.", float(wait) if wait.isdigit() else None)
    if not isinstance(error, dict) or not httpx.codes.is_client_error(status) or status == httpx.codes.CONFLICT:
        return _TryAgainError(f"Stripe answers with status {status}, not as Stripe does.")
    message, code = str(error.get("message") or f"status {status}")[:300], error.get("code")
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return BillingRefusedError(
            f"The key for actions is refused: {message} Give it `customer portal: write` and `invoices: read`.",
            code=code,
            is_ours_to_mend=True,
        )
    if status == httpx.codes.NOT_FOUND:
        return NoSuchInvoiceError(message, code=code)
    return BillingRefusedError(message, code=code)


def _checked_id(text: str) -> str:
    """An id of Stripe's: it becomes part of a path."""
    if not _ID.fullmatch(text):
        raise BillingRefusedError("The id is none of Stripe's.", code="resource_missing")
    return text


def _checked_link(link: Any) -> str:
    """A link that may be handed to a customer."""
    if not isinstance(link, str) or not _is_safe(link):
        raise BillingRefusedError("Stripe's answer holds no link that can be handed on.", code="link_unusable")
    return link


def _is_safe(text: str) -> bool:
    """An https address without a user in it; http only on this machine."""
    if not 0 < len(text) <= _LONGEST or not text.isascii() or not text.isprintable() or set(text) & set(' "<>\\^`{|}'):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and "@" not in parts.netloc and (parts.scheme == "https" or _is_local(parts))


def _is_local(parts: SplitResult) -> bool:
    if parts.scheme != "http":
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
