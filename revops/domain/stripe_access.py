"""How a tenant's Stripe account is reached."""

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True)
class StripeAccess:
    """A key of Stripe's; with Connect the platform's, which is used for the account that is named."""

    api_key: SecretStr
    account_id: str | None = None
