"""What the verbs on the operational store share."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from revops.store import Store


def now() -> datetime:
    """The moment a verb is given, whole seconds: people read it and type it back."""
    return datetime.now(UTC).replace(microsecond=0)


def author() -> str:
    """Who gives the verb: the user that the system knows this process by. What USER or LOGNAME say is no proof."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container whose user has no name
        return f"uid-{number}"


@contextmanager
def open_for_verb() -> Iterator[Store]:
    """The store of this home, made where there is none yet. Raises StoreError."""
    from revops.settings import load_settings
    from revops.store import open_store

    with open_store(load_settings(), upgrade=True) as store:
        yield store
