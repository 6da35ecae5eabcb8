"""The policy's section on Slack: which channel hears of what, and when one digest stands for many messages."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from revops.domain.currencies import CURRENCIES
from revops.policy_sections import Strict


def _known_currency(code: str | None) -> str | None:
    if code is not None and code not in CURRENCIES:
        raise ValueError("unknown currency")
    return code


_CHANNEL = "a channel's id (C0123456789) or its name with #, in quotes"
_Channel = Annotated[str, Field(pattern=r"^(#[^\s#]{1,80}|[CGD][A-Z0-9]{5,20})$", description=_CHANNEL)]


class SlackRoute(Strict):
    """Where messages go that are about a family of leaks, of at least an amount, or both."""

    family: Annotated[str | None, Field(min_length=1, description="a family, for example failed_charges")] = None
    above_minor: Annotated[
        int | None, Field(ge=0, description="a whole number of minor units, 0 or more; larger amounts go here")
    ] = None
    currency: Annotated[
        str | None,
        AfterValidator(_known_currency),
        Field(description="a currency code in small letters; above_minor then counts this currency only"),
    ] = None
    channel: _Channel

    def is_for(self, family: str, amount_minor: int, currency: str) -> bool:
        """Whether a message about a leak of this family and amount goes here."""
        return (
            self.family in (None, family)
            and self.currency in (None, currency)
            and (self.above_minor is None or amount_minor > self.above_minor)
        )


class Slack(Strict):
    """Channels, and how many new proposals within an hour are each worth a message of their own."""

    channel: Annotated[_Channel | None, Field(description=f"{_CHANNEL}, or nothing")] = None
    routes: Annotated[
        tuple[SlackRoute, ...], Field(strict=False, description="a list; each entry begins with a dash")
    ] = ()
    digest_above: Annotated[int, Field(ge=0, le=1_000, description="a whole number from 0 to 1000")] = 10

    def channel_for(self, family: str, amount_minor: int, currency: str) -> str | None:
        """The channel of the first route that fits, else the default one; None: nobody is told."""
        routes: Sequence[SlackRoute] = self.routes
        return next((one.channel for one in routes if one.is_for(family, amount_minor, currency)), self.channel)
