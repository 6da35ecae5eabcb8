"""Stripe: an account's billing objects, from its API or from a folder of exports, as versions in the warehouse.

The first run reads every list by windows of `created`, newest first, into parts (backfill), or the export's files; from
then on changes come from events, never from `created` later than the last run, which would freeze each object as it was
first seen. Pages are read as bytes: building SDK objects costs a millisecond each. `source_now` is the source's own
clock (the Date header of its answers, or the export's time), so that a machine with a wrong clock changes nothing.

Nothing heavy is imported here: the processes that parse an export import this package too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingestion.stripe.landing import LandingReport


def load(*arguments: Any, **named: Any) -> LandingReport:
    """Lands everything that is new; see `ingestion.stripe.landing.load`."""
    from ingestion.stripe.landing import load as land_account

    return land_account(*arguments, **named)
