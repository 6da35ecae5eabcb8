"""What can go wrong while reading and landing; every text says what to do next and holds no secret."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.quality.report import QualityReport


class IngestionError(Exception):
    """Base of all failures of this package; its text is meant for people."""


class ProfileError(IngestionError):
    """PROFILE names no destination we know."""


class SettingsError(IngestionError):
    """A setting is missing or contradicts another."""


class NothingLandedYetError(IngestionError):
    """A home has no account yet, so there is nothing that events could change."""


class WarehouseBusyError(IngestionError):
    """Another run holds the warehouse."""


class ExportError(IngestionError):
    """The export folder cannot be read as one."""


class ProductUsageError(IngestionError):
    """The logs of product usage, or the mapping of their fields, cannot be used as they are."""


class UnknownCustomerError(IngestionError):
    """No object of this customer has ever landed."""


class FileInUseError(IngestionError):
    """A file that must be rewritten is being used."""


class DiskFullError(IngestionError):
    """The disk that holds LEAKS_HOME is full; what had landed before stays, the next run goes on from there."""


class InvalidKeyError(IngestionError):
    """Stripe refused the API key."""


class AccountError(IngestionError):
    """STRIPE_ACCOUNT is unknown to this key."""


class PermissionMissingError(IngestionError):
    """A restricted key may not read one resource; `permission` is Stripe's name for what is missing."""

    def __init__(self, message: str, permission: str | None) -> None:
        super().__init__(message)
        self.permission = permission


class StripeUnavailableError(IngestionError):
    """Stripe could not be reached or kept failing after all retries."""


class StripeAnswerError(IngestionError):
    """Stripe answered something that we cannot use: a refused request or a body that is no JSON."""


class ObjectGoneError(StripeAnswerError):
    """Stripe has no object of this id."""


class QualityError(IngestionError):
    """What just landed is suspect as a whole; it was taken back and the last publication stays.

    `report` holds the results of all checks.
    """

    def __init__(self, message: str, report: "QualityReport") -> None:
        super().__init__(message)
        self.report = report


class QualityCheckError(IngestionError):
    """A check of what just landed broke, which says nothing of the data; what landed is kept and checked next time.

    `report` holds the results, None where the facts could not even be gathered.
    """

    def __init__(self, message: str, report: "QualityReport | None" = None) -> None:
        super().__init__(message)
        self.report = report
