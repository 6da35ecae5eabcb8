"""What may the key read: one question per resource, for `leaks doctor`."""

import asyncio
from dataclasses import dataclass

from ingestion.errors import PermissionMissingError
from ingestion.settings import StripeSettings
from ingestion.stripe.client import StripeReader
from ingestion.stripe.resources import EVENT, RESOURCES


@dataclass(frozen=True)
class ProbeResult:
    """Whether a resource can be read; `message` says how to mend it where it cannot."""

    resource: str
    is_on: bool
    permission: str | None
    message: str


def probe(settings: StripeSettings) -> list[ProbeResult]:
    """Asks for one row of every resource; raises as the reader does for anything but a missing permission."""
    return asyncio.run(_probe(settings))


async def _probe(settings: StripeSettings) -> list[ProbeResult]:
    results = []
    async with StripeReader(settings) as reader:
        for resource in (*RESOURCES, EVENT):
            try:
                await reader.get(resource.path, [("limit", "1"), *resource.parameters], resource)
            except PermissionMissingError as error:
                results.append(ProbeResult(resource.name, False, error.permission, str(error)))
            else:
                results.append(ProbeResult(resource.name, True, None, "may be read"))
    return results
