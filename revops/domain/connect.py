"""Stripe Connect: an account that let us in, and why another was not taken."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from revops.errors import RevopsError

ConnectProblem = Literal[
    "connect_forged",
    "connect_expired",
    "connect_replayed",
    "connect_denied",
    "connect_code_refused",
    "connect_other_tenant",
    "connect_already",
]


Mode = Literal["live", "test"]
Kind = Literal["api_key", "connect", "export"]


@dataclass(frozen=True)
class ConnectedAccount:
    """What Stripe says of an account that let the platform in."""

    account_id: str
    mode: Mode


@dataclass(frozen=True)
class StripeConnection:
    """An active integration by which a tenant's Stripe account can be read; renewed last at `updated_at`."""

    tenant_id: str
    integration_id: str
    kind: Kind
    mode: Mode
    account_id: str | None
    updated_at: datetime


class IntegrationError(RevopsError):
    """The integration cannot be made or is not there."""

    exit_code = 2


class AccountTakenError(IntegrationError):
    """Another integration has this account."""


class ConnectRefusedError(RevopsError):
    """An account is not connected; `tenant_id` is known where the state of the link was ours."""

    def __init__(self, problem: ConnectProblem, message: str, tenant_id: str | None = None) -> None:
        super().__init__(message)
        self.problem = problem
        self.tenant_id = tenant_id


class ConnectUnavailableError(RevopsError):
    """Stripe could not be asked; nothing is connected or disconnected."""


class ConnectSettingsError(RevopsError):
    """Connect is not set up, or not in this way."""

    exit_code = 2
