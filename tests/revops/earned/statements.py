"""A month's statement in memory, of actions that were approved in a signed log, and ways to tamper with it."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from revops.domain.action import Draft
from revops.domain.decision_record import (
    KEY_ROTATED,
    Actor,
    DecisionRecord,
    Subject,
    canonical,
    hash_of,
    key_id_of,
)
from revops.domain.kept_records import KeptRecord
from revops.earned.statement import Line, SignedStatement, add_up, make_statement
from revops.earned.statement_file import read_statement
from tests.revops.domain.logs import key_id, new_key, public, sealed

BEGINS = datetime(2026, 10, 1, tzinfo=UTC)
MADE = datetime(2026, 11, 2, 8, tzinfo=UTC)
SIGNED_FOR = b"leaks recovery statement\x00"


def on(day: float) -> datetime:
    """So many days into October."""
    return BEGINS + timedelta(days=day)


def draft(kind: str, amount: int, currency: str, invoice: str) -> Draft:
    return Draft(
        kind=kind,  # type: ignore[arg-type]
        moves_money=kind == "retry_invoice",
        amount_minor=amount,
        currency=currency,
        customer_id=f"cus_{invoice}",
        not_before=None,
        body={"invoice": invoice} if kind == "retry_invoice" else {"letter": f"letter_{invoice}"},
        facts={"status": "open", "invoice": invoice},
        why=(),
        what_happens="",
        amount_reporting_minor=None,
    )


@dataclass
class Book:
    """A tenant's log, and the lines that rest on it."""

    keys: list[Ed25519PrivateKey] = field(default_factory=lambda: [new_key()])
    records: list[KeptRecord] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    tenant_id: str = "acme"

    def note(self, kind: str, at: datetime, subject: Subject, data: dict[str, Any]) -> int:
        """One more record of the log; its number."""
        number = len(self.records) + 1
        record = DecisionRecord(
            tenant_id=self.tenant_id,
            number=number,
            at=at,
            kind=kind,
            subject=subject,
            actor=Actor("person_1", "approver", "slack"),
            data=data,
            personal={},
            previous_hash=self.records[-1].hash if self.records else None,
            key_id=key_id(self.keys[-1]),
        )
        kept = sealed(record, self.keys[-1])
        self.records.append(replace(kept, columns=None))
        return number

    def rotate(self) -> None:
        """The key of now names its successor."""
        key = new_key()
        named = {"public_key": base64.b64encode(public(key)).decode()}
        self.note(KEY_ROTATED, on(12), Subject("key", key_id(key), None, None), named)
        self.keys.append(key)

    def paid(
        self,
        name: str,
        kind: str,
        amount: int,
        currency: str,
        *,
        day: float,
        after: float = 1,
        **changes: Any,
    ) -> Line:
        """An action that was approved, carried out and paid so many days after."""
        about = draft(kind, amount, currency, f"in_{name}")
        subject = Subject("action", f"act_{name}", 1, about.version_hash)
        known = {"leak_id": f"leak_{name}", "version": 1, "version_hash": about.version_hash}
        sent_at, at = on(day), on(day + after)
        approved_in = self.note("action.approve", on(day) - timedelta(hours=3), subject, {**known, "to": "approved"})
        request = {"method": "POST", "path": f"/v1/invoices/in_{name}/pay", "idempotency_key": f"leaks-{name}"}
        sent_in = self.note("action.begin", sent_at, subject, {**known, "request": request})
        ended_in = None
        if kind == "retry_invoice":
            outcome = {"how": "paid", "charge": f"ch_{name}", "amount_minor": amount, "currency": currency}
            ended_in = self.note("action.succeed", at, subject, {**known, **outcome})
        line = Line(
            kind="payment",
            finding_ids=(f"finding_{name}",),
            leak_id=f"leak_{name}",
            leak_type="unpaid_invoice",
            object_type="invoice",
            object_id=f"in_{name}",
            action_id=f"act_{name}",
            action=about.bound,
            approved_in=approved_in,
            sent_in=sent_in,
            ended_in=ended_in,
            idempotency_key=f"leaks-{name}",
            request_id=f"req_{name}",
            charge=f"ch_{name}",
            balance_transaction=f"txn_{name}",
            payout=f"po_{name}",
            at=at,
            currency=currency,
            amount_minor=amount,
            fee_minor=amount // 30,
        )
        line = replace(line, **changes)
        self.lines.append(line)
        return line

    def back(self, line: Line, kind: str, amount: int, day: float, fee: int = 0) -> Line:
        """What went back of a payment."""
        name = f"{line.balance_transaction}_{kind}"
        gone = replace(
            line,
            kind=kind,
            amount_minor=-amount,
            fee_minor=fee,
            at=on(day),
            balance_transaction=name,  # type: ignore[arg-type]
        )
        self.lines.append(gone)
        return gone

    @property
    def public_keys(self) -> list[bytes]:
        return [public(key) for key in self.keys]

    @cached_property
    def made(self) -> SignedStatement:
        """The statement of a book that changes no more."""
        return self.statement()

    def statement(self, month: str = "2026-10", **how: Any) -> SignedStatement:
        given = {"made_at": MADE, "key": self.keys[-1], **how}
        return make_statement(self.tenant_id, month, self.lines, self.records, self.public_keys, **given)


def october() -> Book:
    """Six actions in four currencies, a key that was rotated, a refund, and a dispute about September's payment."""
    book = Book()
    september = book.paid("sep", "retry_invoice", 9_900, "usd", day=-9)
    first = book.paid("one", "retry_invoice", 120_000, "usd", day=2, after=0.001)
    book.paid("two", "send_email", 4_999, "eur", day=3, after=6.9)
    book.paid("three", "send_email", 1_234_567, "kwd", day=4, fee_minor=None, balance_transaction=None, payout=None)
    book.note("action.deny", on(11), Subject("action", "act_denied", 1, "ab" * 32), {"leak_id": "leak_denied"})
    book.rotate()
    book.paid("four", "retry_invoice", 90_000, "jpy", day=14)
    book.paid("five", "send_email", 8_000, "usd", day=15, amount_minor=3_000, fee_minor=117)
    book.lines.append(replace(book.lines[-1], charge="ch_five_b", balance_transaction="txn_five_b", at=on(18)))
    book.lines.remove(september)
    book.back(first, "refund", 20_000, 20)
    book.back(september, "dispute", 9_900, 21, fee=1_500)
    return book


# What stands in a statement's file, as JSON.
Content = dict[str, Any]
Tamper = Callable[[Content, random.Random], None]


def tampered(book: Book, tamper: Tamper, rng: random.Random, *, how: str) -> str:
    """A statement's file after somebody changed it.

    `how`: `as it was` leaves hash and signature; `hashed` makes the hash anew; `own key` signs it with another key that
    the statement then names and lists; `our key` is somebody with the tenant's key, who also numbers lines anew and
    makes totals, order and nets fit.
    """
    signed = book.made
    content = copy.deepcopy(_json(signed))
    tamper(content, rng)
    if how == "our key":
        _make_fit(content)
    if how == "own key":
        own = new_key()
        content["key_id"] = key_id_of(public(own))
        content["keys"].append(base64.b64encode(public(own)).decode())
        return written(content, own)
    text = canonical(content)
    if how == "our key":
        return written(content, book.keys[-1])
    digest = signed.hash if how == "as it was" else hash_of(text)
    return f'{{"hash":"{digest}","signature":"{signed.signature}","statement":{text}}}\n'


def written(content: Content, key: Ed25519PrivateKey) -> str:
    """Signed by somebody."""
    text = canonical(content)
    digest = hash_of(text)
    signature = key.sign(SIGNED_FOR + bytes.fromhex(digest)).hex()
    return f'{{"hash":"{digest}","signature":"{signature}","statement":{text}}}\n'


def _json(signed: SignedStatement) -> Content:
    content: Content = json.loads(signed.text)
    return content


def _make_fit(content: Content) -> None:
    content["lines"].sort(key=lambda one: (one["at"], one["leak_id"], one["charge"], one["kind"]))
    for number, one in enumerate(content["lines"], 1):
        one["number"] = number
        one["net_minor"] = None if one["fee_minor"] is None else one["amount_minor"] - one["fee_minor"]
    lines = read_statement(written(content, new_key()))[0].statement.lines
    content["totals"] = [dict(vars(one)) for one in add_up(lines)]


def _pick(content: Content, rng: random.Random, kind: str | None = None) -> Content:
    found: Content = rng.choice([one for one in content["lines"] if kind is None or one["action"]["kind"] == kind])
    return found


def _two(content: Content, rng: random.Random) -> tuple[Content, Content]:
    """Payments of two actions."""
    payments = {one["action_id"]: one for one in content["lines"] if one["kind"] == "payment"}
    one, other = rng.sample(sorted(payments), 2)
    return payments[one], payments[other]


def _swap(one: Content, other: Content, *names: str) -> None:
    for name in names:
        one[name], other[name] = other[name], one[name]


def raise_an_amount(content: Content, rng: random.Random) -> None:
    one = rng.choice([line for line in content["lines"] if line["kind"] == "payment"])
    one["amount_minor"] += 10 ** rng.randrange(4, 7)


def lower_a_retrys_amount(content: Content, rng: random.Random) -> None:
    retries = [one for one in content["lines"] if one["ended_in"] is not None and one["kind"] == "payment"]
    rng.choice(retries)["amount_minor"] -= 1


def raise_the_approved_amount(content: Content, rng: random.Random) -> None:
    one = _pick(content, rng)
    one["action"]["amount_minor"] += 1_000_000


def change_currency(content: Content, rng: random.Random) -> None:
    _pick(content, rng)["currency"] = "chf"


def change_both_currencies(content: Content, rng: random.Random) -> None:
    one = _pick(content, rng)
    one["currency"] = one["action"]["currency"] = "chf"


def change_fee(content: Content, rng: random.Random) -> None:
    rng.choice([one for one in content["lines"] if one["fee_minor"]])["fee_minor"] -= 1


def change_net(content: Content, rng: random.Random) -> None:
    rng.choice([one for one in content["lines"] if one["fee_minor"]])["net_minor"] += 1


def move_into_another_month(content: Content, rng: random.Random) -> None:
    _pick(content, rng)["at"] = rng.choice(["2026-09-30T23:59:59.999Z", "2026-11-01T00:00:00.000Z"])


def call_it_another_month(content: Content, rng: random.Random) -> None:
    content["month"] = rng.choice(["2026-09", "2026-11"])


def drop_a_line(content: Content, rng: random.Random) -> None:
    only = [one for one in content["lines"] if sum(o["action_id"] == one["action_id"] for o in content["lines"]) == 1]
    content["lines"].remove(rng.choice(only))


def drop_the_last_lines(content: Content, rng: random.Random) -> None:
    del content["lines"][rng.randrange(1, 3) :]


def add_a_line(content: Content, rng: random.Random) -> None:
    """Another payment for what was paid in full."""
    one = rng.choice([line for line in content["lines"] if line["kind"] == "payment"])
    more = {**copy.deepcopy(one), "charge": "ch_more", "balance_transaction": "txn_more"}
    more["amount_minor"] = one["action"]["amount_minor"]
    content["lines"].append(more)


def add_an_action_that_nobody_approved(content: Content, rng: random.Random) -> None:
    one = copy.deepcopy(_pick(content, rng))
    content["lines"].append({**one, "action_id": "act_x", "leak_id": "leak_x", "charge": "ch_x"})


def duplicate_a_line(content: Content, rng: random.Random) -> None:
    content["lines"].append(copy.deepcopy(_pick(content, rng)))


def duplicate_under_another_balance_transaction(content: Content, rng: random.Random) -> None:
    one = rng.choice([line for line in content["lines"] if line["kind"] == "payment"])
    content["lines"].append({**copy.deepcopy(one), "balance_transaction": "txn_other"})


def same_balance_transaction(content: Content, rng: random.Random) -> None:
    one, other = _two(content, rng)
    one["balance_transaction"] = other["balance_transaction"] = "txn_same"


def swap_two_lines(content: Content, rng: random.Random) -> None:
    lines = content["lines"]
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]


def swap_two_actions(content: Content, rng: random.Random) -> None:
    _swap(*_two(content, rng), "action_id")


def swap_two_approvals(content: Content, rng: random.Random) -> None:
    _swap(*_two(content, rng), "approved_in")


def swap_two_requests(content: Content, rng: random.Random) -> None:
    _swap(*_two(content, rng), "sent_in")


def swap_two_leaks(content: Content, rng: random.Random) -> None:
    _swap(*_two(content, rng), "leak_id")


def swap_two_objects(content: Content, rng: random.Random) -> None:
    _swap(*_two(content, rng), "object_id")


def swap_a_retrys_charge(content: Content, rng: random.Random) -> None:
    one = rng.choice([line for line in content["lines"] if line["ended_in"] is not None])
    one["charge"] = "ch_of_somebody"


def swap_idempotency_keys(content: Content, rng: random.Random) -> None:
    _swap(*_two(content, rng), "idempotency_key")


def change_a_total(content: Content, rng: random.Random) -> None:
    total = rng.choice(content["totals"])
    total[rng.choice([name for name in total if name != "currency"])] += 1


def drop_a_total(content: Content, rng: random.Random) -> None:
    content["totals"].remove(rng.choice(content["totals"]))


def add_a_total(content: Content, rng: random.Random) -> None:
    content["totals"].append(
        {**content["totals"][0], "currency": rng.choice(["chf", content["totals"][0]["currency"]])}
    )


def swap_totals(content: Content, rng: random.Random) -> None:
    content["totals"].reverse()


def change_a_record(content: Content, rng: random.Random) -> None:
    one = rng.choice(content["records"])
    name = rng.choice(["record", "hash", "signature"])
    place = rng.randrange(len(one[name]))
    one[name] = one[name][:place] + ("0" if one[name][place] != "0" else "1") + one[name][place + 1 :]


def hash_a_record_anew(content: Content, rng: random.Random) -> None:
    one = rng.choice(content["records"])
    one["record"] = one["record"].replace('"slack"', '"web"')
    one["hash"] = hash_of(one["record"])


def sign_a_record_with_another_key(content: Content, rng: random.Random) -> None:
    one = rng.choice(content["records"])
    record = KeptRecord(one["number"], one["record"], one["hash"], one["signature"]).record
    anew = sealed(replace(record, at=record.at + timedelta(hours=1)), new_key())
    one |= {"record": anew.text, "hash": anew.hash, "signature": anew.signature}


def drop_a_record(content: Content, rng: random.Random) -> None:
    content["records"].remove(rng.choice([one for one in content["records"] if KEY_ROTATED not in one["record"]]))


def duplicate_a_record(content: Content, rng: random.Random) -> None:
    content["records"].append(rng.choice(content["records"]))


def renumber_a_record(content: Content, rng: random.Random) -> None:
    rng.choice(content["records"])["number"] += 100


def swap_two_records(content: Content, rng: random.Random) -> None:
    records = content["records"]
    one, other = rng.sample(range(len(records)), 2)
    records[one], records[other] = records[other], records[one]


def call_it_another_tenants(content: Content, rng: random.Random) -> None:
    content["tenant_id"] = "rival"


def make_it_earlier(content: Content, rng: random.Random) -> None:
    content["made_at"] = "2026-10-02T00:00:00.000Z"


def pay_before_it_was_sent(content: Content, rng: random.Random) -> None:
    late = [one for one in content["lines"] if one["action_id"] not in ("act_one", "act_sep")]
    rng.choice(late)["at"] = "2026-10-01T00:00:00.000Z"


def pay_weeks_after_it_was_sent(content: Content, rng: random.Random) -> None:
    early = [one for one in content["lines"] if one["kind"] == "payment" and one["at"] < "2026-10-12"]
    rng.choice(early)["at"] = "2026-10-29T00:00:00.000Z"


def call_a_refund_a_payment(content: Content, rng: random.Random) -> None:
    rng.choice([one for one in content["lines"] if one["kind"] != "payment"])["kind"] = "payment"


def give_back_more_than_came(content: Content, rng: random.Random) -> None:
    next(one for one in content["lines"] if one["kind"] == "refund")["amount_minor"] = -120_001


@dataclass(frozen=True)
class Way:
    """One way to tamper; `is_seen_with_key`: also where somebody with the tenant's key makes everything else fit."""

    tamper: Tamper
    is_seen_with_key: bool = True


# With the key, what was made to fit is no lie any more, and of fees no record tells.
WAYS: dict[str, Way] = {
    one.__name__.replace("_", " "): Way(one)
    for one in (
        raise_an_amount,
        lower_a_retrys_amount,
        raise_the_approved_amount,
        change_currency,
        change_both_currencies,
        move_into_another_month,
        call_it_another_month,
        drop_a_line,
        drop_the_last_lines,
        add_a_line,
        add_an_action_that_nobody_approved,
        duplicate_a_line,
        duplicate_under_another_balance_transaction,
        same_balance_transaction,
        swap_two_actions,
        swap_two_approvals,
        swap_two_requests,
        swap_two_leaks,
        swap_two_objects,
        swap_a_retrys_charge,
        swap_idempotency_keys,
        change_a_record,
        hash_a_record_anew,
        sign_a_record_with_another_key,
        drop_a_record,
        duplicate_a_record,
        renumber_a_record,
        swap_two_records,
        call_it_another_tenants,
        make_it_earlier,
        pay_before_it_was_sent,
        pay_weeks_after_it_was_sent,
        call_a_refund_a_payment,
        give_back_more_than_came,
    )
} | {
    one.__name__.replace("_", " "): Way(one, is_seen_with_key=False)
    for one in (change_net, change_fee, swap_two_lines, change_a_total, drop_a_total, add_a_total, swap_totals)
}
