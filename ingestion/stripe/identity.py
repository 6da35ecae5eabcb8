"""Whose account a key reads: a home keeps to one account and one mode."""

from ingestion.errors import AccountError, PermissionMissingError
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from ingestion.stripe.client import StripeReader
from ingestion.stripe.state import Integration


async def account_of(
    reader: StripeReader, settings: StripeSettings, profile: Profile, before: Integration | None
) -> str | None:
    """The account's id, None where the key may not read it. Raises AccountError where the home holds another's."""
    id = settings.stripe_account
    try:
        answer = await reader.get("/v1/account", [])
        id = id or str(answer.body.get("id"))
    except PermissionMissingError:
        pass
    if before is not None and (before.mode != settings.mode or (before.account_id and id != before.account_id)):
        raise AccountError(
            f"{profile.home} holds the {before.mode}-mode account {before.account_id}, the key is of "
            f"{id or 'an unnamed account'} in {settings.mode} mode: use another LEAKS_HOME or another "
            "tenant for it"
        )
    return id
