"""Times as people type them: a date or an ISO time, UTC."""

from datetime import UTC, datetime

import typer


def parse_moment(text: str | None) -> datetime | None:
    """Aware UTC, whole seconds; a date means its first second. Raises typer.BadParameter."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no date or time; write 2026-10-01 or 2026-10-01T06:00:00Z (UTC)."
        ) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment.microsecond:
        raise typer.BadParameter(f"{text!r} has fractions of a second; Stripe counts whole seconds.")
    return moment


def iso(moment: datetime) -> str:
    """`2026-10-01T00:00:00Z`; a naive moment is UTC already."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")
