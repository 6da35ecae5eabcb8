"""Which objects are asked for: lists by the time of creation, and single objects that no such list shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from ingestion.profile import Profile
from ingestion.stripe.listing import BEGINNING, Window
from ingestion.stripe.resources import RESOURCES, Resource
from ingestion.stripe.state import ResourceState
from ingestion.versions import IS_NEWEST


@dataclass(frozen=True)
class Scope:
    """Objects created, or named by an event, `since` a moment (aware) or for a span; None means every object."""

    since: datetime | timedelta | None

    def begins(self, now: datetime) -> datetime | None:
        """The moment in naive UTC; `now` is Stripe's."""
        if self.since is None:
            return None
        return (
            now - self.since if isinstance(self.since, timedelta) else self.since.astimezone(UTC).replace(tzinfo=None)
        )


# As long as Stripe tries to deliver an event: what is older will not come by itself.
LATELY = Scope(timedelta(days=3))
EVERY_OBJECT = Scope(None)


def lists(states: Mapping[str, ResourceState], begins: datetime | None, now: datetime) -> list[tuple[Resource, Window]]:
    """The lists to be read, of what is switched on: for every object all that we cover, else what was created lately.

    A list without a filter by time is read whole where nothing else tells of its new objects.
    """
    found = []
    for resource in RESOURCES:
        known = states.get(resource.name)
        if known is None or not known.is_on:
            continue
        since = _since(resource, begins)
        if since is not None and not resource.has_created_filter and resource.has_creation_event:
            continue
        starts = [moment for moment in (since, known.covered_from if resource.is_history else None) if moment]
        start = max(map(seconds, starts), default=BEGINNING)
        found.append((resource, Window(start, seconds(now) + 1)))
    return found


def singles(
    profile: Profile,
    listed: Mapping[str, Sequence[Path]],
    named: Collection[tuple[str, str]],
    begins: datetime | None,
) -> set[tuple[str, str]]:
    """Objects to be asked for one by one, as table and id; `listed` are parts by table. The caller holds `writer_lock`.

    Those that events named and no list showed, and ours that a list should have shown: every object, or what was
    created since `begins`. What we know to be deleted is not asked for.
    """
    found = set()
    with duckdb.connect(str(profile.warehouse)) as connection:
        for resource in RESOURCES:
            if resource.name not in listed:
                continue
            ids = [id for table, id in named if table == resource.name]
            since = _since(resource, begins)
            is_asked = f"not ({resource.unlisted})"
            if since is not None:
                is_asked = "make_timestamp((payload ->> '$.created')::bigint * 1000000) >= $since"
            rows = connection.execute(
                f"""
                with ours as (
                    select id, coalesce((payload ->> '$.deleted')::boolean, false) as is_deleted, {is_asked} as is_asked
                    from {profile.dataset}.{resource.name}
                    qualify {IS_NEWEST}
                )
                select id from (
                    select id from ours where is_asked
                    union
                    select unnest($ids)
                )
                where id not in (select id from {_ids(listed[resource.name])})
                    and id not in (select id from ours where is_deleted)
                """,
                {"ids": ids, **({"since": since} if since is not None else {})},
            ).fetchall()
            found |= {(resource.name, id) for (id,) in rows}
    return found


def _since(resource: Resource, begins: datetime | None) -> datetime | None:
    """What of a list is compared; one that objects leave in silence is short, and only the whole shows who left."""
    return None if resource.lists_open_only else begins


def _ids(parts: Sequence[Path]) -> str:
    files = [str(path) for path in parts]
    return f"read_parquet({files!r})" if files else "(select null::varchar as id where false)"


def seconds(moment: datetime) -> int:
    """Naive UTC as seconds since 1970."""
    return int(moment.replace(tzinfo=UTC).timestamp())
