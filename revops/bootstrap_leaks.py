"""Wires a person's word on leaks themselves: dismissing, owners, and definitions that wait for a word."""

from collections.abc import Collection
from datetime import datetime

from revops.bootstrap_actions import actions
from revops.domain.withdrawal import Answer
from revops.findings import read_finding_ids, read_resolutions
from revops.service.dismiss import Dismissing
from revops.service.endings import endings
from revops.service.withdrawals import Asked, Withdrawing, asked_now
from revops.settings import Settings
from revops.store import Store
from revops.store.leaks import Leaks
from revops.store.signing_keys import load_signer
from revops.store.suppressions import Suppressions
from revops.store.withdrawals import Withdrawals, read_questions
from revops.warehouse import Published


def suppressions(store: Store, settings: Settings) -> Suppressions:
    """What was dismissed. Raises SecretKeyError."""
    return Suppressions(store, load_signer(settings), actions(store, settings))


def withdrawals(store: Store, settings: Settings) -> Withdrawals:
    """New definitions that wait for a word. Raises SecretKeyError."""
    return Withdrawals(store, load_signer(settings))


def withdrawing(store: Store, settings: Settings) -> Withdrawing:
    """Where people answer what new definitions ask. Raises SecretKeyError."""

    def look(tenant_id: str, at: datetime) -> Asked | None:
        with Published.open(settings.leaks_home, tenant=tenant_id) as published:
            return asked_of(store, tenant_id, published, at)

    return Withdrawing(withdrawals(store, settings), look)


def asked_of(
    store: Store,
    tenant_id: str,
    published: Published,
    at: datetime,
    statuses: Collection[Answer] = ("asked", "refused"),
) -> Asked | None:
    """What a new definition asks a tenant's people by what is published, with every leak that it would withdraw.

    Every open leak is read for that (0.8 s for 5,000), so nothing is where no question has one of these statuses.
    """
    questions = [one for one in read_questions(store, tenant_id) if one.status in statuses]
    if not questions:
        return None
    leaks = Leaks(store)
    open_now = leaks.read_open(tenant_id)
    reasons = leaks.reasons(tenant_id, [leak.leak_id for leak in open_now])
    resolutions = read_resolutions(published, {one.object_id for one in reasons})
    found = endings(open_now, reasons, read_finding_ids(published), resolutions, at)
    return asked_now(questions, open_now, found.leaks)


def dismissing(store: Store, settings: Settings) -> Dismissing:
    """Where leaks are dismissed and assigned. Raises SecretKeyError."""
    return Dismissing(suppressions(store, settings))
