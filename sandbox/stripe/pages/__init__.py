"""What a company's customer sees: the portal in which a card is changed, and an invoice that can be paid.

Plain forms without a script. Whoever has the address may use it, as with Stripe's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.stripe import hosted_urls, portal
from sandbox.stripe.accounts import Account
from sandbox.stripe.cards import attach_card, make_default
from sandbox.stripe.pages.words import absent, card_page, invoice_page
from sandbox.stripe.portal import Portal, Session
from sandbox.stripe.settlement import Payload, Settlement
from sandbox.stripe.stand_in import StandIn

_HERE = Path(__file__).parent
_STYLE = "/customer/page.css"
PAYABLE = frozenset({"open", "uncollectible"})
# A return URL is anybody's, and a form's answer may lead there.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def customer_routes(stand_in: StandIn, sessions: Portal) -> list[Route]:
    """The pages behind a portal session's `url` and an invoice's `hosted_invoice_url`."""

    async def session(request: Request) -> Response:
        found = sessions.sessions.get(request.path_params["token"])
        customer = _customer(found.account, found.customer_id) if found is not None else None
        if found is None or customer is None:
            return _shown(absent("This link is no longer valid. Ask the company for a new one."), 404)
        with found.account.store.lock:
            return _change_card(found, customer, request)

    async def invoice(request: Request) -> Response:
        found = _hosted(stand_in, request.path_params["id"])
        if found is None:
            return _shown(absent("There is no invoice here. Ask the company for a new link."), 404)
        account, payload = found
        with account.store.lock:
            if request.method == "POST":
                _pay(stand_in, account, payload)
                return RedirectResponse(request.url.path, 303, _HEADERS)
            return _shown(invoice_page(payload, is_payable=_is_payable(payload)))

    return [
        Route(f"{portal.PATH}{{token}}", session, methods=["GET", "POST"]),
        Route(f"{hosted_urls.PATH}{{id}}", invoice, methods=["GET", "POST"]),
        Route(_STYLE, _style()),
    ]


def _change_card(session: Session, customer: Payload, request: Request) -> Response:
    account = session.account
    if request.method == "POST":
        make_default(account, customer, attach_card(account, customer))
        return RedirectResponse(session.redirect_url or f"{request.url.path}?done=1", 303, _HEADERS)
    default = (customer.get("invoice_settings") or {}).get("default_payment_method")
    method = account.store.get("payment_method", default) if default else None
    invoices = account.store.where("invoice", "customer", session.customer_id)
    company = invoices[0].get("account_name") if invoices else None
    is_done = "done" in request.query_params
    return _shown(card_page(company, customer, method, session.return_url, is_done=is_done))


def _pay(stand_in: StandIn, account: Account, invoice: Payload) -> None:
    """With a card that works, by the same code as `/pay`; whoever presses twice pays once."""
    if not _is_payable(invoice):
        return
    customer = _customer(account, invoice["customer"]) or {"id": invoice["customer"], "livemode": invoice["livemode"]}
    Settlement(account, stand_in.ledger, invoice, None, None).charge(attach_card(account, customer))


def _is_payable(invoice: Payload) -> bool:
    return invoice["status"] in PAYABLE and invoice["amount_remaining"] > 0


def _hosted(stand_in: StandIn, invoice_id: str) -> tuple[Account, Payload] | None:
    """A made-up invoice and its account."""
    for account in stand_in.accounts.values():
        found = account.store.get("invoice", invoice_id)
        if found is not None and found.get("hosted_invoice_url") == f"{hosted_urls.STRIPES}{invoice_id}":
            return account, found
    return None


def _customer(account: Account, customer_id: str) -> Payload | None:
    found = account.store.get("customer", customer_id)
    return found if found is not None and not found.get("deleted") else None


def _style() -> Callable[[Request], Awaitable[Response]]:
    async def respond(_request: Request) -> Response:
        return FileResponse(_HERE / "page.css", headers={"Cache-Control": "no-cache"})

    return respond


def _shown(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, _HEADERS)
