"""Stripe Connect's OAuth: the link that an account's owner follows, the exchange of its code, the way out.

The token that Stripe answers with is dropped: requests go with the platform's own key and `Stripe-Account`, so there is
one secret fewer to lose. Asked for is `read_only`.

Source: https://docs.stripe.com/connect/oauth-reference.
"""

from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr

from revops.domain.connect import ConnectedAccount, ConnectRefusedError, ConnectSettingsError, ConnectUnavailableError

_TIMEOUT = httpx.Timeout(connect=5, read=20, write=5, pool=5)


class StripeConnect:
    """The platform as Connect knows it."""

    def __init__(self, client_id: str, api_key: SecretStr, base: str) -> None:
        self._client_id = client_id
        self._api_key = api_key
        self._base = base.rstrip("/")

    def link(self, state: str, redirect_uri: str | None) -> str:
        """Where an account's owner lets us in; Stripe sends them back with `state` to an address of the platform's."""
        given = {"response_type": "code", "client_id": self._client_id, "scope": "read_only", "state": state}
        if redirect_uri:
            given["redirect_uri"] = redirect_uri
        return f"{self._base}/oauth/authorize?{urlencode(given)}"

    def exchange(self, code: str) -> ConnectedAccount:
        """The account that a code is of. A code works once, so nothing is tried twice.

        Raises ConnectRefusedError for a code that Stripe does not take, ConnectUnavailableError, ConnectSettingsError.
        """
        status, body = self._post("token", {"grant_type": "authorization_code", "code": code})
        if body.get("error") == "invalid_grant":
            raise ConnectRefusedError(
                "connect_code_refused",
                "Stripe does not take the code of this link: it is used up or older than five minutes. Ask for a new "
                "link and follow it to its end.",
            )
        self._check("token", status, body)
        account_id, livemode = body.get("stripe_user_id"), body.get("livemode")
        if not isinstance(account_id, str) or not isinstance(livemode, bool):
            raise ConnectUnavailableError("Stripe's answer names no account. Ask for a new link and try again.")
        return ConnectedAccount(account_id, "live" if livemode else "test")

    def deauthorise(self, account_id: str) -> bool:
        """Give up the access to an account; False where we had none.

        Raises ConnectUnavailableError and ConnectSettingsError.
        """
        status, body = self._post("deauthorize", {"client_id": self._client_id, "stripe_user_id": account_id})
        if body.get("error") == "invalid_client" and account_id in str(body.get("error_description")):
            return False
        self._check("deauthorize", status, body)
        return True

    def _post(self, what: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._api_key.get_secret_value()}"}
        try:
            answer = httpx.post(f"{self._base}/oauth/{what}", data=form, headers=headers, timeout=_TIMEOUT)
            body = answer.json()
        except httpx.HTTPError as error:
            raise ConnectUnavailableError(
                f"Stripe cannot be reached at {self._base} ({type(error).__name__}). Try again in a minute."
            ) from error
        except ValueError as error:
            raise ConnectUnavailableError(f"{self._base} does not answer as Stripe does. Try again.") from error
        return answer.status_code, body if isinstance(body, dict) else {}

    def _check(self, what: str, status: int, body: dict[str, Any]) -> None:
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
            raise ConnectUnavailableError(f"Stripe answers {status} at {self._base}. Try again in a minute.")
        if status >= httpx.codes.BAD_REQUEST:
            raise ConnectSettingsError(
                f"Stripe refuses /oauth/{what}: {body.get('error', status)}. STRIPE_CONNECT_CLIENT_ID and "
                "STRIPE_CONNECT_API_KEY must be of one platform and of one mode."
            )
