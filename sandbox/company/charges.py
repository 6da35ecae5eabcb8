"""Money on its way: payment intents, charges and what they leave in the balance."""

from __future__ import annotations

from sandbox import objects

from .book import DAY, Book, Payload

# Market rates to the US dollar, of whole units: ¥1 is worth $0.0066.
_RATES = {"usd": None, "eur": 1.08, "jpy": 0.0066}
_MINOR_PER_UNIT = {"usd": 100, "eur": 100, "jpy": 1}


def new_intent(book: Book, invoice: Payload, at: int) -> tuple[Payload, Payload]:
    """The payment intent of an invoice and the invoice payment that ties them."""
    intent = book.put("payment_intent", objects.payment_intent(book.identifier("pi"), invoice, at))
    tie = objects.invoice_payment(book.identifier("inpay"), invoice, intent["id"], at)
    payment = book.put("invoice_payment", tie)
    book.emit("payment_intent.created", intent, at)
    return intent, payment


def new_charge(
    book: Book, intent: Payload, card: Payload, at: int, *, decline: str | None, is_blocked: bool = False
) -> Payload:
    """One attempt on a card: succeeded, or declined by the bank, or blocked before it got there."""
    charge = objects.charge(book.identifier("ch"), intent, card, at, decline=decline, is_blocked=is_blocked)
    charge["calculated_statement_descriptor"] = "LANTERN REPORTS"
    book.put("charge", charge)
    if not decline:
        charge["balance_transaction"] = new_transaction(book, charge, at, "charge", charge["amount"])["id"]
    book.emit("charge.failed" if decline else "charge.succeeded", charge, at)
    return charge


def new_transaction(book: Book, source: Payload, at: int, kind: str, amount: int) -> Payload:
    """A line of the dollar balance. `amount` is in the source's currency, negative for money going out."""
    rate = _RATES[source["currency"]]
    settled = amount
    if rate is not None:
        settled = round(amount * rate * _MINOR_PER_UNIT["usd"] / _MINOR_PER_UNIT[source["currency"]])
    fee = round(settled * 0.029) + 30 if kind == "charge" else 0
    line = objects.balance_transaction(
        book.identifier("txn"), source, at, kind, amount=settled, currency="usd", rate=rate, fee=fee
    )
    if at + 2 * DAY > book.now:
        line["status"] = "pending"
    return book.put("balance_transaction", line)
