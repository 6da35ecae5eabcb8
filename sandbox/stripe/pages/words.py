"""The customer's pages as HTML. Everything from an account is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/customer/page.css">
  </head>
  <body>
    <main>
      <p class="hint">Stripe sandbox: no money moves, no card is real.</p>
{body}
    </main>
  </body>
</html>
"""
_STATES = {
    "paid": "This invoice is paid. Thank you.",
    "void": "This invoice was voided. There is nothing to pay.",
    "draft": "This invoice is not finished yet.",
}


def absent(words: str) -> str:
    """A page that says that there is none."""
    return _page("Not found", f"<h1>Not found</h1><p>{escape(words)}</p>")


def card_page(
    company: str | None,
    customer: Mapping[str, Any],
    method: Mapping[str, Any] | None,
    return_url: str | None,
    *,
    is_done: bool,
) -> str:
    """The portal: the card that invoices are paid with, and a button for another."""
    name = escape(company or "the company")
    card = _card(method)
    said = f'<p role="status" class="done">Your invoices are now paid with {card}.</p>' if is_done else ""
    back = f'<p><a href="{escape(return_url)}">Return to {name}</a></p>' if return_url else ""
    body = f"""
      <h1>Your payment method</h1>
      <p>{escape(str(customer.get("name") or customer["id"]))} pays {name} with {card}.</p>
      {said}
      <form method="post"><button type="submit">Use a new card that works</button></form>
      {back}"""
    return _page("Your payment method", body)


def invoice_page(invoice: Mapping[str, Any], *, is_payable: bool) -> str:
    """An invoice, with a button to pay it where that is possible."""
    amount = _amount(invoice["amount_remaining"] if is_payable else invoice["total"], invoice["currency"])
    rows = [("Invoice", invoice.get("number")), ("To", invoice.get("customer_name")), ("Due", _day(invoice))]
    facts = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in rows if value)
    end = (
        f'<form method="post"><button type="submit">Pay {amount} with a card that works</button></form>'
        if is_payable
        else f'<p role="status" class="done">{_STATES.get(invoice["status"], "There is nothing to pay.")}</p>'
    )
    body = f"""
      <h1>{escape(str(invoice.get("account_name") or "Invoice"))}</h1>
      <p class="amount">{amount}</p>
      <dl>{facts}</dl>
      {end}"""
    return _page(f"Invoice {invoice.get('number') or ''}".strip(), body)


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=escape(title), body=body)


def _card(method: Mapping[str, Any] | None) -> str:
    card = (method or {}).get("card")
    if not card:
        return "no card"
    expires = f"{card['exp_month']:02d}/{card['exp_year']}"
    return escape(f"{str(card['brand']).title()} ending in {card['last4']}, valid to {expires}")


def _amount(minor: int, currency: str) -> str:
    code = currency.upper()
    return escape(format_currency(Decimal(minor).scaleb(-get_currency_precision(code)), code, locale="en_US"))


def _day(invoice: Mapping[str, Any]) -> str | None:
    due = invoice.get("due_date")
    return format_date(datetime.fromtimestamp(due, UTC).date(), "long", locale="en_US") if due else None
