"""Settings of this package, from the environment and `.env`."""

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.errors import SettingsError

Mode = Literal["live", "test"]


class HomeSettings(BaseSettings):
    """Where state lives and which destination is used."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    leaks_home: Path = Path(".leaks")
    profile: str = "duckdb"


class ProductUsageSettings(BaseSettings):
    """Where the product's own logs are; a database's address may hold a password, so it is kept like one."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    leaks_product_usage: SecretStr | None = None


class StripeSettings(BaseSettings):
    """How to reach a Stripe account, or the folder of its exports; the key never leaves SecretStr but to be sent."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    stripe_api_key: SecretStr | None = None
    stripe_api_base: str = "https://api.stripe.com"
    stripe_account: str | None = None
    stripe_export: Path | None = None
    stripe_export_at: datetime | None = None
    stripe_mode: Mode | None = None
    stripe_requests_per_second: int = Field(default=100, ge=1)
    stripe_requests_per_second_per_endpoint: int = Field(default=25, ge=1)

    @field_validator("stripe_export_at")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @cached_property
    def mode(self) -> Mode:
        """Live or test: from the key's second word, or STRIPE_MODE (default live) for an export.

        Raises SettingsError where the key is no Stripe key or STRIPE_MODE contradicts it.
        """
        if self.stripe_export is not None:
            return self.stripe_mode or "live"
        if self.stripe_api_key is None:
            raise SettingsError(
                "no source is configured: set STRIPE_API_KEY to a restricted key (rk_live_...) "
                "or STRIPE_EXPORT to a folder of exported objects"
            )
        words = self.stripe_api_key.get_secret_value().split("_")
        if len(words) < 3 or words[0] not in {"sk", "rk"} or words[1] not in {"live", "test"}:
            raise SettingsError(
                "STRIPE_API_KEY is no secret or restricted key: it must begin with rk_live_, rk_test_, sk_live_ or "
                "sk_test_; create a restricted key in Stripe's dashboard under Developers > API keys"
            )
        mode: Mode = "live" if words[1] == "live" else "test"
        if self.stripe_mode is not None and self.stripe_mode != mode:
            raise SettingsError(
                f"STRIPE_MODE is {self.stripe_mode} but the key is a {mode} key: remove STRIPE_MODE, or use a "
                f"{self.stripe_mode} key"
            )
        return mode
