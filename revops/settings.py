"""Settings of the operational side and the command line, from the environment and `.env`.

Settings of the sources (STRIPE_*) belong to `ingestion`, which reads them the same way; every name of
both is in `.env.example`.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from revops.errors import RevopsError

TENANT = "default"


class SettingsError(RevopsError):
    """A setting has a value that cannot be used."""

    exit_code = 2


class Settings(BaseSettings):
    """What this installation is told from outside; the environment beats `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, case_sensitive=False
    )

    leaks_home: Path = Field(
        default=Path(".leaks"), description="Folder of all state: warehouse, published files, store, Dagster."
    )
    leaks_policy: Path | None = Field(
        default=None, description="The company's policy, one YAML document; without it the defaults hold."
    )
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL for the operational store; without it SQLite files in LEAKS_HOME."
    )
    leaks_secret_key: SecretStr | None = Field(
        default=None, description="Keys that encrypt credentials, separated by commas; the first encrypts."
    )
    stripe_api_key: SecretStr | None = Field(
        default=None, description="The key that reads the account of the tenant default; dry runs read with it."
    )
    stripe_actions_api_key: SecretStr | None = Field(
        default=None, description="A key that may write, for actions of the tenant default; without it none is done."
    )
    stripe_api_base: str = Field(default="https://api.stripe.com", description="Where Stripe's API is.")
    stripe_webhook_secret: SecretStr | None = Field(
        default=None, description="Secrets that sign webhooks to the tenant default, separated by commas."
    )
    stripe_connect_webhook_secret: SecretStr | None = Field(
        default=None, description="Secrets that sign webhooks about connected accounts, separated by commas."
    )
    stripe_connect_client_id: str | None = Field(
        default=None, description="The Connect platform's client id (ca_...), for links that connect an account."
    )
    stripe_connect_api_key: SecretStr | None = Field(
        default=None, description="The Connect platform's key; connected accounts are read with it."
    )
    stripe_connect_base: str = Field(
        default="https://connect.stripe.com", description="Where Connect's OAuth is; the sandbox is elsewhere."
    )
    leaks_anchor_dir: Path | None = Field(
        default=None,
        description="A second folder for anchors of decision records, which the database's owner cannot write.",
    )
    leaks_web_person: str | None = Field(
        default=None,
        description="Who decides on the dashboard without sign-in (web:<e-mail>), on this machine alone.",
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, description="The token (xoxb-...) of the app in the workspace of the tenant default."
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None, description="What Slack signs presses with; not needed with Socket Mode."
    )
    slack_app_token: SecretStr | None = Field(
        default=None, description="The app's token (xapp-...) for Socket Mode, `leaks slack`."
    )
    slack_api_base: str = Field(
        default="https://slack.com/api/", description="Where Slack's API is; the sandbox is elsewhere."
    )
    smtp_host: str | None = Field(
        default=None, description="The mail server of the tenant default; without it no letter goes out."
    )
    smtp_port: int | None = Field(default=None, description="Its port; by default the usual one for SMTP_TLS.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="starttls, tls, or none for a server on this machine."
    )
    smtp_username: str | None = Field(default=None, description="Who signs in at the mail server.")
    smtp_password: SecretStr | None = Field(default=None, description="The password for it.")
    smtp_from: str | None = Field(default=None, description="The address that letters come from.")
    smtp_from_name: str | None = Field(default=None, description="The name beside that address.")
    smtp_reply_to: str | None = Field(default=None, description="Where answers to letters go, if elsewhere.")
    smtp_ca_file: Path | None = Field(
        default=None, description="Authorities (PEM) for the mail server's certificate, in place of the system's."
    )
    linear_api_key: SecretStr | None = Field(
        default=None, description="A Linear API key of the tenant default; without it no task is opened."
    )
    linear_api_base: str = Field(
        default="https://api.linear.app/graphql", description="Where Linear's API is; the sandbox is elsewhere."
    )
    leaks_dashboard_url: str | None = Field(
        default=None, description="Where people open the dashboard; tasks and e-mails link to it."
    )
    leaks_inbox_lag_limit_seconds: int = Field(
        default=900, ge=1, description="How long an event may wait to be worked on before /readyz says not ready."
    )
    leaks_keep_bodies_days: int = Field(
        default=400, ge=1, description="How many days raw bodies of events and texts of refused rows are kept."
    )
    sentry_dsn: SecretStr | None = Field(default=None, description="Where faults of the web service are reported.")
    leaks_debug: bool = Field(default=False, description="Show tracebacks and debug logs.")

    @field_validator("leaks_home", "leaks_policy", "leaks_anchor_dir")
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value is not None else None

    @property
    def tenant_dir(self) -> Path:
        """Folder of the one tenant there is: warehouse.duckdb, published files, pointer."""
        return self.leaks_home / TENANT

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Secrets of webhooks to the tenant `default`; several while one is rolled."""
        return _several(self.stripe_webhook_secret)

    @property
    def connect_webhook_secrets(self) -> tuple[str, ...]:
        """Secrets of webhooks about connected accounts."""
        return _several(self.stripe_connect_webhook_secret)

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME: run history and event logs."""
        return self.leaks_home / "dagster"


def _several(secrets: SecretStr | None) -> tuple[str, ...]:
    texts = secrets.get_secret_value().split(",") if secrets is not None else ()
    return tuple(text.strip() for text in texts if text.strip())


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and `.env`; `overrides` win over both. Raises SettingsError."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [f"{str(e['loc'][0]).upper()}: {e['msg']} (it is {e['input']!r})" for e in error.errors()]
        raise SettingsError("A setting cannot be used. " + "; ".join(lines)) from error
