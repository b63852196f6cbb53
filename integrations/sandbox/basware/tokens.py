"""POST /v1/tokens: client credentials in a Basic header, scopes required."""

from __future__ import annotations

from integrations.sandbox.kernel import Reply, Request, json_reply, route

from .base import BaswareBase

ISSUER = "https://api.basware.com"


class Tokens(BaswareBase):
    """Tokens of one region; another region does not know the client."""

    @route("POST", "/v1/tokens", open=True)
    def token_create(self, request: Request) -> Reply:
        """A token for the wanted scopes; one that was not granted refuses all."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        client = self.basic(given) if scheme.lower() == "basic" else None
        region = self.region(request)
        if client is None or self.region_of(client.company) != region:
            return json_reply(401, {"error": "invalid_client"})
        if request.mimetype != "application/x-www-form-urlencoded":
            missing = {"loc": ["body", "grant_type"], "msg": "field required", "type": "value_error.missing"}
            return json_reply(422, {"detail": [missing]})
        for name in ("grant_type", "scope"):
            if not request.form.get(name):
                return _invalid("invalid_request", f"{name} field required")
        if request.form["grant_type"] != "client_credentials":
            return _invalid("unsupported_grant_type", "grant_type must be client_credentials")
        wanted = request.form["scope"].split()
        if unknown := [scope for scope in wanted if scope not in client.scopes]:
            return _invalid("invalid_scope", f"scope not granted: {' '.join(unknown)}")
        lifetime = min(max(int(self.options["token_lifetime"]), 1), 86_400)
        issued = int(self.clock().timestamp())
        claims = {
            "sub": client.client_id,
            "scope": " ".join(wanted),
            "auth_time": issued,
            "iss": ISSUER,
            "aud": "OpenAPI",
            "exp": issued + lifetime,
            "iat": issued,
            "jti": self.new_id(),
            "bwcid": self.tenants[client.company].id,
            "region": region,
        }
        token = {"access_token": self.token(claims), "scope": claims["scope"]}
        return json_reply(200, {**token, "expires_in": lifetime, "token_type": "Bearer"})


def _invalid(error: str, description: str) -> Reply:
    return json_reply(400, {"error": error, "error_description": description})
