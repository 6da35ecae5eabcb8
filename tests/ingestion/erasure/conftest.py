"""Homes in which a person has landed, and is then erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.erasure.duckdb_files import rewrite
from ingestion.erasure.person import Person, find_person
from ingestion.erasure.rows import Rows
from ingestion.lock import writer_lock
from ingestion.operations.erasures import land_erasures, note_objects, read_erased
from ingestion.profile import Profile

SALT = "0f0f"
AT = datetime(2026, 10, 1, tzinfo=UTC).replace(tzinfo=None)
Erase = Callable[[Profile, str], Person]


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """A tenant on an empty disk."""
    return Profile(tmp_path / "home")


@pytest.fixture
def erase() -> Erase:
    """The warehouse's part of an erasure."""

    def run(profile: Profile, customer_id: str) -> Person:
        with writer_lock(profile):
            person = find_person(profile, customer_id, SALT)
            land_erasures(profile, [person.erasure(SALT, AT)])
            note_objects(profile, person.charges)
            erased = read_erased(profile)
            assert erased is not None
            rewrite(profile.warehouse, Rows(erased, person), sorted(person.object_ids))
        return person

    return run
