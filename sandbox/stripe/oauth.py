"""Connect's OAuth: an account lets the platform in, the platform takes the code for it, either ends it again.

Nobody is there to press a button: `GET /oauth/authorize` agrees at once, for the account that `stripe_user[id]` names,
else the first connected one; `stripe_user[id]=nobody` refuses.

Source: https://docs.stripe.com/connect/oauth-reference and the SDK's OAuth errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .errors import StripeError
from .keys import Key
from .stand_in import StandIn

CLIENT_ID = "ca_SandboxPlatform"
CODE_SECONDS = 300
DEAUTHORIZED = "account.application.deauthorized"
_REFUSES = "nobody"


class _OAuthError(Exception):
    """An answer in OAuth's shape, which is not that of the rest of the API."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass(slots=True)
class _Code:
    account_id: str
    scope: str
    until: int
    is_used: bool = False


@dataclass
class _Platform:
    """The codes that were handed out."""

    stand_in: StandIn
    codes: dict[str, _Code] = field(default_factory=dict)

    def authorize(self, given: Mapping[str, str]) -> Response:
        """Where the browser goes next: back to the platform, with a code or a refusal."""
        if given.get("client_id") != CLIENT_ID:
            raise _OAuthError("invalid_client", f"No application matches the supplied client identifier: {CLIENT_ID}")
        if given.get("response_type") != "code":
            raise _OAuthError("unsupported_response_type", "Only the response_type code is supported.")
        target = given.get("redirect_uri")
        if not target:
            raise _OAuthError("invalid_redirect_uri", "The sandbox has no redirect URI of its own: give redirect_uri.")
        back = {"state": given["state"]} if "state" in given else {}
        account_id = given.get("stripe_user[id]") or self._first_connected()
        if account_id == _REFUSES:
            refusal = {"error": "access_denied", "error_description": "The user denied your request"}
            return RedirectResponse(f"{target}?{urlencode(refusal | back)}", 302)
        if account_id not in self.stand_in.accounts:
            raise _OAuthError("invalid_request", f"The sandbox has no account {account_id}.")
        code = self.stand_in.identifiers.make("ac")
        scope = given.get("scope", "read_only")
        self.codes[code] = _Code(account_id, scope, self.stand_in.clock.now() + CODE_SECONDS)
        return RedirectResponse(f"{target}?{urlencode({'scope': scope, 'code': code} | back)}", 302)

    def token(self, given: Mapping[str, str], key: Key) -> dict[str, Any]:
        """Take a code: from now on the platform's keys work for the account."""
        if given.get("grant_type") != "authorization_code":
            raise _OAuthError("unsupported_grant_type", "The sandbox knows the grant_type authorization_code only.")
        text = given.get("code", "")
        code = self.codes.get(text)
        if code is None:
            raise _OAuthError("invalid_grant", f"Authorization code does not exist: {text}")
        if code.is_used:
            self.stand_in.disconnected.add(code.account_id)
            raise _OAuthError(
                "invalid_grant",
                "This authorization code has already been used. All tokens issued with this code have been revoked.",
            )
        if self.stand_in.clock.now() > code.until:
            raise _OAuthError("invalid_grant", f"Authorization code expired: {text}")
        code.is_used = True
        self.stand_in.disconnected.discard(code.account_id)
        make, mode = self.stand_in.identifiers.make, "live" if key.livemode else "test"
        return {
            "access_token": make(f"sk_{mode}"),
            "livemode": key.livemode,
            "refresh_token": make("rt"),
            "scope": code.scope,
            "stripe_publishable_key": make(f"pk_{mode}"),
            "stripe_user_id": code.account_id,
            "token_type": "bearer",
        }

    def deauthorize(self, given: Mapping[str, str], key: Key) -> dict[str, Any]:
        """The platform lets the account go, which is told as if the account had done so."""
        account_id = given.get("stripe_user_id", "")
        is_known = account_id in self.stand_in.accounts and account_id not in self.stand_in.disconnected
        if given.get("client_id") != CLIENT_ID or not is_known:
            raise _OAuthError(
                "invalid_client",
                f"This application is not connected to stripe account {account_id}, or that account does not exist.",
                401,
            )
        deauthorize(self.stand_in, account_id, livemode=key.livemode)
        return {"stripe_user_id": account_id}

    def _first_connected(self) -> str:
        connected = [one for one in self.stand_in.accounts if one != self.stand_in.account_id]
        return connected[0] if connected else self.stand_in.account_id


def deauthorize(stand_in: StandIn, account_id: str, *, livemode: bool = True) -> None:
    """An account takes its permission back: the platform hears of it and can read no more."""
    stand_in.disconnected.add(account_id)
    account = stand_in.account(account_id)
    application = {"id": CLIENT_ID, "object": "application", "name": "Sandbox platform", "livemode": livemode}
    account.emit(DEAUTHORIZED, application)


def oauth_routes(stand_in: StandIn) -> list[Route]:
    """`/oauth/authorize`, `/oauth/token`, `/oauth/deauthorize`."""
    platform = _Platform(stand_in)

    def authorize(request: Request) -> Response:
        try:
            return platform.authorize(dict(request.query_params))
        except _OAuthError as error:
            return _json(error.body, error.status)

    def acting(act: Callable[[Mapping[str, str], Key], dict[str, Any]]) -> Callable[[Request], Any]:
        async def respond(request: Request) -> Response:
            given = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            try:
                return _json(act(given, _key(stand_in, request, given)))
            except _OAuthError as error:
                return _json(error.body, error.status)

        return respond

    return [
        Route("/oauth/authorize", authorize, methods=["GET"]),
        Route("/oauth/token", acting(platform.token), methods=["POST"]),
        Route("/oauth/deauthorize", acting(platform.deauthorize), methods=["POST"]),
    ]


def _key(stand_in: StandIn, request: Request, given: Mapping[str, str]) -> Key:
    """The platform's key, as a header or as `client_secret`."""
    secret = given.get("client_secret")
    try:
        return stand_in.keys.authenticate(f"Bearer {secret}" if secret else request.headers.get("authorization"))
    except StripeError as error:
        raise _OAuthError("invalid_client", str(error), 401) from error


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
