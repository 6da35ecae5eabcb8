"""What the product said of a simulated company against what was injected into it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from revops.warehouse import Published


@dataclass(frozen=True)
class Injected:
    """A label: money that leaks (`leak`), may still come by itself (`pending`), or only looks so (`look_alike`)."""

    kind: str
    cause: str
    object_id: str
    customer_id: str
    amount_minor: int
    currency: str
    note: str


@dataclass(frozen=True)
class Alert:
    """An alert's counted money, with what the detector says of it."""

    object_id: str
    customer_id: str
    amount_minor: int
    currency: str
    verdict: str


@dataclass
class Card:
    """Right and wrong alerts of one leak type, pooled over companies; `differences` has a line for each wrong one."""

    right: int = 0
    alerts: int = 0
    leaks: int = 0
    right_amounts: int = 0
    alert_minor: Counter[str] = field(default_factory=Counter)
    leak_minor: Counter[str] = field(default_factory=Counter)
    customers: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: Card) -> None:
        """Pools another company's card into this one."""
        self.right += other.right
        self.alerts += other.alerts
        self.leaks += other.leaks
        self.right_amounts += other.right_amounts
        self.alert_minor += other.alert_minor
        self.leak_minor += other.leak_minor
        self.customers += other.customers
        self.differences += other.differences

    def line(self) -> str:
        """Precision and recall with numerator and denominator, amounts and money per currency."""
        money = ", ".join(
            f"{currency} {self.alert_minor[currency]}/{self.leak_minor[currency]}"
            for currency in sorted({*self.alert_minor, *self.leak_minor})
        )
        return (
            f"precision {_share(self.right, self.alerts)}  recall {_share(self.right, self.leaks)}  "
            f"amounts {_share(self.right_amounts, self.right)}  minor units found/injected: {money}"
        )


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} = {part / whole:.3f}" if whole else f"{part}/{whole}"


def injected(folder: Path, leak_type: str) -> list[Injected]:
    """The labels of a leak type in a simulated company's folder."""
    found = []
    with (folder / "labels.jsonl").open() as lines:
        for line in lines:
            label: dict[str, Any] = json.loads(line)
            if label["leak_type"] == leak_type:
                found.append(
                    Injected(
                        kind=label["kind"],
                        cause=label["cause"],
                        object_id=label["object"],
                        customer_id=label["customer"],
                        amount_minor=label["amount"] or 0,
                        currency=label["currency"],
                        note=label["note"] or "",
                    )
                )
    return found


def alerts(home: Path, leak_type: str) -> list[Alert]:
    """The alerts of a leak type in a home's published warehouse."""
    with Published.open(home) as published:
        rows = published.query(
            "select f.object_id, f.customer_id, t.counted_minor, f.currency, f.evidence "
            "from leak_findings f join triage t using (tenant_id, finding_id) where t.is_alert and f.leak_type = ?",
            [leak_type],
        )
    return [
        Alert(
            row["object_id"],
            row["customer_id"],
            row["counted_minor"],
            row["currency"],
            json.loads(row["evidence"]).get("verdict", ""),
        )
        for row in rows
    ]


def compare(name: str, customers: int, labels: Iterable[Injected], found: Iterable[Alert]) -> Card:
    """One company's card; an object counts once, and only a label of kind `leak` makes an alert right."""
    by_object: Mapping[str, list[Injected]] = _grouped(labels)
    said = {alert.object_id: alert for alert in found}
    leaking = {object_id: label for object_id, some in by_object.items() for label in some if label.kind == "leak"}
    card = Card(customers=customers, alerts=len(said), leaks=len(leaking))
    for alert in said.values():
        card.alert_minor[alert.currency] += alert.amount_minor
    for label in leaking.values():
        card.leak_minor[label.currency] += label.amount_minor
    for object_id in sorted({*said, *leaking}):
        alert, leak = said.get(object_id), leaking.get(object_id)
        if alert is not None and leak is not None:
            card.right += 1
            is_right = (alert.amount_minor, alert.currency) == (leak.amount_minor, leak.currency)
            card.right_amounts += is_right
            if not is_right:
                card.differences.append(
                    f"{name} amount  {object_id} {alert.currency} {alert.amount_minor}, injected {leak.amount_minor} "
                    f"({leak.cause}; {alert.verdict})"
                )
        elif alert is not None:
            known = "; ".join(f"{one.kind} {one.cause} {one.note}" for one in by_object.get(object_id, []))
            card.differences.append(
                f"{name} wrong   {object_id} {alert.currency} {alert.amount_minor} as {alert.verdict}; "
                f"it is {known or 'nothing that was injected'}"
            )
        elif leak is not None:
            card.differences.append(
                f"{name} missed  {object_id} {leak.currency} {leak.amount_minor} {leak.cause} {leak.note}"
            )
    return card


def _grouped(labels: Iterable[Injected]) -> dict[str, list[Injected]]:
    grouped: dict[str, list[Injected]] = {}
    for label in labels:
        grouped.setdefault(label.object_id, []).append(label)
    return grouped
