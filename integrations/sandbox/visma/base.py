"""What all Visma endpoints share: who calls, the hourly allowance, rows of the caller's company, versions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from integrations.sandbox.kernel import Reply, Request, Row, Simulator, iso, json_reply, new_row
from integrations.sandbox.visma import problems
from integrations.sandbox.visma.budget import Budget
from integrations.sandbox.visma.keys import dangerous, decoded
from integrations.sandbox.visma.listing import Listing, Query, member, predicates
from integrations.sandbox.visma.problems import refuse
from integrations.sandbox.visma.shapes import ShapeError, unwrap
from integrations.sandbox.visma.stamps import rowversion, shown
from integrations.sandbox.visma.tokens import SERVICE, read
from integrations.sandbox.visma.write_shapes import SHAPES
from integrations.sandbox.world import Company

OLD_BASE = "/api/controller/api"
OLD_LIMIT = 500
MAX_PAGE_SIZE = {"inventory": 5_000, "supplier": 1_000, "customer": 1_000, "PurchaseReceipt": 500}
DEFAULT_MAX_PAGE_SIZE = 500
VERSION_MEMBERS = {"inventory": "timestamp", "warehouse": "timestamp"}
UNVERSIONED = frozenset({"branch", "cashaccount", "currency", "paymentmethod", "vat", "vatCategory", "financialPeriod"})

OPTIONS: dict[str, Any] = {
    "strict_company_header": None,  # None follows strict: ipp-company-id has to be there and right
    "strict_if_match": None,  # None follows strict: PUT without If-Match is refused where the specification has it
    "rate_limit": 15_000,  # calls an hour and company; 500 for test clients
    "page_cap": None,  # overrides maxPageSize of every endpoint, so that small data fills several pages
    "default_page_size": 100,  # when the client names none
    "sort": "key",  # key, modified or unsorted: the order of lists is not documented
    "timestamp_form": "zoneless",  # zoneless, utc, offset or mixed
    "time_zone": "company",  # zone of zoneless moments and filters: company, or a name such as UTC
    "token_seconds": 3_600,
    "invalid_client_status": 400,  # 401 was seen as well
    "refused_tenants": [],  # company keys that answer invalid_tenant
    "release_result": "auto",  # Done, Failed, Queued; auto: every fourth is queued
    "queue_seconds": 2.0,  # how long a queued action takes
    "background_seconds": 1.0,  # how long a background request takes
    "receipt_touches_order": False,  # whether an order's lastModified moves with quantities alone
    "payment_touches_invoice": False,  # the same for part payments
    "refuse_duplicate_reference": False,  # a supplier's own number twice
    "subscription_mode": 404,  # 404, 410 or 201 for the old webhook subscription calls
    "header_amounts": "names",  # names: ...InCurrency is the document's currency; descriptions: the other way round
    "compress": False,  # gzip answers for clients that accept it
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: one client, one company."""

    client_id: str
    company: Company
    scopes: tuple[str, ...]
    old_base: bool = False

    @property
    def budget_key(self) -> tuple[str, str, str]:
        """Company, client and policy: what the allowance is counted by."""
        return self.company.key, self.client_id, "6-fixed-window" if self.old_base else "4-fixed-window"


class VismaBase(Simulator):
    """Base of the groups of endpoints."""

    name = "visma"
    ignore_case = True
    default_options: ClassVar[Mapping[str, Any]] = OPTIONS
    SCOPE_VERBS: ClassVar[Mapping[str, str]] = {"GET": "read", "HEAD": "read", "PUT": "update", "DELETE": "delete"}

    def prepare(self) -> None:
        """Allowances and error counters live in memory: a restart is a new hour."""
        self.budget = Budget()
        self.errors_given = 0
        self.caller: Caller | None = None

    # who calls

    @property
    def company(self) -> Company:
        """The company of the running call."""
        if self.caller is None:
            raise RuntimeError("no call is running")
        return self.caller.company

    @property
    def zone(self) -> str:
        """The time zone of zoneless moments of the running call's company."""
        option: str = self.options["time_zone"]
        return self.company.time_zone if option == "company" else option

    def before(self, request: Request) -> Reply | None:
        """Token, company, allowance, scope, in this order."""
        if request.route is not None and request.route.open:
            return None
        if (character := dangerous(request.sub_path)) is not None:
            text = f"A potentially dangerous Request.Path value was detected from the client ({character})."
            return Reply(400, f"<html><body><h2><i>{text}</i></h2></body></html>", problems.HTML)
        self.caller = self._caller(request)
        if not self.budget.take(self.caller.budget_key, limit=self.limit, now=self.clock()):
            return self._limited()
        verb = self.SCOPE_VERBS.get(request.method)
        wanted = {f"{SERVICE}:{verb}"} if verb else {f"{SERVICE}:create", f"{SERVICE}:update"}
        if not wanted & set(self.caller.scopes):
            return Reply(403, "Insufficient scope", {"Content-Type": "text/plain"})
        return None

    def _caller(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            text = "Unauthorized. Access token is missing or invalid."
            refuse(problems.gateway(401, text).with_headers({"WWW-Authenticate": "Bearer"}))
        claims = read(token.strip(), self.clock())
        if claims is None:
            refuse(Reply(401, None, {"WWW-Authenticate": 'Bearer error="invalid_token"'}))
        if not claims.company:
            refuse(problems.ipp(401, "No license for this company.", "12027", rng=self.rng))
        company = self.world.company(claims.company)
        self._check_company_header(request, company)
        old = request.sub_path.lower().startswith(OLD_BASE)
        return Caller(client_id=claims.client_id, company=company, scopes=claims.scopes, old_base=old)

    def _check_company_header(self, request: Request, company: Company) -> None:
        if not self.is_strict("strict_company_header"):
            return
        given = request.headers.get("ipp-company-id")
        if given is None:
            refuse(problems.ipp(400, "Header ipp-company-id is missing.", "12010", rng=self.rng))
        if given.strip() != str(company.visma_company_id):
            refuse(problems.ipp(401, "No license for this company.", "12027", rng=self.rng))

    def is_strict(self, option: str) -> bool:
        """A strictness switch, which follows `strict` unless it is set itself."""
        own = self.options[option]
        return bool(self.options["strict"] if own is None else own)

    @property
    def limit(self) -> int:
        """Calls an hour for the running call."""
        allowed = int(self.options["rate_limit"])
        return min(allowed, OLD_LIMIT) if self.caller is not None and self.caller.old_base else allowed

    def _limited(self) -> Reply:
        if self.caller is None:
            raise RuntimeError("no call is running")
        reset = self.budget.headers(self.caller.budget_key, limit=self.limit, now=self.clock())["X-RateLimit-Reset"]
        text = f"Rate limit is exceeded. Try again in {reset} seconds."
        return problems.gateway(429, text).with_headers({"Retry-After": reset})

    def after(self, request: Request, reply: Reply) -> Reply:
        """Rate-limit headers on everything that was counted."""
        if self.caller is None:
            return reply
        headers = self.budget.headers(self.caller.budget_key, limit=self.limit, now=self.clock())
        return reply.with_headers(headers)

    def handle(self, request: Request) -> Reply:
        """One call; nobody calls before the token was read."""
        self.caller = None
        return super().handle(request)

    def route_path(self, request: Request) -> str:
        """The deprecated base URL reaches the same routes."""
        path = request.sub_path
        return path[len(OLD_BASE) :] if path.lower().startswith(OLD_BASE + "/") else path

    def not_found(self, request: Request) -> Reply:
        """Unknown routes answer 404 to everyone, token or not."""
        return problems.gateway(404, "Resource not found")

    def method_not_allowed(self, request: Request, allowed: set[str]) -> Reply:
        """ASP.NET's body."""
        text = f"The requested resource does not support http method '{request.method}'."
        return json_reply(405, {"message": text}, allow=", ".join(sorted(allowed)))

    def fault_reply(self, request: Request, status: int) -> Reply:
        """Armed faults: 409 and 412 without body, 5xx in changing forms, the rest as the gateway says it.

        They come from the gateway and count for nobody; only a 429 tells about the allowance.
        """
        self.caller = None
        if status in {409, 412}:
            return Reply(status)
        if status >= 500:
            self.errors_given += 1
            return problems.server_error(status, self.errors_given - 1, rng=self.rng)
        if status == 401:
            return Reply(401, None, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if status == 429:
            headers = {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": "0"}
            policy = {"X-RateLimit-Policy": "4-fixed-window"}
            return problems.gateway(429, "Rate limit is exceeded.").with_headers({**headers, **policy})
        return problems.gateway(status, "Resource not found" if status == 404 else "Forbidden")

    # rows

    def rows(self, entity: str) -> list[Row]:
        """Rows of the caller's company."""
        key = self.company.key
        return [row for row in self.store.table(entity).values() if row["_company"] == key]

    def find(self, entity: str, key: str) -> Row | None:
        """The row of the caller's company with this natural key."""
        return self.store.table(entity).get(f"{self.company.key}/{key}")

    def row(self, entity: str, segment: str) -> Row:
        """The row that a path segment names. Refuses with 404."""
        try:
            key = decoded(segment)
        except ValueError:
            refuse(problems.model_state("key", "Invalid base64 value."))
        found = self.find(entity, key)
        if found is None:
            refuse(self.business(404, f"The {entity} record was not found.", f"'{key}' cannot be found in the system."))
        return found

    def business(self, status: int, summary: str, *errors: str) -> Reply:
        """A business error with a fresh VismaId."""
        return problems.business(status, summary, *errors, rng=self.rng)

    def add(self, entity: str, key: str, body: dict[str, Any], **private: Any) -> Row:
        """Insert a row for the caller's company, stamped now."""
        now = self.clock()
        row = self.stored(entity, self.company.key, key, body, modified=now, created=now)
        row.update(private)
        return row

    def stored(
        self, entity: str, company: str, key: str, body: dict[str, Any], *, modified: datetime, created: datetime
    ) -> Row:
        """Insert a row with given moments. The body is copied: rows share no parts."""
        row = new_row(
            key=f"{company}/{key}",
            body=_copied(body),
            received_at=created,
            business_number=key.rpartition("/")[2],
            _company=company,
            _modified=iso(modified),
            _created=iso(created),
            _version=self.store.next("rowversion"),
        )
        return self.store.table(entity).add(row)

    def change(self, row: Row, body: dict[str, Any]) -> None:
        """Replace a body; the row changed now."""
        row["body"] = _copied(body)
        self.touch(row)

    def touch(self, row: Row) -> None:
        """The row changed now: new lastModified (milliseconds) and row version."""
        row["_modified"] = iso(self.clock())
        row["_version"] = self.store.next("rowversion")

    # reads

    def list_of(self, request: Request, listing: Listing, also: Callable[[Row], bool] | None = None) -> Reply:
        """A list endpoint: a bare array whose elements repeat the metadata."""
        query = Query(request)
        tests = predicates(listing, query, self.zone)
        if also is not None:
            tests.append(also)
        rows = [row for row in self.rows(listing.entity) if all(test(row) for test in tests)]
        rows = self._sorted(rows, listing, query)
        cap = int(self.options["page_cap"] or MAX_PAGE_SIZE.get(listing.entity, DEFAULT_MAX_PAGE_SIZE))
        page = self._page(rows, listing, query, cap)
        hidden = [name for name, parameter in listing.hidden.items() if not query.flag(parameter)]
        shared = {"totalCount": len(rows) if listing.paged else 0, "maxPageSize": cap if listing.paged else 0}
        elements = [self.rendered(listing.entity, row, hidden) for row in page]
        if listing.metadata:
            for element in elements:
                element["metadata"] = shared
        return Reply(200, elements)

    def _sorted(self, rows: list[Row], listing: Listing, query: Query) -> list[Row]:
        wanted, _, direction = (query.text("orderby") or "").partition(" ")
        path = listing.order_by.get(wanted.lower())
        if path is not None:
            rows = sorted(rows, key=lambda row: str(member(row["body"], path) or ""), reverse=direction == "desc")
        elif self.options["sort"] == "modified":
            rows = sorted(rows, key=lambda row: (row["_modified"], row["key"]))
        elif self.options["sort"] == "unsorted":
            rows = sorted(rows, key=lambda row: hashlib.md5(row["key"].encode(), usedforsecurity=False).digest())
        else:
            rows = sorted(rows, key=lambda row: row["key"])
        return rows

    def _page(self, rows: list[Row], listing: Listing, query: Query, cap: int) -> list[Row]:
        if not listing.paged:
            if not listing.windowed:
                return rows
            start, count = query.integer("skiprecords") or 0, query.integer("numbertoread")
            return rows[start:] if count is None else rows[start : start + count]
        size = min(query.integer("pagesize") or int(self.options["default_page_size"]), cap)
        number = max(query.integer("pagenumber") or 1, 1)
        return rows[(number - 1) * size : number * size] if size > 0 else []

    def rendered(self, entity: str, row: Row, hidden: list[str] | None = None) -> dict[str, Any]:
        """The body as an answer shows it, with its moments and row version."""
        body: dict[str, Any] = {**row["body"]}
        for name in hidden or ():
            body.pop(name, None)
        form, zone = self.options["timestamp_form"], self.zone
        for name, private in (("lastModifiedDateTime", "_modified"), ("createdDateTime", "_created")):
            if name in body:
                body[name] = shown(row[private], zone=zone, form=form, salt=row["_version"])
        if entity not in UNVERSIONED:
            body[VERSION_MEMBERS.get(entity, "timeStamp")] = rowversion(row["_version"])
        return body

    def one(self, entity: str, row: Row) -> Reply:
        """A single read, with its ETag."""
        headers = {} if entity in UNVERSIONED else self.etag(row)
        return Reply(200, self.rendered(entity, row), headers)

    # writes

    def etag(self, row: Row) -> dict[str, str]:
        """The quoted row version."""
        return {"ETag": f'"{rowversion(row["_version"])}"'}

    def body(self, request: Request, shape: str) -> dict[str, Any]:
        """The plain values of a wrapped request body. Refuses with 400 or 415."""
        if request.mimetype not in {"application/json", "text/json"}:
            text = f"The request entity's media type '{request.mimetype}' is not supported for this resource."
            refuse(json_reply(415, {"message": text}))
        try:
            return unwrap(msgspec.json.decode(request.get_data()), shape, SHAPES)
        except msgspec.DecodeError as error:
            refuse(problems.model_state(shape, f"Unexpected character encountered while parsing value. {error}"))
        except ShapeError as error:
            refuse(problems.model_state(error.path, error.text))

    def check_match(self, request: Request, row: Row, *, required: bool = True, body_stamp: str | None = None) -> None:
        """If-Match against the row version: another one is 412; none at all is refused where strict."""
        current, given = rowversion(row["_version"]), request.headers.get("If-Match")
        if given is None and body_stamp is None and required and self.is_strict("strict_if_match"):
            refuse(problems.gateway(428, "If-Match is required here while strict_if_match is on."))
        if given is not None and given.strip() not in {f'"{current}"', "*"}:
            refuse(Reply(412))
        if body_stamp is not None and body_stamp != current:
            refuse(Reply(412))

    def created_reply(self, request: Request, path: str, row: Row) -> Reply:
        """201 without body; the number stands in Location only."""
        return Reply(201, None, {"Location": f"{request.base}{path}", **self.etag(row)})

    def updated_reply(self, row: Row) -> Reply:
        """204 with the new ETag."""
        return Reply(204, None, self.etag(row))

    def series(self, entity: str, *, digits: int = 0) -> str:
        """The next free number of an automatic series of the caller's company."""
        number = str(self.store.next(f"{self.company.key}/{entity}"))
        return number.zfill(digits)


def _copied(body: dict[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(body))
    return copy
