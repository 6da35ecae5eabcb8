"""Changes of a subscription's status that cannot be: a delivery was lost or came out of order, so Stripe is asked."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
from ruamel.yaml import YAML

from ingestion.profile import Profile


@cache
def possible() -> dict[str, frozenset[str]]:
    """Which status can follow which, from subscription_statuses.yml."""
    rows = YAML(typ="safe").load(Path(__file__).with_name("subscription_statuses.yml"))
    return {status: frozenset(following) for status, following in rows.items()}


def is_possible(before: str, after: str) -> bool:
    """Whether a subscription can go from one status to another; statuses we do not know may do anything."""
    known = possible()
    return before == after or before not in known or after not in known or after in known[before]


def impossible(profile: Profile, ids: Collection[str], landed_at: datetime) -> dict[str, datetime]:
    """Subscriptions whose versions of that landing do not follow from what came before, with their newest moment."""
    if not ids:
        return {}
    with duckdb.connect(str(profile.warehouse)) as connection:
        rows = connection.execute(
            f"""
            select id, version_at, loaded_at, payload ->> '$.status' as status
            from {profile.dataset}.subscription
            where list_contains($ids, id)
            order by id, version_at, (source = 'event') desc, loaded_at, event_id
            """,
            {"ids": sorted(ids)},
        ).fetchall()
    found: set[str] = set()
    newest: dict[str, datetime] = {}
    before: dict[str, tuple[str, datetime]] = {}
    for id, version_at, loaded_at, status in rows:
        if id in before and not is_possible(before[id][0], status) and landed_at in (loaded_at, before[id][1]):
            found.add(id)
        before[id], newest[id] = (status, loaded_at), version_at
    return {id: newest[id] for id in found}
