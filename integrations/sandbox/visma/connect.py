"""Visma Connect: token endpoint and discovery document."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from integrations.sandbox.kernel import Reply, Request, json_reply, route
from integrations.sandbox.visma.base import VismaBase
from integrations.sandbox.visma.problems import refuse
from integrations.sandbox.visma.tokens import SCOPES, Claims, issue
from integrations.sandbox.world import Company
from integrations.sandbox.world.identifiers import guid

NO_STORE = {"Cache-Control": "no-store, no-cache, max-age=0", "Pragma": "no-cache"}


class Connect(VismaBase):
    """Endpoints under /connect, without rate limit."""

    @route("POST", "/connect/token", open=True)
    def token(self, request: Request) -> Reply:
        """Client credentials, in the form or as HTTP Basic; `tenant_id` names the company."""
        if request.mimetype != "application/x-www-form-urlencoded":
            refuse(self._oauth_error("invalid_request"))
        form = request.form
        company = self._client(request, form)
        if not form.get("grant_type"):
            refuse(self._oauth_error("invalid_request"))
        if form["grant_type"] != "client_credentials":
            refuse(self._oauth_error("unsupported_grant_type"))
        scopes = tuple(form.get("scope", "").split()) or SCOPES
        if not set(scopes) <= set(SCOPES):
            refuse(self._oauth_error("invalid_scope"))
        granted = self._tenant(company, form.get("tenant_id", ""))
        seconds, now = int(self.options["token_seconds"]), self.clock().timestamp()
        claims = Claims(
            client_id=company.visma_client_id,
            tenant_id=form["tenant_id"],
            company=granted,
            scopes=scopes,
            issued=now,
            expires=now + seconds,
            jti=guid(self.rng),
        )
        body = {"access_token": issue(claims), "expires_in": seconds, "token_type": "Bearer", "scope": " ".join(scopes)}
        return json_reply(200, body).with_headers(NO_STORE)

    @route("GET", "/.well-known/openid-configuration", open=True)
    def discovery(self, request: Request) -> Reply:
        """The server's metadata."""
        base = request.base
        return json_reply(
            200,
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/connect/authorize",
                "token_endpoint": f"{base}/connect/token",
                "userinfo_endpoint": f"{base}/connect/userinfo",
                "end_session_endpoint": f"{base}/connect/endsession",
                "revocation_endpoint": f"{base}/connect/revocation",
                "introspection_endpoint": f"{base}/connect/introspect",
                "scopes_supported": ["openid", *SCOPES],
                "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            },
        )

    def _client(self, request: Request, form: Mapping[str, str]) -> Company:
        """The company whose credentials these are. HTTP Basic wins over the form."""
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                refuse(self._oauth_error("invalid_client"))
        else:
            client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        known = {(c.visma_client_id, c.visma_client_secret): c for c in self.world.companies}
        if (client_id, secret) not in known:
            refuse(self._oauth_error("invalid_client", int(self.options["invalid_client_status"])))
        return known[client_id, secret]

    def _tenant(self, company: Company, tenant_id: str) -> str:
        """The company key the token reaches; empty for the customer tenant, which authenticates but reaches nothing."""
        if tenant_id == company.visma_customer_tenant_id:
            return ""
        if tenant_id != company.visma_tenant_id or company.key in self.options["refused_tenants"]:
            refuse(self._oauth_error("invalid_tenant"))
        return company.key

    def _oauth_error(self, code: str, status: int = 400) -> Reply:
        return json_reply(status, {"error": code}).with_headers(NO_STORE)
