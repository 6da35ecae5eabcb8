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


def impossible(profile: Profile, ids: Collection[str]) -> dict[str, datetime]:
    """Subscriptions with a change that cannot be and that nothing read later has settled, with their newest moment.

    As `in_doubt` does, this looks at what has landed and not at what lands now: a batch whose worker died before it
    had asked is asked for the next time.
    """
    if not ids:
        return {}
    with duckdb.connect(str(profile.warehouse)) as connection:
        rows = connection.execute(
            f"""
            select id, version_at, loaded_at, source = 'event' as is_event, payload ->> '$.status' as status
            from {profile.dataset}.subscription
            where id in (select unnest($ids))
            order by id, version_at, (source = 'event') desc, loaded_at, event_id
            """,
            {"ids": sorted(ids)},
        ).fetchall()
    newest: dict[str, datetime] = {}
    read_at: dict[str, datetime] = {}
    wrong_at: dict[str, datetime] = {}
    before: dict[str, tuple[str, datetime]] = {}
    for id, version_at, loaded_at, is_event, status in rows:
        if not is_event:
            read_at[id] = max(loaded_at, read_at.get(id, loaded_at))
        if id in before and not is_possible(before[id][0], status):
            wrong_at[id] = max(loaded_at, before[id][1], wrong_at.get(id, loaded_at))
        before[id], newest[id] = (status, loaded_at), version_at
    return {id: newest[id] for id, at in wrong_at.items() if id not in read_at or at > read_at[id]}
