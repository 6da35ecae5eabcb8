"""What can go wrong with the operational store; each text says what to do next and holds no secret."""

from revops.errors import RevopsError


class StoreError(RevopsError):
    """The operational store cannot do what was asked."""


class StoreAddressError(StoreError):
    """DATABASE_URL names no database we can use."""

    exit_code = 2


class StoreMissingError(StoreError):
    """There is no store yet."""


class SchemaOlderError(StoreError):
    """The store was made by an earlier version of this program; it is never migrated silently."""


class SchemaNewerError(StoreError):
    """The store was made by a later version of this program."""


class StoreUnavailableError(StoreError):
    """The database does not answer, or somebody else holds it for too long."""


class InsideTransactionError(StoreError):
    """Something slow was begun while a transaction is open; others would wait for it."""


class UnsafeRoleError(StoreError):
    """The role of DATABASE_URL passes by row-level security."""


class BackupError(StoreError):
    """A backup or a restore cannot be made."""

    exit_code = 2


class SecretKeyError(StoreError):
    """LEAKS_SECRET_KEY is missing, is no key, or is not the one that encrypted."""

    exit_code = 2
