"""Which field of a log means what: plain values, filled from the tenant's policy by whoever calls `load`."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

Kind = Literal["login", "usage"]
KINDS: tuple[Kind, ...] = get_args(Kind)

IDENTITY_RULES = ("stripe_id", "metadata", "mapping", "email", "domain")

# Names tried for each meaning; the first that a row has a value for counts. A dot leads into a nested JSON object.
_WHO = {"account": ("customer", "account_id"), "user": ("user_id",), "email": ("email",)}
DEFAULT_FIELDS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "login": {**_WHO, "at": ("ts",), "method": ("method",), "id": ()},
    "usage": {**_WHO, "at": ("ts",), "metric": ("metric",), "quantity": ("quantity",), "id": ("idempotency_key",)},
}
# A row without one of each group cannot be understood.
REQUIRED: Mapping[Kind, tuple[tuple[str, ...], ...]] = {
    "login": (("account", "email"), ("at",)),
    "usage": (("account", "email"), ("at",), ("metric",), ("quantity",)),
}


@dataclass(frozen=True)
class LogMapping:
    """How logs of one kind are recognised and read; fields that are left out keep their default names."""

    files: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class UsageMapping:
    """How the tenant's logs are read.

    `time_zone` (IANA name) is that of times without one. `cursor` is the column by which a SQL table is read on; rows
    that come up to `late_minutes` behind the newest are still found. `account_links` is a file or SQL table that says
    which account of the product is which Stripe customer.
    """

    login: LogMapping = LogMapping()
    usage: LogMapping = LogMapping()
    time_zone: str = "UTC"
    cursor: str | None = None
    late_minutes: int = 60
    account_links: str | None = None
    link_account: str = "account_id"
    link_customer: str = "customer"

    def of(self, kind: Kind) -> LogMapping:
        """The mapping of one kind of log."""
        return self.login if kind == "login" else self.usage

    def fields(self, kind: Kind) -> dict[str, tuple[str, ...]]:
        """Every meaning with the names of its fields, defaults filled in."""
        return {**DEFAULT_FIELDS[kind], **self.of(kind).fields}

    def version(self, kind: Kind) -> str:
        """Changes whenever rows of this kind would be read differently."""
        said = repr((sorted(self.fields(kind).items()), self.time_zone))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class UsageRules:
    """What the models need to know of the policy: how accounts become customers, and from when on to be careful."""

    identity: tuple[str, ...] = IDENTITY_RULES
    metadata_key: str = "account_id"
    unmatched_warning_share: float = 0.05
    stale_after_days: int = 3

    def as_row(self) -> dict[str, object]:
        """One row of `product.rules`."""
        return {**asdict(self), "identity": ",".join(self.identity)}
