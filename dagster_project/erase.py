"""Erasing a customer: everything that identifies a person goes from the store and from all files of a home.

What is looked for is read from the warehouse, so the warehouse is rewritten last: an erasure that is killed before its
end finds its words again, and doing it once more ends it. It stays erased by what the store keeps: landing strips what
arrives later.

Rewritten are the warehouse, every published file, the store, its backups in LEAKS_HOME, and Dagster's history and logs.
Removed are the tenant's working folders. Not ours to change: Stripe, the product's logs and exports where they are
kept, backups elsewhere, PostgreSQL's own archives.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.erasures import Washing, landed, stored
from ingestion.erasure.duckdb_files import rewrite
from ingestion.erasure.home_files import remove_working_files, wash_files
from ingestion.erasure.person import Person, find_person
from ingestion.erasure.rows import Rows
from ingestion.erasure.search import Search
from ingestion.lock import writer_lock
from ingestion.operations.erasures import land_erasures, note_objects, read_erased
from ingestion.profile import Profile
from revops.service.erase_events import erase_events
from revops.settings import Settings
from revops.store import Store, open_store
from revops.store.anchors import anchor
from revops.store.bodies import Bodies
from revops.store.compact import compact
from revops.store.engine import postgres_url
from revops.store.erase_backups import erase_backups
from revops.store.erase_letters import erase_letters
from revops.store.erase_notes import erase_notes, erase_notes_of_copy
from revops.store.erasures import Erasures
from revops.store.free_texts import wash_texts
from revops.store.signing_keys import load_signer
from revops.store.tenants import Tenants

# A batch of the worker takes seconds; who waits for a whole run is told so.
LOCK_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """What an erasure found and did.

    `also` are customers who have the same address and keep it. `left` are files in which a word still stands.
    """

    customer_id: str
    objects: int
    rows: int
    bodies: int
    backups: int
    also: tuple[str, ...]
    left: tuple[Path, ...]


def known_person(settings: Settings, tenant_id: str, customer_id: str) -> Person:
    """Who would be erased. Raises UnknownCustomerError, TenantError and WarehouseBusyError."""
    with open_store(settings, upgrade=True) as store:
        Tenants(store).known(tenant_id)
        salt = Erasures(store).salt(tenant_id)
    profile = _profile(settings, tenant_id)
    with writer_lock(profile, LOCK_SECONDS):
        return find_person(profile, customer_id, salt)


def erase_customer(settings: Settings, tenant_id: str, customer_id: str, *, actor: str, at: datetime) -> Outcome:
    """Erase a customer of a tenant for good; doing it again changes nothing more.

    Raises UnknownCustomerError, TenantError, WarehouseBusyError, StoreUnavailableError and FileInUseError where
    something that must be rewritten is in use, BackupError for a backup that cannot be rewritten.
    """
    profile = _profile(settings, tenant_id)
    with open_store(settings, upgrade=True) as store:
        Tenants(store).known(tenant_id)
        with writer_lock(profile, LOCK_SECONDS):
            return _Erasing(settings, store, profile, customer_id, actor, at).run()


def _profile(settings: Settings, tenant_id: str) -> Profile:
    return Profile(settings.leaks_home.expanduser().absolute(), tenant_id=tenant_id)


class _Erasing:
    def __init__(
        self, settings: Settings, store: Store, profile: Profile, customer_id: str, actor: str, at: datetime
    ) -> None:
        self._settings, self._store, self._profile, self._actor = settings, store, profile, actor
        self._signer, self._at = load_signer(settings), at
        self._erasures = Erasures(store)
        salt = self._erasures.salt(profile.tenant_id)
        self._person = find_person(profile, customer_id, salt)
        self._note(salt, at)
        erased = read_erased(profile)
        assert erased is not None, "this erasure has just been noted"  # noqa: S101
        self._rows = Rows(erased, self._person)
        self._washing = Washing(erased, self._rows)

    def _note(self, salt: str, at: datetime) -> None:
        """From now on nothing of the person lands."""
        tenant = self._profile.tenant_id
        erasure = self._person.erasure(salt, at.replace(tzinfo=None))
        self._erasures.add(tenant, stored(erasure), actor=self._actor)
        land_erasures(self._profile, [landed(one) for one in self._erasures.read(tenant)])
        note_objects(self._profile, self._person.charges)

    def run(self) -> Outcome:
        folder, ids = self._profile.tenant_dir, sorted(self._person.object_ids)
        remove_working_files(folder)
        others = [path for path in sorted(folder.glob("*.duckdb")) if path != self._profile.warehouse]
        rows = sum(rewrite(path, self._rows, ids) for path in others)
        self._erase_notes()
        bodies = self._in_store(self._store)
        compact(self._settings)
        backups = self._in_backups()
        if self._settings.dagster_home.is_dir():
            wash_files(self._settings.dagster_home, self._rows.text)
        rows += rewrite(self._profile.warehouse, self._rows, ids)
        return Outcome(
            customer_id=self._person.customer_id,
            objects=len(ids),
            rows=rows,
            bodies=bodies,
            backups=len(backups),
            also=self._person.also,
            left=tuple(self._left()),
        )

    def _in_store(self, store: Store) -> int:
        tenant = self._profile.tenant_id
        done = erase_events(Bodies(store), tenant, self._washing)
        erase_letters(store, tenant, self._person.customer_id, self._at)
        wash_texts(store, tenant, self._washing.text)
        return done.deleted + done.rewritten

    def _in_backups(self) -> list[Path]:
        if postgres_url(self._settings) is not None:
            return []
        tenant = self._profile.tenant_id
        known = self._erasures.read(tenant)
        return erase_backups(self._settings, tenant, known, self._in_copy, actor=self._actor)

    def _erase_notes(self) -> None:
        tenant, customer, wash = self._profile.tenant_id, self._person.customer_id, self._washing.text
        erase_notes(self._store, self._signer, tenant, customer, wash, actor=self._actor, at=self._at)
        anchor(self._settings, self._store, tenant)

    def _in_copy(self, copy: Store) -> None:
        tenant, customer, wash = self._profile.tenant_id, self._person.customer_id, self._washing.text
        erase_notes_of_copy(copy, self._signer, tenant, customer, wash, actor=self._actor, at=self._at)
        self._in_store(copy)

    def _left(self) -> list[Path]:
        """Where a word of the person still stands; other tenants' folders are theirs."""
        home, tenant = self._profile.home, self._profile.tenant_id
        others = {one.tenant_id for one in Tenants(self._store).read(with_removed=True)} - {tenant}
        return Search(self._person.sought, tenant).below(home, left_out=[home / other for other in others])
