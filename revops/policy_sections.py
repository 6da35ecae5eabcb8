"""The sections of a policy: what each key may be, and in which words it is explained."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

ObjectType = Literal["customer", "subscription", "coupon"]


class Strict(BaseModel):
    """Unknown keys and near misses are errors, and what was read does not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Retries(Strict):
    """How long a failed invoice is still being retried, and is therefore not lost yet.

    The defaults are Stripe's own recommendation: 8 tries, counted per card in 30 days.
    """

    max_attempts: Annotated[int, Field(ge=1, le=50, description="a whole number from 1 to 50")] = 8
    window_days: Annotated[int, Field(ge=1, le=365, description="whole days from 1 to 365")] = 30


class UnpaidInvoice(Strict):
    """Thresholds of the leak type unpaid_invoice."""

    overdue_grace_days: Annotated[int, Field(ge=0, le=365, description="whole days from 0 to 365")] = 7
    minimum_amount_minor: Annotated[
        int, Field(ge=0, description="a whole number of minor units (cents, yen), 0 or more")
    ] = 0


class Exemption(Strict):
    """Something that is no leak here: objects whose metadata has a key (and, if given, this value)."""

    leak_type: Annotated[str, Field(min_length=1, description="'*' or the name of a leak type")] = "*"
    customer: Annotated[str | None, Field(min_length=1, description="a customer's metadata key")] = None
    subscription: Annotated[str | None, Field(min_length=1, description="a subscription's metadata key")] = None
    coupon: Annotated[str | None, Field(min_length=1, description="a coupon's metadata key")] = None
    value: Annotated[
        str | None,
        Field(min_length=1, description="text in quotes, for example 'true' (metadata is always text)"),
    ] = None
    reason: Annotated[str, Field(min_length=1, description="a sentence that people will read")]

    @model_validator(mode="after")
    def _one_object(self) -> "Exemption":
        if sum(key is not None for key in (self.customer, self.subscription, self.coupon)) != 1:
            raise PydanticCustomError("names_one_object", "name one object")
        return self

    @property
    def object_type(self) -> ObjectType:
        """Whose metadata is looked at."""
        for name in get_args(ObjectType):
            if getattr(self, name) is not None:
                return name  # type: ignore[no-any-return]  # one of the literals, by construction
        raise AssertionError("validated: one object is named")

    def as_row(self, tenant_id: str) -> dict[str, Any]:
        """The row of operations.policy_exemptions."""
        return {
            "tenant_id": tenant_id,
            "leak_type": self.leak_type,
            "object_type": self.object_type,
            "metadata_key": getattr(self, self.object_type),
            "metadata_value": self.value,
            "reason": self.reason,
        }
