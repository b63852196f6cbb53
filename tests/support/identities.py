"""A provider of identities over real HTTP, as OpenID Connect has it: discovery, code with PKCE, token, userinfo."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from tests.support.http_server import Asked, Says, ScriptedServer

CLIENT, SECRET = "ml-connector", "the-portal's-own-secret"


@dataclass
class Identities:
    """Knows one person, `claims`, who is logged in there. It gives each code out once, to whom it was made for."""

    claims: dict[str, Any]
    server: ScriptedServer = field(default_factory=ScriptedServer)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server.otherwise = self.answer

    def answer(self, asked: Asked) -> Says:
        path = urlsplit(asked.path).path
        match asked.method, path:
            case "GET", "/.well-known/openid-configuration":
                url = self.server.url
                known = {"issuer": url, "authorization_endpoint": f"{url}/authorize", "token_endpoint": f"{url}/token"}
                more = {"userinfo_endpoint": f"{url}/userinfo", "jwks_uri": f"{url}/keys"}
                return _json(200, {**known, **more, "token_endpoint_auth_methods_supported": ["client_secret_post"]})
            case "POST", "/token":
                return self._token({name: values[0] for name, values in parse_qs(asked.body.decode()).items()})
            case "GET", "/userinfo":
                return _json(200, self.claims)
        return _json(404, {"error": "not_found"})

    def visited(self, authorize: str) -> str:
        """What a browser is sent on to that was sent here: the way back, with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorize).query).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"challenge": asked["code_challenge"], "redirect_uri": asked["redirect_uri"]}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _token(self, asked: dict[str, str]) -> Says:
        made = self.codes.pop(asked.get("code", ""), None)
        hashed = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        if made != {"challenge": challenge, "redirect_uri": asked.get("redirect_uri", "")}:
            return _json(400, {"error": "invalid_grant"})
        if (asked.get("client_id"), asked.get("client_secret")) != (CLIENT, SECRET):
            return _json(401, {"error": "invalid_client"})
        about = {"iss": self.server.url, "aud": CLIENT, "iat": int(time.time()), "exp": int(time.time()) + 300}
        signed = jwt.encode({**self.claims, **about}, "k" * 32, algorithm="HS256")
        return _json(200, {"access_token": "for-userinfo", "token_type": "Bearer", "id_token": signed})


def _json(status: int, body: dict[str, Any]) -> Says:
    return Says(status, body, {"Content-Type": "application/json"})
