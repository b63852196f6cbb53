"""Sessions to Adobe Commerce: signed one by one (OAuth 1.0a), or with a token of an administrator or of IMS.

https://developer.adobe.com/commerce/webapi/get-started/authentication/
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import struct
import time

import msgspec
import requests
from requests_oauthlib import OAuth1

from integrations.http.errors import ConfigError
from integrations.http.session import Auth, BearerToken, Profile, Session
from integrations.http.tokens import FetchedToken
from integrations.models import Connection
from integrations.systems.adobe import errors
from integrations.systems.adobe.errors import LABEL
from integrations.systems.adobe.settings import Options

ADMIN_LOGIN = "V1/integration/admin/token"
SECOND_FACTOR_LOGIN = "V1/tfa/provider/google/authenticate"
MARGIN = dt.timedelta(minutes=5)
TOTP_SECONDS = 30


class IntegrationSignature:
    """OAuth 1.0a with the four credentials of an integration. Shops take HMAC-SHA256 alone since 2.4.4. The body is not
    part of the signature, the query is."""

    def __init__(self, options: Options) -> None:
        self._oauth = OAuth1(
            options.consumer_key,
            options.consumer_secret,
            options.access_token,
            options.access_token_secret,
            signature_method="HMAC-SHA256",
        )

    def headers(self, session: Session, refused: int | None) -> tuple[dict[str, str], int | None]:
        """None: the signature is made over the whole request, later."""
        return {}, None

    def sign(self, request: requests.PreparedRequest) -> None:
        self._oauth(request)
        written: dict[str, str | bytes] = dict(request.headers)
        for name, value in written.items():
            if isinstance(value, bytes):  # the library leaves some as bytes, which nobody else does
                request.headers[name] = value.decode("latin-1")


class _ImsToken(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int | None = None
    """Seconds."""


def open_session(connection: Connection) -> Session:
    """A session to the connection's shop. Raises ConfigError for settings that cannot work."""
    return session_of(connection, Options.of(connection))


def session_of(connection: Connection, options: Options) -> Session:
    """A session with given settings."""
    return Session(
        connection,
        Profile(
            label=LABEL,
            base_url=options.api_url,
            auth=_auth(options),
            headers=_headers(options),
            fault=errors.table_of(options),
            budget_identity=budget_identity(connection),
            allowance=options.calls_per_minute,
            window=dt.timedelta(minutes=1),
            probe="V1/store/storeConfigs",
            deadline=float(options.deadline_seconds),
        ),
    )


def budget_identity(connection: Connection) -> tuple[str, ...]:
    """The shop: the limit is there so that it stays fast, whichever connection calls (one for each company, say)."""
    return (str((connection.settings or {}).get("base_url") or connection.pk).rstrip("/").lower(),)


def totp(seed: str, now: float) -> str:
    """The six digits that an authenticator shows at `now` (seconds since 1970): RFC 6238 with SHA-1. Raises ConfigError
    for a seed that is no base32."""
    plain = seed.replace(" ", "").upper()
    try:
        key = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError) as error:
        raise ConfigError(
            "The seed of the second factor is not in base32.",
            remedy="Copy the secret under the QR code once more: letters A to Z and digits 2 to 7.",
        ) from error
    mac = hmac.digest(key, struct.pack(">Q", int(now) // TOTP_SECONDS), hashlib.sha1)
    place = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def _headers(options: Options) -> dict[str, str]:
    if not options.is_service:
        return {}
    return {
        "Store": options.store_code or "all",
        "x-api-key": options.client_id,
        "x-gw-ims-org-id": options.org_id,
    }


def _auth(options: Options) -> Auth:
    match options.auth:
        case "oauth1":
            return IntegrationSignature(options)
        case "admin":
            return BearerToken(lambda session: _admin_token(session, options), margin=MARGIN)
        case "ims":
            return BearerToken(lambda session: _ims_token(session, options), margin=dt.timedelta(hours=1))


def _admin_token(session: Session, options: Options) -> FetchedToken:
    """A token of an administrator; with a second factor it is another path. The answer is the token itself, as a JSON
    string, and says nothing of how long it lives."""
    given = {"username": options.username, "password": options.password}
    path = ADMIN_LOGIN
    if options.totp_seed:
        given["otp"] = totp(options.totp_seed, time.time())
        path = SECOND_FACTOR_LOGIN
    token: str = session.decode(session.login(path, json=given), str)
    return FetchedToken(token, dt.timedelta(hours=options.token_hours))


def _ims_token(session: Session, options: Options) -> FetchedToken:
    """Client credentials. There is no refresh token: another one is asked for an hour before the end, as Adobe
    advises."""
    answer = session.login(
        options.ims_url,
        form={
            "grant_type": "client_credentials",
            "client_id": options.client_id,
            "client_secret": options.client_secret,
            "scope": ",".join(part.strip() for part in options.scopes.split(",")),
        },
    )
    token: _ImsToken = session.decode(answer, _ImsToken)
    return FetchedToken(
        token.access_token, None if token.expires_in is None else dt.timedelta(seconds=token.expires_in)
    )
