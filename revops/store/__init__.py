"""The operational store: what people decide and what is done about it. This is its door.

`open_store(settings)` gives a `Store`; `store.tenant(...)` a short transaction; one repository per file.
"""

# Who asks the MetaData for its tables finds all of them.
from revops.store import (
    connect_states,
    decision_tables,
    erasures,
    letter_tables,
    people_tables,
    slack_messages,
    tables,
)
from revops.store.errors import (
    BackupError,
    InsideTransactionError,
    SchemaNewerError,
    SchemaOlderError,
    SecretKeyError,
    StoreAddressError,
    StoreError,
    StoreMissingError,
    StoreUnavailableError,
    UnsafeRoleError,
)
from revops.store.store import Store, open_store

__all__ = [
    "BackupError",
    "InsideTransactionError",
    "SchemaNewerError",
    "SchemaOlderError",
    "SecretKeyError",
    "Store",
    "StoreAddressError",
    "StoreError",
    "StoreMissingError",
    "StoreUnavailableError",
    "UnsafeRoleError",
    "connect_states",
    "decision_tables",
    "erasures",
    "letter_tables",
    "open_store",
    "people_tables",
    "slack_messages",
    "tables",
]
