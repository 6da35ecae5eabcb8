"""Erasures between store and warehouse: the store keeps them, landing reads them from the warehouse."""

from collections.abc import Sequence
from datetime import UTC

import orjson

from ingestion.erasure.erased import Erased
from ingestion.erasure.erased import Erasure as Landed
from ingestion.erasure.rows import Rows
from ingestion.erasure.washing import MARK
from ingestion.operations.erasures import land_erasures
from ingestion.profile import Profile
from revops.domain.erasure import Erasure
from revops.store import Store
from revops.store.bodies import Bodies
from revops.store.erasures import Erasures
from revops.store.inbox import InboxEvent


def bring_erasures(store: Store, profile: Profile) -> None:
    """Lands the tenant's erasures before anything else lands; the caller holds `writer_lock`.

    Nothing is touched where nobody was erased.
    """
    known = Erasures(store).read(profile.tenant_id)
    if known:
        land_erasures(profile, [landed(one) for one in known])


def landed(erasure: Erasure) -> Landed:
    """As the warehouse keeps it: naive UTC."""
    return Landed(
        customer_id=erasure.customer_id,
        salt=erasure.salt,
        accounts=erasure.accounts,
        email_digests=erasure.email_digests,
        domain_digests=erasure.domain_digests,
        erased_at=erasure.erased_at.astimezone(UTC).replace(tzinfo=None),
    )


def stored(erasure: Landed) -> Erasure:
    """As the store keeps it: aware UTC."""
    return Erasure(
        customer_id=erasure.customer_id,
        salt=erasure.salt,
        accounts=erasure.accounts,
        email_digests=erasure.email_digests,
        domain_digests=erasure.domain_digests,
        erased_at=erasure.erased_at.replace(tzinfo=UTC),
    )


def strip_bodies(erased: Erased | None, bodies: Bodies, tenant_id: str, events: Sequence[InboxEvent]) -> None:
    """Strips what was received of erased customers, before it counts as done.

    Not deleted: a worker that ends here takes the same events again.
    """
    if erased is None:
        return
    named = {one.sequence: one.event.body for one in events if erased.concerns(one.event.body)}
    stripped: dict[int, bytes | None] = {sequence: _stripped(erased, body) for sequence, body in named.items()}
    changed = {sequence: body for sequence, body in stripped.items() if body != named[sequence]}
    if changed:
        bodies.replace(tenant_id, changed)


def _stripped(erased: Erased, body: bytes) -> bytes:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return MARK.encode()
    return erased.payload(value) if isinstance(value, dict) else MARK.encode()


class Washing:
    """What the store's erasing asks of us: whether a body names an erased customer, and what of it may stay."""

    def __init__(self, erased: Erased, rows: Rows) -> None:
        self._erased = erased
        self._rows = rows

    def concerns(self, raw: bytes) -> bool:
        """Whether a text names an erased customer."""
        text = raw.decode(errors="replace")
        return self._erased.concerns(raw) or self._rows.text(text) != text

    def event(self, body: bytes) -> bytes:
        """A received event without the person."""
        return self._rows.text(_stripped(self._erased, body).decode()).encode()

    def text(self, text: str) -> str:
        """A free text without the person's words."""
        return self._rows.text(text)
