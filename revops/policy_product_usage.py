"""The policy's section on the product's own logs: where the fields are, and how an account becomes a customer."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from revops.policy_sections import Strict

Rule = Literal["stripe_id", "metadata", "mapping", "email", "domain"]
_RULES: tuple[Rule, ...] = ("stripe_id", "metadata", "mapping", "email", "domain")


def _as_list(value: Any) -> Any:
    """One name may be written without the list around it."""
    return (value,) if isinstance(value, str) else value


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("unknown time zone") from None
    return name


def _once_each(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    if len(set(rules)) != len(rules):
        raise ValueError("a rule stands twice")
    return rules


_Name = Annotated[str, Field(min_length=1)]
_Names = Annotated[tuple[_Name, ...], BeforeValidator(_as_list), Field(strict=False, min_length=1)]
_Field = Annotated[_Names | None, Field(description="a field's name in the log, or a list of names tried in order")]
_Files = Annotated[
    _Names | None, Field(description="a pattern of file names, for example auth-*.csv, or a list of patterns")
]


class Fields(Strict):
    """Fields that logins and usage share; what is left out keeps its default name."""

    account: _Field = None
    user: _Field = None
    email: _Field = None
    at: _Field = None
    id: _Field = None

    def named(self) -> dict[str, tuple[str, ...]]:
        """The fields that were named, by meaning."""
        return {meaning: tuple(names) for meaning, names in self if names is not None}


class LoginFields(Fields):
    """The fields of a login."""

    method: _Field = None


class UsageFields(Fields):
    """The fields of a metered use."""

    metric: _Field = None
    quantity: _Field = None


class Logins(Strict):
    """How logs of logins are recognised and read."""

    files: _Files = None
    fields: Annotated[LoginFields, Field(description=f"the keys {', '.join(LoginFields.model_fields)}")] = LoginFields()


class Usage(Strict):
    """How logs of metered use are recognised and read."""

    files: _Files = None
    fields: Annotated[UsageFields, Field(description=f"the keys {', '.join(UsageFields.model_fields)}")] = UsageFields()


class MappingTable(Strict):
    """The company's own table of which account is which Stripe customer."""

    path: Annotated[str, Field(min_length=1, description="a file, or a SQL table's address")]
    account: Annotated[str, Field(min_length=1, description="the name of its column of accounts")] = "account_id"
    customer: Annotated[str, Field(min_length=1, description="the name of its column of Stripe customers")] = "customer"


class ProductUsage(Strict):
    """The product's own logs (LEAKS_PRODUCT_USAGE): their fields, their time zone, and whose accounts they are."""

    login: Annotated[Logins, Field(description="the keys files, fields")] = Logins()
    usage: Annotated[Usage, Field(description="the keys files, fields")] = Usage()
    time_zone: Annotated[
        str, AfterValidator(_known_zone), Field(description="a time zone's name, for example UTC or Europe/Berlin")
    ] = "UTC"
    identity: Annotated[
        tuple[Rule, ...],
        AfterValidator(_once_each),
        Field(strict=False, min_length=1, description=f"a list of {', '.join(_RULES)}, each once"),
    ] = _RULES
    metadata_key: Annotated[
        str, Field(min_length=1, description="the key of customers' metadata that holds the product's account id")
    ] = "account_id"
    mapping_table: Annotated[MappingTable | None, Field(description="the keys path, account, customer")] = None
    cursor: Annotated[str | None, Field(min_length=1, description="the column by which a SQL table is read on")] = None
    late_minutes: Annotated[int, Field(ge=0, le=525_600, description="whole minutes from 0 to 525600")] = 60
    unmatched_warning_share: Annotated[float, Field(ge=0, le=1, description="a share from 0 to 1")] = 0.05
    stale_after_days: Annotated[int, Field(ge=1, le=60, description="whole days from 1 to 60")] = 3
