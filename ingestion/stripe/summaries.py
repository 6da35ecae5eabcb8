"""Metered usage as Stripe counted it: daily event summaries per meter and customer."""

import asyncio
from datetime import datetime, timedelta

from ingestion.errors import PermissionMissingError
from ingestion.profile import Profile
from ingestion.stripe.client import CONNECTIONS, PAGE_ROWS, StripeReader
from ingestion.stripe.events import Changes
from ingestion.stripe.resources import METER_EVENT_SUMMARY
from ingestion.versions import IS_NEWEST, read

DAYS_BACK = 62


def metered_customers(profile: Profile) -> list[tuple[str, str]]:
    """(meter, customer) for every subscription item that is billed by a meter."""
    rows = read(
        profile,
        f"""
        with newest as (
            select payload from {profile.dataset}.subscription qualify {IS_NEWEST}
        ),
        item as (
            select payload ->> '$.customer' as customer,
                unnest(from_json(payload -> '$.items.data[*].price.recurring.meter', '["VARCHAR"]')) as meter
            from newest
        )
        select distinct meter, customer from item
        where meter is not null and customer is not null order by all
        """,
    )
    return [(row["meter"], row["customer"]) for row in rows]


async def read_summaries(
    reader: StripeReader, pairs: list[tuple[str, str]], changes: Changes, now: datetime
) -> PermissionMissingError | None:
    """Daily summaries up to last midnight (UTC). Stripe's rows do not name the customer: it is added to each.

    The rows' ids are ours, of meter, customer and day, so that a day that is asked for again is the same object.
    """
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = end - timedelta(days=DAYS_BACK)
    limit = asyncio.Semaphore(CONNECTIONS)

    async def one(meter: str, customer: str) -> None:
        after: str | None = None
        while True:
            parameters = [
                ("customer", customer),
                ("start_time", str(_seconds(start))),
                ("end_time", str(_seconds(end))),
                ("value_grouping_window", "day"),
                ("limit", str(PAGE_ROWS)),
                *([("starting_after", after)] if after else []),
            ]
            async with limit:
                answer = await reader.get(METER_EVENT_SUMMARY.path.format(meter=meter), parameters, METER_EVENT_SUMMARY)
            page = answer.body.get("data") or []
            for row in page:
                id = f"{meter}/{customer}/{row.get('start_time')}"
                changes.add({**row, "id": id, "customer": customer}, METER_EVENT_SUMMARY, answer.read_at)
            if not answer.body.get("has_more") or not page:
                return
            after = page[-1]["id"]

    try:
        await asyncio.gather(*(one(meter, customer) for meter, customer in pairs))
    except PermissionMissingError as error:
        return error
    return None


def _seconds(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001
