"""A simulated company taken through the product as its user would: written to a folder, then `leaks run`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import start
from tests.report_card.agreement import Card, alerts, compare, injected

LEAK_TYPES = ("unpaid_invoice",)


def run(folder: Path, *, customers: int, seed: int, as_of: str = "2026-10-01") -> dict[str, Card]:
    """The company's card per leak type. Fails with what the command said where one fails."""
    company, home = folder / f"company-{seed}", folder / f"home-{seed}"
    _leaks(
        folder,
        ["sandbox", "write", str(company), "--customers", str(customers), "--seed", str(seed), "--as-of", as_of],
    )
    _leaks(
        folder,
        ["run"],
        LEAKS_HOME=str(home),
        STRIPE_EXPORT=str(company),
        STRIPE_EXPORT_AT=f"{as_of}T00:00:00Z",
        LEAKS_POLICY=str(company / "policy.yml"),
        LEAKS_PRODUCT_USAGE=f"{company / 'login.jsonl'},{company / 'usage.jsonl'}",
    )
    return {
        leak_type: compare(f"seed {seed}", customers, injected(company, leak_type), alerts(home, leak_type))
        for leak_type in LEAK_TYPES
    }


def _leaks(folder: Path, arguments: list[str], **settings: str) -> None:
    done = start(folder, *arguments, **settings)
    assert done.returncode == 0, (
        f"leaks {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    )
