"""Tokens: of admin users (4 hours, second factor) on PaaS, of Adobe's identity service (24 hours) for SaaS."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from datetime import timedelta
from typing import Any

from integrations.sandbox.kernel import Reply, Request, json_reply, new_row, route

from .access import Access
from .errors import message, refuse, required

ATTEMPTS, LOCKED_SECONDS = 6, 1_800
TOTP_SECONDS = 30
SCOPES = (
    "openid", "AdobeID", "email", "profile", "additional_info.roles", "additional_info.projectedProductContext",
    "commerce.accs",
)  # fmt: skip
WRONG_LOGIN = (
    "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."
)
SECOND_FACTOR = "Please use the 2fa provider-specific endpoints to obtain a token."


def totp(seed: str, at: float) -> str:
    """The six digits of RFC 6238 for a base32 seed at a Unix time."""
    counter = struct.pack(">Q", int(at) // TOTP_SECONDS)
    digest = hmac.new(base64.b32decode(seed), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


class Tokens(Access):
    """Admin and IMS tokens."""

    @route("POST", "/V1/integration/admin/token", open=True)
    def admin_token(self, request: Request) -> Reply:
        """A token for name and password; refused where the second factor is on, as it is by default."""
        self._login(self.body_of(request))
        if self.options["two_factor"]:
            return message(int(self.options["two_factor_status"]), SECOND_FACTOR, {"active_providers": ["google"]})
        return json_reply(200, self._issued())

    @route("POST", "/V1/tfa/provider/google/authenticate", open=True)
    def second_factor(self, request: Request) -> Reply:
        """A token for name, password and the six digits."""
        values = self.body_of(request)
        self._login(values)
        if not values.get("otp"):
            required("otp")
        now = self.clock().timestamp()
        near = {totp(self.shop.totp_seed, now + step * TOTP_SECONDS) for step in (-1, 0, 1)}
        if str(values["otp"]) not in near:
            refuse(401, "Invalid code.")
        return json_reply(200, self._issued())

    def _login(self, values: dict[str, Any]) -> None:
        for name in ("username", "password"):
            if not values.get(name):
                required(name)
        user = f"{self.shop.key}/{values['username']}"
        count, last = self.failures.get(user, (0, self.clock()))
        if self.clock() - last > timedelta(seconds=LOCKED_SECONDS):
            count = 0
        right = values["username"] == self.shop.admin and values["password"] == self.shop.password
        if count >= ATTEMPTS or not right:
            self.failures[user] = (count + 1, self.clock())
            refuse(401, WRONG_LOGIN)
        self.failures.pop(user, None)

    def _issued(self) -> str:
        # Hashed: an order's protect_code has the same form, drawn from the same seed, and is no secret.
        token = hashlib.sha256(f"token {self.rng.getrandbits(128)}".encode()).hexdigest()[:32]
        self._keep(f"{self.shop.key}/{token}", "admin", float(self.options["admin_token_seconds"]))
        return token

    def _keep(self, key: str, kind: str, seconds: float) -> None:
        until = self.clock().timestamp() + seconds
        row = new_row(key=key, body={}, received_at=self.clock(), kind=kind, until=until, shop=self.shop.key)
        self.store.table("tokens").add(row)

    @route("POST", "/ims/token/v3", open=True)
    def ims_token(self, request: Request) -> Reply:
        """Client credentials, form encoded; the scope commerce.accs is demanded."""
        form = request.form
        shop = next((s for s in self.shops.values() if s.ims_client == form.get("client_id")), None)
        if request.mimetype != "application/x-www-form-urlencoded" or not form.get("grant_type"):
            return _refused(400, "invalid_request", "grant_type is missing")
        if form["grant_type"] != "client_credentials":
            return _refused(400, "unsupported_grant_type", "grant type is not supported")
        if shop is None or form.get("client_secret") != shop.ims_secret:
            return _refused(400, "invalid_client", "invalid client_id or client_secret parameter")
        wanted = [scope for scope in form.get("scope", "").replace(" ", ",").split(",") if scope]
        if "commerce.accs" not in wanted or any(scope not in SCOPES for scope in wanted):
            return _refused(400, "invalid_scope", "Invalid scope")
        self.shop = shop
        token = f"{self.rng.getrandbits(512):0128x}"
        seconds = int(self.options["ims_token_seconds"])
        self._keep(f"ims/{token}", "ims", seconds)
        return json_reply(200, {"access_token": token, "token_type": "bearer", "expires_in": seconds})


def _refused(status: int, error: str, description: str) -> Reply:
    return json_reply(status, {"error": error, "error_description": description})
