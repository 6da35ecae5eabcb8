"""Two tenants whose every object is marked: what is of one and shows at the other is found by its mark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.simulator import Plan, write

# 1 October 2026.
ANCHOR = 1_790_812_800
_IDS = re.compile(r'"(cus|in|sub|si|ch|pi|pm|il|di|evt|dp|re|cn)_')


@dataclass(frozen=True)
class Tenant:
    """A tenant, the mark of all that is its, and its Stripe account."""

    tenant_id: str
    mark: str
    account_id: str
    seed: int


A = Tenant("alpine", "OnlyInA", "acct_1OnlyInA00000000", 5)
B = Tenant("borough", "OnlyInB", "acct_1OnlyInB00000000", 6)


def write_companies(folder: Path, customers: int) -> None:
    """A folder that the sandbox serves: both companies as connected accounts, and a platform without customers."""
    folder.mkdir(parents=True)
    (folder / "customer.jsonl").touch()
    for tenant in (A, B):
        place = folder / tenant.account_id
        write(place, Plan(seed=tenant.seed, customers=customers, anchor=ANCHOR))
        for file in place.glob("*.jsonl"):
            file.write_text(_marked(file.read_text(encoding="utf-8"), tenant), encoding="utf-8")


def _marked(text: str, tenant: Tenant) -> str:
    """Ids and the names of customers say whose they are."""
    text = _IDS.sub(rf'"\1_{tenant.mark}', text)
    text = re.sub(r'"acct_\w+"', f'"{tenant.account_id}"', text)
    return re.sub(r'"(name|customer_name)":\s*"([^"]+)"', rf'"\1":"{tenant.mark} \2"', text)
