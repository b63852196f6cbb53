"""What all endpoints of the Basware simulator share: regions, tokens, scopes, limits, rows, pages."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, Simulator, iso, json_reply, new_row

from .errors import Problem, refused
from .schema import moment
from .tenants import HOME, REGIONS, Client, Tenant, tenant_of

MAX_BYTES: Final = 6 * 1024 * 1024
CONTINUATION: Final = "x-amz-meta-continuationtoken"
_VERBS: Final = {"GET": "read", "HEAD": "read", "POST": "write", "PATCH": "write", "DELETE": "delete"}
_SIGNING_KEY: Final = b"sandbox-basware"


class BaswareBase(Simulator):
    """Credentials, options and the conventions of lists and errors."""

    name: ClassVar[str] = "basware"
    default_options: ClassVar[Mapping[str, Any]] = {
        "strict": True,
        "regions": {},
        "token_lifetime": 3600,
        "processing_delay": 1.5,
        "processing_jitter": 0.0,
        "intake_delay": 1.5,
        "lose_intake": 0,
        "fail_every": 0,
        "outcomes": {},
        "expire_seconds": 1.0,
        "line_busy_seconds": 0.5,
        "rate_limit": 600,
        "rate_window": 60,
        "rate_headers": False,
        "retry_after": True,
        "storage_host": "other",
        "redirects": ["accountingDocuments", "exportedPurchaseOrders"],
        "url_lifetime": 900,
        "status_feature": True,
        "attachments": True,
        "p2p_intake_path": "",
        "intake_fields": {},
        "webhook_signature_form": "hex",
        "webhook_retries": 0,
        "webhook_retry_seconds": 1.0,
        "webhook_copies": 1,
        "misspell_task_type": False,
    }

    def prepare(self) -> None:
        """Tenants from the world. Allowances live in memory."""
        tenants = [tenant_of(company) for company in self.world.companies]
        self.tenants: dict[str, Tenant] = {tenant.company.key: tenant for tenant in tenants}
        self.clients = {client.client_id: client for tenant in tenants for client in tenant.clients}
        self.windows: dict[str, tuple[datetime, int]] = {}
        self.caller: Client | None = None
        self.request_id = ""

    # who calls

    def region_of(self, company: str) -> str:
        """Where a tenant lives: the only host that knows it."""
        chosen: dict[str, str] = self.options["regions"]
        return chosen.get(company) or HOME.get(company, "eu")

    def region(self, request: Request) -> str:
        """The region in the path, "" for the Network and for storage."""
        first = request.sub_path.lstrip("/").partition("/")[0]
        return first if first in REGIONS else ""

    def handle(self, request: Request) -> Reply:
        """One call with an id of its own; nobody calls before the token was read."""
        self.caller, self.request_id = None, str(uuid.uuid4())
        return super().handle(request)

    def route_path(self, request: Request) -> str:
        """The region off; an intake path for invoices, where one is set, is mapped onto its route."""
        region = self.region(request)
        path = request.sub_path[len(region) + 1 :] if region else request.sub_path
        own: str = self.options["p2p_intake_path"]
        if own and path.rstrip("/") == f"/{own.strip('/')}":
            return "/invoice-intake"
        return "/unknown" if path == "/invoice-intake" or (not region and path.startswith("/v")) else path

    def before(self, request: Request) -> Reply | None:
        """Token, allowance, size, scope, in this order. `open` routes look after themselves."""
        if request.route is None or request.route.open:
            return None
        self.caller = self._caller(request)
        if (limited := self.limited(self.caller.client_id)) is not None:
            return limited
        if len(request.get_data()) > MAX_BYTES:
            return json_reply(413, {"message": "Request Entity Too Large"})
        api = request.route.rule.split("/")[2] if request.route.rule.count("/") > 1 else "accountingDocuments"
        wanted = {"tasks.read", "taskStatus.read"} if api == "tasks" else {f"{api}.{_VERBS[request.method]}"}
        if not wanted & self._granted(request):
            return json_reply(403, {"Message": "User is not authorized to access this resource"})
        return None

    def _caller(self, request: Request) -> Client:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        client: Client | None = None
        if scheme.lower() == "bearer" and (claims := self.claims(given.strip(), self.region(request))) is not None:
            client = self.clients.get(claims["sub"])
        elif scheme.lower() == "basic":
            client = self.basic(given)
        if client is None or self.region_of(client.company) != self.region(request):
            raise Refusal(json_reply(401, {"message": "Unauthorized"}))
        return client

    def basic(self, given: str) -> Client | None:
        """The client of an HTTP Basic header."""
        name, secret = pair(given)
        client = self.clients.get(name)
        return client if client is not None and client.secret == secret else None

    def _granted(self, request: Request) -> set[str]:
        if self.caller is None:
            return set()
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        claims = self.claims(given.strip(), self.region(request)) if scheme.lower() == "bearer" else None
        return set(claims["scope"].split()) if claims else set(self.caller.scopes)

    def token(self, claims: dict[str, Any]) -> str:
        """A token of three parts, as long and as opaque as a real one."""
        head = {"alg": "RS256", "kid": "sandbox", "typ": "at+jwt"}
        parts = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        return f"{parts}.{_encoded(hmac.new(_SIGNING_KEY, parts.encode(), hashlib.sha256).digest())}"

    def claims(self, token: str, region: str) -> dict[str, Any] | None:
        """What a token of this region says; None when it is forged, expired or of another region."""
        parts, _, signed = token.rpartition(".")
        wanted = _encoded(hmac.new(_SIGNING_KEY, parts.encode(), hashlib.sha256).digest())
        if not hmac.compare_digest(signed.encode(), wanted.encode()):
            return None
        body = parts.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return claims if claims["exp"] > self.clock().timestamp() and claims["region"] == region else None

    def limited(self, who: str) -> Reply | None:
        """The gateway's 429, with or without Retry-After, once the window is used up; counts the call otherwise."""
        now, window = self.clock(), timedelta(seconds=float(self.options["rate_window"]))
        begun, used = self.windows.get(who, (now, 0))
        if now - begun >= window:
            begun, used = now, 0
        if used >= int(self.options["rate_limit"]):
            left = max(1, int((begun + window - now).total_seconds() + 0.999))
            headers = {"retry_after": str(left)} if self.options["retry_after"] else {}
            return json_reply(429, {"message": "Too Many Requests"}, **headers)
        self.windows[who] = (begun, used + 1)
        return None

    @property
    def tenant(self) -> Tenant:
        """Whose client calls."""
        if self.caller is None:
            raise RuntimeError("no call is running")
        return self.tenants[self.caller.company]

    def after(self, request: Request, reply: Reply) -> Reply:
        """The request id on everything; the allowance where `rate_headers` says so."""
        headers = {"x-amzn-RequestId": self.request_id}
        if self.caller is not None and self.options["rate_headers"]:
            used = self.windows.get(self.caller.client_id, (0, 0))[1]
            limit = int(self.options["rate_limit"])
            headers |= {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(max(0, limit - used))}
        return reply.with_headers(headers)

    def not_found(self, request: Request) -> Reply:
        """Unknown path: the gateway's answer."""
        return json_reply(403, {"message": "Missing Authentication Token"})

    def method_not_allowed(self, request: Request, allowed: set[str]) -> Reply:
        """Known path, unknown method."""
        return refused(405, self.request_id, [("", "METHOD_NOT_ALLOWED", f"{request.method} is not allowed")])

    def fault_reply(self, request: Request, status: int) -> Reply:
        """Armed status faults: the gateway's, or P2P's own for 409 and 500."""
        self.request_id = str(uuid.uuid4())
        if status in {409, 500}:
            code = "CONFLICT_IN_POST" if status == 409 else "UNEXPECTED_ERROR"
            return refused(status, self.request_id, [("", code, "Unexpected error")])
        texts = {401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests", 502: "Internal server error"}
        return (
            Reply(404) if status == 404 else json_reply(status, {"message": texts.get(status, "Service Unavailable")})
        )

    # rows

    def new_id(self) -> str:
        """A UUID from the seeded generator."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def now(self) -> str:
        """The moment of now, as bodies show it."""
        return iso(self.clock())

    def stored(self, table: str, company: str, key: str, body: dict[str, Any], **private: Any) -> Row:
        """Insert or replace a row; a replaced one keeps its place in lists."""
        tables = self.store.table(table)
        before = tables.get(f"{company}/{key}")
        number = before["_n"] if before else self.store.next("row")
        row = new_row(
            key=f"{company}/{key}",
            body=body,
            received_at=self.clock(),
            business_number=key,
            _company=company,
            _n=number,
        )
        row.update(private)
        return tables.add(row)

    def rows(self, table: str, company: str | None = None) -> list[Row]:
        """Rows of one tenant, by default the caller's, oldest first."""
        own = company or self.tenant.company.key
        return [row for row in self.store.table(table).values() if row["_company"] == own]

    # requests

    def decoded(self, request: Request) -> Any:
        """The JSON body. Refuses with 400."""
        try:
            return msgspec.json.decode(request.get_data())
        except msgspec.DecodeError as error:
            raise self.refuse(400, [("", "SCHEMA_VALIDATION_ERROR", str(error))]) from error

    def refuse(self, status: int, problems: list[Problem]) -> Refusal:
        """P2P's error body, to be raised."""
        return Refusal(refused(status, self.request_id, problems))

    def since(self, request: Request, rows: Iterable[Row]) -> list[Row]:
        """Rows that were updated after `lastUpdated`, if that is given."""
        given = request.args.get("lastUpdated")
        if given is None:
            return list(rows)
        after = moment(given.replace(" ", "+"))
        if after is None:
            raise self.refuse(400, [("", "PARAMETER_VALIDATION_ERROR", "lastUpdated: expected date-time")])
        after = after if after.tzinfo else after.replace(tzinfo=self.clock().tzinfo)
        return [row for row in rows if datetime.fromisoformat(row["body"]["lastUpdated"]) > after]

    def page(self, request: Request, rows: list[Row], *, default: int, most: int) -> tuple[list[Row], dict[str, str]]:
        """One page, and the header that leads on. Refuses with 404 when there is nothing at all."""
        size = request.args.get("pageSize", str(default))
        if not size.isdigit() or not 1 <= int(size) <= most:
            raise self.refuse(400, [("", "PARAMETER_VALIDATION_ERROR", f"pageSize: must be from 1 to {most}")])
        query = hashlib.sha256(f"{request.raw_path}?{sorted(request.args.items())}".encode()).hexdigest()[:12]
        rows = sorted(rows, key=lambda row: int(row["_n"]))
        if (given := request.headers.get(CONTINUATION)) is not None:
            known, _, last = _plain(given).partition(":")
            if known != query or not last.isdigit():
                text = "continuation token does not belong to this query"
                raise self.refuse(400, [("", "PARAMETER_VALIDATION_ERROR", text)])
            rows = [row for row in rows if row["_n"] > int(last)]
        if not rows:
            raise Refusal(Reply(404))
        shown = rows[: int(size)]
        more = {CONTINUATION: _encoded(f"{query}:{shown[-1]['_n']}".encode())} if len(shown) < len(rows) else {}
        return shown, more


def pair(given: str) -> tuple[str, str]:
    """Name and secret of HTTP Basic; empty ones when it is no base64."""
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _plain(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
