"""A published file of an account made up for page tests: the public tables with the columns pages read, filled
from a few findings."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from tests.streamlit_app.published_tables import NEWER_TABLES, TABLES

# The warehouse keeps UTC without a zone.
AS_OF = datetime(2026, 10, 1, tzinfo=UTC).replace(tzinfo=None)

# Minor units of USD for one minor unit; Norwegian crowns have no rate.
RATES = {"usd": "1", "eur": "1.1", "jpy": "0.7", "kwd": "0.325"}


@dataclass
class Account:
    """Rows by table; `add` writes one unpaid invoice of one customer into all of them."""

    mode: str = "live"
    source: str = "api"
    published_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    as_of: datetime = AS_OF
    is_old_version: bool = False
    tenant_id: str = "default"
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES | NEWER_TABLES})

    def __post_init__(self) -> None:
        self.put("integration", source=self.source, mode=self.mode, account_id="acct_1Ab", as_of=self.as_of)
        self.put("policy", reporting_currency="usd")
        self.put(
            "leak_types",
            leak_type="unpaid_invoice",
            family="failed_charges",
            title="Unpaid invoices",
            requires="invoice",
            is_on=True,
        )
        for resource, n in (("customer", 40), ("invoice", 300), ("charge", 310), ("subscription", 40)):
            self.put("data_coverage", resource=resource, is_on=True, row_count=n, read_at=self.as_of)
        for currency, rate in RATES.items():
            for day in (10, 29):
                self.put(
                    "fx_rates",
                    rate_date=self.as_of.replace(month=9, day=day).date(),
                    currency=currency,
                    reporting_currency="usd",
                    rate=rate,
                    source="balance_transaction",
                )

    def put(self, table: str, **row: Any) -> None:
        self.rows[table].append({"tenant_id": self.tenant_id, **row})

    def add(
        self,
        name: str | None,
        amount_minor: int,
        currency: str = "usd",
        *,
        age: int = 20,
        is_alert: bool = True,
        country: str | None = "US",
        plan: str | None = "Pro",
        recurring_minor: int = 0,
        counted_minor: int | None = None,
        declines: tuple[str, ...] = ("insufficient_funds",),
        hosted: str | None = "https://invoice.stripe.com/i/acct_1Ab/live_x",
        sentence: str = "Every scheduled try has failed and Stripe will not try again on its own.",
        leak_type: str = "unpaid_invoice",
    ) -> str:
        """Returns the finding's id: f0001, f0002, ..."""
        n = len(self.rows["leak_findings"]) + 1
        finding, invoice, customer, number = f"f{n:04d}", f"in_{n:04d}", f"cus_{n:04d}", f"ACME-{n:04d}"
        detected = self.as_of - timedelta(days=age)
        counted = (amount_minor if counted_minor is None else counted_minor) if is_alert else 0
        rate = RATES.get(currency)

        def at_rate(minor: int) -> int | None:
            return round(minor * Decimal(rate)) if rate else None

        self.put("customers", customer_id=customer, name=name, email=f"billing@{n}.example", country=country)
        self.put(
            "subscriptions",
            subscription_id=f"sub_{n:04d}",
            customer_id=customer,
            plan_name=plan,
            status="past_due",
            currency=currency,
            net_monthly_minor=amount_minor,
            started_at=detected - timedelta(days=200),
        )
        self.put(
            "invoices",
            invoice_id=invoice,
            customer_id=customer,
            subscription_id=f"sub_{n:04d}",
            number=number,
            status="open",
            currency=currency,
            total_minor=amount_minor,
            amount_remaining_minor=amount_minor,
            refunded_minor=0,
            created_at=detected - timedelta(days=14),
            finalized_at=detected - timedelta(days=14),
            is_paid_out_of_band=False,
            is_deleted=False,
        )
        for i, code in enumerate(declines):
            self.put(
                "payments",
                payment_id=f"ch_{n:04d}_{i}",
                invoice_id=invoice,
                customer_id=customer,
                status="failed",
                amount_refunded_minor=0,
                is_disputed=False,
                amount_minor=amount_minor,
                currency=currency,
                decline_code=code,
                decline_group="retry_later",
                card_brand="visa",
                card_last4="4242",
                created_at=detected - timedelta(days=3 * (len(declines) - i)),
            )
        evidence = {
            "invoice": invoice,
            "number": number,
            "status": "open",
            "amount_remaining_minor": amount_minor,
            "currency": currency,
            "collection_method": "charge_automatically",
            "billed_at": f"{detected - timedelta(days=14):%Y-%m-%dT%H:%M:%SZ}",
            "attempt_count": len(declines),
            "attempts": [{"charge": f"ch_{n:04d}_0", "network_decline_code": "51"}] if declines else [],
            "hosted_invoice_url": hosted,
            "verdict": "retries_used_up",
            "reasons": [sentence],
            "wrong_if": "A payment arrived outside Stripe or the service was never delivered.",
        }
        self.put(
            "leak_findings",
            finding_id=finding,
            leak_type=leak_type,
            family="failed_charges",
            object_type="invoice",
            object_id=invoice,
            customer_id=customer,
            currency=currency,
            amount_minor=amount_minor,
            recurring_minor=recurring_minor,
            confidence=0.95 if is_alert else 0.3,
            recovery_probability=0.35,
            first_detectable_at=detected,
            root_cause=f"invoice:{invoice}",
            evidence=json.dumps(evidence),
            definition_version="d1",
            as_of=self.as_of,
        )
        self.put(
            "triage",
            finding_id=finding,
            leak_type=leak_type,
            family="failed_charges",
            customer_id=customer,
            currency=currency,
            is_alert=is_alert,
            amount_minor=amount_minor,
            counted_minor=counted,
            recurring_minor=recurring_minor,
            amount_reporting_minor=at_rate(amount_minor),
            counted_reporting_minor=at_rate(counted),
            reporting_currency="usd",
            expected_recovery_minor=amount_minor // 3,
            priority=n,
            age_days=age,
        )
        return finding

    def trend(self) -> None:
        """Fill recoverable_daily from the findings, as if nothing had been settled."""
        for back in range(90):
            day = self.as_of - timedelta(days=back)
            kinds: dict[str, list[dict[str, Any]]] = {}
            for row in self.rows["triage"]:
                if row["is_alert"]:
                    kinds.setdefault(row["currency"], []).append(row)
            for currency, rows in kinds.items():
                known = [row for row in rows if row["age_days"] >= back]
                amounts = [row["counted_reporting_minor"] for row in known]
                self.put(
                    "recoverable_daily",
                    day=day.date(),
                    leak_type="unpaid_invoice",
                    currency=currency,
                    alerts=len(known),
                    amount_minor=sum(row["counted_minor"] for row in known),
                    amount_reporting_minor=None if currency not in RATES else sum(amounts),
                )

    def publish(self, home: Path, n: int = 1) -> Path:
        """Writes published-<n>.duckdb under the tenant's folder and points to it."""
        folder = home / self.tenant_id
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"published-{n}.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            for table, columns in (TABLES if self.is_old_version else TABLES | NEWER_TABLES).items():
                connection.execute(f"create table {table} ({columns})")
                if self.rows[table]:
                    connection.register("incoming", pd.DataFrame(self.rows[table]).astype(object))
                    connection.execute(f"insert into {table} by name select * from incoming")
                    connection.unregister("incoming")
        pointer = {
            "file": path.name,
            "n": n,
            "as_of": f"{self.as_of:%Y-%m-%dT%H:%M:%SZ}",
            "published_at": self.published_at.isoformat(),
        }
        (folder / "published.json").write_text(json.dumps(pointer), encoding="utf-8")
        return path


def typical(**settings: Any) -> Account:
    """Four currencies, alerts and reviews, names that try to be markup, one currency without a rate."""
    account = Account(**settings)
    account.add("Brightwave Media", 1_299_00, age=12, declines=("insufficient_funds",) * 4)
    account.add("Kestrel Robotics", 8_450_00, age=75, country="GB", plan="Enterprise", declines=("do_not_honor",))
    account.add("Fjordlicht GmbH", 2_400_00, "eur", age=33, country="DE", plan="Team")
    account.add("Hoshino Denki", 128_000, "jpy", age=5, country="JP", plan="Team", declines=("expired_card",))
    account.add("Al Noor Trading", 412_500, "kwd", age=210, country="KW", plan="Enterprise")
    account.add("Nordvind AS", 5_000_00, "nok", age=400, country="NO", plan=None)
    account.add("<script>alert('x')</script>", 310_00, age=9, declines=("lost_card",))
    account.add("[pay here](javascript:alert(1))", 205_00, age=2, country=None)
    account.add("Cost $5 and $6 **bold** :smile:", 99_00, age=1)
    account.add("Harbour & Sons", 740_00, age=3, is_alert=False, sentence="Stripe will try again and that can work.")
    account.add("Lumen Labs", 1_150_00, "eur", age=6, is_alert=False, country="FR", plan="Pro")
    account.trend()
    return account
