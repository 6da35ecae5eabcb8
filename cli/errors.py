"""From an error to what a person reads, and to the exit code."""

from ingestion.errors import (
    ExportError,
    IngestionError,
    ProductUsageError,
    ProfileError,
    SettingsError,
    UnknownCustomerError,
)
from revops.errors import RevopsError
from revops.logging import redact

BAD_INPUT = 2
FAILURE = 1

_BAD_INPUT = (ProfileError, SettingsError, ExportError, ProductUsageError, UnknownCustomerError)
# By name: importing their modules would load much to print a line.
_TYPED = frozenset(("BuildError", "ChildFailedError", "ManifestError", "NothingLandedError", "PublishError"))


def message(error: Exception) -> str:
    """What went wrong and what to do next, without secrets."""
    text = redact(str(error)).strip()
    if isinstance(error, RevopsError | IngestionError) or type(error).__name__ in _TYPED:
        return f"leaks: {text}"
    name = type(error).__name__
    return f"leaks: {name}: {text or 'no message'}\nThis is not expected; LEAKS_DEBUG=1 shows where it happened."


def exit_code(error: Exception) -> int:
    """2 where the person gave something that cannot be used, 1 for everything else."""
    if isinstance(error, RevopsError):
        return error.exit_code
    return BAD_INPUT if isinstance(error, _BAD_INPUT) else FAILURE
