"""What all endpoints of the Airbase simulator share: modes, tenants, keys, allowance, rows, pages."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, Simulator, Table, iso, json_reply, new_row
from integrations.sandbox.world import Company

from .errors import detail, refuse

PREFIX: Final = "/v1/accounting"
BRIEF_ONLY: Final = frozenset({"bills", "purchase_orders", "payments", "employees"})
RENAMED: Final = {"id": "airbase_id", "url": "airbase_url", "created_in_platform": "created_in_airbase"}
RELEASE: Final = "2026.46.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One company at Airbase. `slug` stands in the tenant's own base URL."""

    company: Company
    slug: str
    api_key: str
    read_only_key: str


def tenant_of(company: Company) -> Tenant:
    """The tenant of a company; its values do not depend on the seed."""
    key = f"sandbox-airbase-{company.key.lower()}"
    slug = company.isa_id.lower()
    return Tenant(company=company, slug=slug, api_key=key, read_only_key=f"{key}-readonly")


class AirbaseBase(Simulator):
    """Credentials, modes, the allowance and the conventions of lists."""

    name: ClassVar[str] = "airbase"
    default_options: ClassVar[Mapping[str, Any]] = {
        "strict": True,
        "mode": "brief",
        "scheme": "",
        "paths": {},
        "names": "both",
        "page_size": 100,
        "max_page_size": 250,
        "next_form": "url",
        "rate_limit": 500,
        "rate_window": 60,
        "retry_after": True,
        "accounts_writable": True,
        "bulk_match": "erp_reference_id",
        "bulk_order": "shuffled",
        "account_types": [],
        "failure_status": "sync_failed",
        "void_status": "voided",
        "void_form": "status",
        "failed_status": "failed",
        "applied_amounts": None,
        "date_form": "seconds",
        "onboarding_completed": True,
        "webhook_retries": 0,
        "webhook_retry_seconds": 1.0,
        "webhook_signature_header": "X-Airbase-Signature",
        "webhook_signature_form": "hex",
    }

    def prepare(self) -> None:
        """Tenants from the world. Allowances live in memory."""
        tenants = [tenant_of(company) for company in self.world.companies]
        self.tenants = {tenant.company.key: tenant for tenant in tenants}
        self.keys = {tenant.api_key: (tenant, True) for tenant in tenants}
        self.keys |= {tenant.read_only_key: (tenant, False) for tenant in tenants}
        self.windows: dict[str, tuple[datetime, int]] = {}
        self.index: dict[str, tuple[Table, dict[str, str]]] = {}
        self.caller: tuple[Tenant, bool, str] | None = None

    def entities(self) -> Iterable[str]:
        """`sync_reports` has every PATCH that reported a result; `notifications` every webhook with its tries."""
        return (
            "vendors", "accounts", "subsidiaries", "currencies", "tags", "employees", "bills", "purchase_orders",
            "ledger_entries", "sync_reports", "webhook_endpoints", "notifications",
        )  # fmt: skip

    @property
    def brief(self) -> bool:
        """Whether the tenant base URL, Bearer, bills, purchase orders and payments are there."""
        return bool(self.options["mode"] == "brief")

    @property
    def scheme(self) -> str:
        """The word before the key in the Authorization header."""
        own: str = self.options["scheme"]
        return own or ("Bearer" if self.brief else "Token")

    @property
    def tenant(self) -> Tenant:
        """Whose key the running call carries."""
        if self.caller is None:
            raise RuntimeError("no call is running")
        return self.caller[0]

    # who calls

    def handle(self, request: Request) -> Reply:
        """One call; nobody calls before the key was read."""
        self.caller = None
        return super().handle(request)

    def route_path(self, request: Request) -> str:
        """Tenant base URL off, moved resources back; what the mode does not have has no route."""
        path = request.sub_path
        if self.brief:
            first, _, rest = path.lstrip("/").partition("/")
            if all(first != tenant.slug for tenant in self.tenants.values()):
                return "/unknown"
            path = f"/{rest}"
        moved: dict[str, str] = self.options["paths"]
        for resource, own in moved.items():
            own = f"/{own.strip('/')}/"
            if f"{path.rstrip('/')}/".startswith(own):
                return f"{PREFIX}/{resource}/{path[len(own) :]}"
        resource = path.removeprefix(f"{PREFIX}/").partition("/")[0]
        if resource in moved or (not self.brief and resource in BRIEF_ONLY):
            return "/unknown"
        return path

    def before(self, request: Request) -> Reply | None:
        """Key, allowance, slash at the end, permission to write, in this order."""
        self.caller = self._caller(request)
        if (limited := self._limited(self.caller[2])) is not None:
            return limited
        if not request.sub_path.endswith("/"):
            query = request.query_string.decode("latin-1")
            return Reply(301, None, {"Location": f"{request.raw_path}/" + (f"?{query}" if query else "")})
        if not self.caller[1] and request.method not in {"GET", "HEAD"}:
            return detail(403, "You do not have permission to perform this action.")
        rule = request.route.rule if request.route else ""
        if not self.brief and rule == f"{PREFIX}/tags" and request.method == "GET":
            return self.method_not_allowed(request, {"POST"})
        reference = rule.startswith((f"{PREFIX}/accounts", f"{PREFIX}/tags", f"{PREFIX}/subsidiaries"))
        if reference and request.method != "GET" and not self.options["accounts_writable"]:
            return detail(403, "You do not have permission to perform this action.")
        return None

    def _caller(self, request: Request) -> tuple[Tenant, bool, str]:
        given = request.headers.get("Authorization", "")
        scheme, _, key = given.partition(" ")
        known = self.keys.get(key.strip())
        if not given or scheme.lower() != self.scheme.lower():
            text = "Authentication credentials were not provided." if not given else "Invalid token."
            raise refuse(401, text, www_authenticate=self.scheme)
        slug = request.sub_path.lstrip("/").partition("/")[0]
        if known is None or (self.brief and known[0].slug != slug):
            raise refuse(401, "Invalid token.", www_authenticate=self.scheme)
        return *known, key.strip()

    def _limited(self, key: str) -> Reply | None:
        now, window = self.clock(), timedelta(seconds=float(self.options["rate_window"]))
        begun, used = self.windows.get(key, (now, 0))
        if now - begun >= window:
            begun, used = now, 0
        if used >= int(self.options["rate_limit"]):
            left = max(1, int((begun + window - now).total_seconds() + 0.999))
            unit = "second" if left == 1 else "seconds"
            text = f"Request was throttled. Expected available in {left} {unit}."
            return detail(429, text, **({"retry_after": str(left)} if self.options["retry_after"] else {}))
        self.windows[key] = (begun, used + 1)
        return None

    def after(self, request: Request, reply: Reply) -> Reply:
        """Request id and release on everything; allowance, key id and Allow where the key is known."""
        headers = {"X-Request-Id": uuid.uuid4().hex, "X-Airbase-Release-Version": RELEASE, "Vary": "Cookie, origin"}
        if self.caller is not None:
            limit = int(self.options["rate_limit"])
            headers["X-Ratelimit-Limit"] = str(limit)
            headers["X-Ratelimit-Remaining"] = str(max(0, limit - self.windows.get(self.caller[2], (0, 0))[1]))
            headers["X-Airbase-Auth-Token-Id"] = str(1 + list(self.keys).index(self.caller[2]))
            known = self.router.match("OPTIONS", self.route_path(request))
            if isinstance(known, set) and known and reply.status != 405:
                headers["Allow"] = _allow(known)
        return reply.with_headers(headers)

    def not_found(self, request: Request) -> Reply:
        """Unknown path."""
        return detail(404, "Not found.")

    def method_not_allowed(self, request: Request, allowed: set[str]) -> Reply:
        """Django REST framework's body; the key is looked at first."""
        self.caller = self._caller(request)
        return detail(405, f'Method "{request.method}" not allowed.', allow=_allow(allowed))

    def fault_reply(self, request: Request, status: int) -> Reply:
        """Armed status faults as {"detail"}; 5xx come from the proxy in front, as HTML."""
        if status >= 500:
            page = f"<html><head><title>{status}</title></head><body><center>cloudflare</center></body></html>"
            return Reply(status, page, {"Content-Type": "text/html"})
        texts = {401: "Invalid token.", 404: "Not found.", 429: "Request was throttled.", 409: "Conflict."}
        return detail(status, texts.get(status, "You do not have permission to perform this action."))

    # rows

    def new_id(self) -> str:
        """A UUID from the seeded generator."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def rows(self, table: str, company: str | None = None) -> list[Row]:
        """Rows of one tenant, by default the caller's, in the order in which they were made."""
        own = company or self.tenant.company.key
        return [row for row in self.store.table(table).values() if row["_company"] == own]

    def stored(self, table: str, company: str, body: dict[str, Any]) -> Row:
        """Insert a new row; its body gets both of its ids."""
        own = self.new_id()
        body = {"id": own, "airbase_id": own, **body}
        row = new_row(key=f"{company}/{own}", body=body, received_at=self.clock(), _company=company)
        row["business_number"] = body.get("erp_reference_id") or ""
        self._known(table).setdefault(f"{company}/{row['business_number']}", row["key"])
        return self.store.table(table).add(row)

    def found(self, table: str, company: str, *, airbase_id: str = "", reference: str = "") -> Row | None:
        """The row with this id, or with this erp_reference_id (a blank one never matches)."""
        if airbase_id:
            return self.store.table(table).get(f"{company}/{airbase_id}")
        key = self._known(table).get(f"{company}/{reference}") if reference else None
        return self.store.table(table)[key] if key else None

    def _known(self, table: str) -> dict[str, str]:
        """Row keys by "company/erp_reference_id": thousands of bills come in batches that look each other up."""
        rows = self.store.table(table)
        known = self.index.get(table)
        if known is None or known[0] is not rows:
            found: dict[str, str] = {}
            for row in rows.values():
                found.setdefault(f"{row['_company']}/{row['business_number']}", row["key"])
            known = self.index[table] = (rows, found)
        return known[1]

    def row(self, table: str, airbase_id: str) -> Row:
        """The caller's row with this id. Refuses with 404."""
        found = self.found(table, self.tenant.company.key, airbase_id=airbase_id)
        if found is None:
            raise refuse(404, "Not found.")
        return found

    def changed(self, table: str, row: Row, body: dict[str, Any]) -> Row:
        """Replace the body of a row."""
        row["body"] = body
        row["business_number"] = body.get("erp_reference_id") or ""
        self._known(table).setdefault(f"{row['_company']}/{row['business_number']}", row["key"])
        self.store.touch()
        return row

    def touched(self, entity: str, row: Row) -> None:
        """A row was changed by hand: its reference may be another one."""
        row["business_number"] = row["body"].get("erp_reference_id") or ""
        self.index.pop(entity, None)

    # answers

    def page(self, request: Request, rows: list[Row]) -> Reply:
        """One page of rows. A page past the end is empty, not an error."""
        number = _whole(request, "page", 1)
        size = min(_whole(request, "page_size", int(self.options["page_size"])), int(self.options["max_page_size"]))
        shown = rows[(number - 1) * size : number * size]
        pagination = {
            "next": self._turned(request, number + 1) if number * size < len(rows) else None,
            "previous": self._turned(request, number - 1) if number > 1 else None,
            "page": number,
            "page_size": size,
        }
        return json_reply(200, {"data": [self.shown(row) for row in shown], "pagination": pagination})

    def _turned(self, request: Request, number: int) -> Any:
        if self.options["next_form"] == "number":
            return number
        others = {name: value for name, value in request.args.items() if name != "page"}
        query = "&".join(f"{name}={value}" for name, value in {**others, "page": str(number)}.items())
        return f"{request.scheme}://{request.host}{request.raw_path}?{query}"

    def shown(self, row: Row) -> Any:
        """A body as this mode and this stage of the vendor's renaming show it."""
        body = row["body"]
        if not self.brief:
            body = {name: value for name, value in body.items() if name not in row.get("_brief_members", ())}
        return renamed(body, self.options["names"])

    def moment(self, at: datetime) -> str:
        """A naive ISO date-time, with or without microseconds."""
        plain = at.replace(tzinfo=None)
        if self.options["date_form"] == "microseconds":
            return plain.isoformat(timespec="microseconds")
        return plain.isoformat(timespec="seconds")

    def written_at(self) -> str:
        """Now, with Z, for what webhooks carry."""
        return iso(self.clock())


def _allow(methods: set[str]) -> str:
    known = {*methods, *({"HEAD"} if "GET" in methods else ()), "OPTIONS"}
    order = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    return ", ".join(method for method in order if method in known)


def _whole(request: Request, name: str, default: int) -> int:
    given = request.args.get(name)
    if given is None:
        return default
    if not given.isdigit() or int(given) < 1:
        raise Refusal(detail(404, "Invalid page."))
    return int(given)


def renamed(value: Any, names: str) -> Any:
    """Leave out one name of each pair: names "old" or "new"; "both" leaves all."""
    if names == "both":
        return value
    if isinstance(value, list):
        return [renamed(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    hidden = {pair[names == "old"] for pair in RENAMED.items() if pair[0] in value and pair[1] in value}
    return {name: renamed(one, names) for name, one in value.items() if name not in hidden}
