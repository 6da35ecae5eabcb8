"""Erasures between store and warehouse: the store keeps them, landing reads them from the warehouse."""

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
from revops.store.erasures import Erasures


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
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return MARK.encode()
        left = self._erased.washed(value) if isinstance(value, dict) else value
        return self._rows.text(orjson.dumps(left).decode()).encode()

    def text(self, text: str) -> str:
        """A free text without the person's words."""
        return self._rows.text(text)
