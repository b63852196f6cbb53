"""Who calls, through which face, and what they may do. Rows and answers of the other modules build on it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from integrations.sandbox.hooks import Notification
from integrations.sandbox.kernel import Refusal, Reply, Request, Row, Simulator, iso, json_reply, new_row

from . import oauth
from .errors import ACL, NO_ROUTE, json_object, masked, message, refuse
from .oauth import Integration
from .shops import Shop, Store, build_shops

Json = dict[str, Any]
PAAS_ONLY: Final = ("/V1/integration/", "/V1/tfa/", "/V1/directory/currency")
SAAS_ONLY: Final = ("/V1/order-statuses", "/V1/webhooks/supportedList", "/V1/eventing/supportedList")
KEPT_NULLS: Final = frozenset({"account_status", "cc_last4", "base_cost", "region", "region_code"})
MODULES: Final = (
    "Magento_Store", "Magento_AdminNotification", "Magento_Directory", "Magento_Backend", "Magento_Customer",
    "Magento_Catalog", "Magento_Bundle", "Magento_ConfigurableProduct", "Magento_Sales", "Magento_SalesRule",
    "Magento_Tax", "Magento_GiftCard", "Magento_GiftCardAccount", "Magento_CustomerBalance", "Magento_Integration",
    "Magento_TwoFactorAuth", "Magento_Company", "Magento_CompanyCredit", "Magento_NegotiableQuote",
    "Magento_PurchaseOrder", "Magento_AdobeCommerceWebhooks", "Magento_AdobeCommerceWebhooksSubscriber",
    "Magento_AdobeCommerceEventsClient",
)  # fmt: skip
SAAS_MODULES: Final = ("Magento_CustomAttributeSerializable", "Magento_CustomAttributeSerializableB2b")


class Access(Simulator):
    """Faces, credentials, permissions, the limit of calls."""

    name: ClassVar[str] = "adobe"
    default_options: ClassVar[Mapping[str, Any]] = {
        "strict": True,
        "version": "2.4.8",
        "modules": list(MODULES),
        "two_factor": True,
        "two_factor_status": 400,
        "admin_token_seconds": 14_400,
        "ims_token_seconds": 86_399,
        "integration_as_bearer": False,
        "acl_denied": [],
        "gateway_org_check": True,
        "rate_limit": 0,
        "rate_window": 60,
        "retry_after": True,
        "input_limits": False,
        "legacy_paging": False,
        "empty_items_null": False,
        "corrupt_orders": [],
        "commit_delay": 0.0,
        "address_moves_updated_at": False,
        "invoice_moves_order": True,
        "new_ids": "integer",
        "tax_algorithm": "total",
        "child_price": "zero",
        "item_price_base": False,
        "custom_attributes_merge": "merge",
        "webhook_copies": 1,
        "webhook_retries": 0,
        "webhook_retry_seconds": 1.0,
        "webhook_hmac_secret": "",
        "events_swapped": False,
        "fatal_errors": False,
    }

    def prepare(self) -> None:
        """Shops from the world; nonces, failed logins and the limit's window live in memory."""
        self.shops = build_shops(self.world.companies)
        self.nonces: set[tuple[str, str]] = set()
        self.failures: dict[str, tuple[int, datetime]] = {}
        self.windows: dict[str, tuple[datetime, int]] = {}
        self.moment: datetime | None = None
        self.held: Notification | None = None
        """The event that the next one overtakes."""
        self._nobody()

    def _nobody(self) -> None:
        self.face, self.shop = "", next(iter(self.shops.values()))
        self.store_view: Store | None = None
        self.caller, self.allowed = "", frozenset[str]()
        self.unlimited = False

    # where the call goes

    def handle(self, request: Request) -> Reply:
        """One call; face, shop and store are read from its path and headers."""
        self._nobody()
        try:
            self._find_shop(request)
        except Refusal as refusal:
            return self.after(request, refusal.reply)
        return super().handle(request)

    def _find_shop(self, request: Request) -> None:
        parts = request.sub_path.strip("/").split("/")
        by_slug = {shop.slug: shop for shop in self.shops.values()}
        by_tenant = {shop.tenant_id: shop for shop in self.shops.values()}
        self.path = "/unknown"
        if parts[:1] in (["ims"], ["public_keys"]):
            self.path = request.sub_path
        elif parts[0] == "accs" and len(parts) > 1 and parts[1] in by_tenant:
            self.face, self.shop = "saas", by_tenant[parts[1]]
            self.path = "/" + "/".join(parts[2:])
            self.store_view = self._store_of(request.headers.get("Store", "default"))
        elif parts[0] in by_slug:
            self.face, self.shop = "paas", by_slug[parts[0]]
            rest = parts[2:] if parts[1:2] == ["index.php"] else parts[1:]
            if rest[:1] != ["rest"] or len(rest) < 2:
                return
            code = "default" if rest[1] == "V1" else rest[1]
            if code != "all" and all(store.code != code for store in self.shop.stores):
                return  # an unknown store code is no route
            self.store_view = None if code == "all" else self.shop.store(code)
            self.path = "/" + "/".join(rest[1:] if rest[1] == "V1" else rest[2:])

    def _store_of(self, code: str) -> Store | None:
        if code in {"all", ""}:
            return None
        try:
            return self.shop.store(code)
        except KeyError:
            refuse(404, "The store that was requested wasn't found. Verify the store and try again.")

    def route_path(self, request: Request) -> str:
        """Below the face; what a face does not have has no route."""
        missing = PAAS_ONLY if self.face == "saas" else SAAS_ONLY
        return "/unknown" if self.path.startswith(missing) else self.path

    def not_found(self, request: Request) -> Reply:
        """No route."""
        return message(404, NO_ROUTE)

    def method_not_allowed(self, request: Request, allowed: set[str]) -> Reply:
        """A known path with another method is no route either."""
        return message(404, NO_ROUTE)

    def fault_reply(self, request: Request, status: int) -> Reply:
        """Armed status faults in Magento's shape; 502 and 503 come from the cache in front, as HTML."""
        if status in {502, 503}:
            page = f"<html><head><title>{status} Backend fetch failed</title></head><body>Guru Meditation</body></html>"
            return Reply(status, page, {"Content-Type": "text/html; charset=utf-8"})
        if status == 500:
            return masked(uuid.uuid4().hex[:13])
        texts = {401: (ACL, {"resources": "Magento_Sales::actions_view"}), 429: ("Too Many Requests", None)}
        text, parameters = texts.get(status, ("Request refused.", None))
        return message(status, text, parameters)

    # who calls

    def before(self, request: Request) -> Reply | None:
        """The limit, then credentials, then the permission that the route needs."""
        if (limited := self._limited(request)) is not None:
            return limited
        route = request.route
        if route is None or route.open:
            return None
        if self.face == "saas":
            self._ims_caller(request)
        else:
            self._paas_caller(request)
        self.need(route.label)
        return None

    def need(self, resource: str) -> None:
        """Refuse unless the caller has this resource. Guests have none; so do expired tokens."""
        denied = resource in self.options["acl_denied"]
        if denied or not (self.unlimited or resource in self.allowed):
            refuse(401, ACL, {"resources": resource})

    def _limited(self, request: Request) -> Reply | None:
        limit = int(self.options["rate_limit"])
        if not limit or self.face == "":
            return None
        now, window, key = self.clock(), timedelta(seconds=float(self.options["rate_window"])), self.shop.key
        begun, used = self.windows.get(key, (now, 0))
        if now - begun >= window:
            begun, used = now, 0
        if used >= limit:
            left = max(1, int((begun + window - now).total_seconds() + 0.999))
            headers = {"retry_after": str(left)} if self.options["retry_after"] else {}
            return message(429, "Too Many Requests", None, **headers)
        self.windows[key] = (begun, used + 1)
        return None

    def _paas_caller(self, request: Request) -> None:
        header = request.headers.get("Authorization", "")
        scheme, _, given = header.partition(" ")
        if scheme.lower() == "bearer":
            self._bearer(given.strip())
        elif scheme.lower() == "oauth":
            self._signed(request, oauth.header_parameters(header))

    def _bearer(self, given: str) -> None:
        for integration in (self.shop.integration, self.shop.limited):
            if given == integration.access_token and self.options["integration_as_bearer"]:
                self._is(integration)
                return
        token = self.store.table("tokens").get(f"{self.shop.key}/{given}")
        if token is not None and token["kind"] == "admin" and self.clock().timestamp() < token["until"]:
            self.caller, self.unlimited = self.shop.admin, True

    def _signed(self, request: Request, parameters: dict[str, str]) -> None:
        """An OAuth 1.0a call, checked in Magento's order: parameters, consumer, nonce, token, signature."""
        oauth.checked(parameters)
        key = parameters["oauth_consumer_key"]
        if len(key) != oauth.LENGTH:
            refuse(401, "Consumer key is not the correct length")
        known = {one.consumer_key: one for one in (self.shop.integration, self.shop.limited)}
        integration = known.get(key)
        if integration is None:
            refuse(401, "A consumer having the specified key does not exist")
        self._nonce(integration, parameters)
        if parameters["oauth_token"] != integration.access_token:
            refuse(401, "Specified token does not exist")
        if self.store.table("revoked").get(f"{self.shop.key}/{integration.id}"):
            refuse(401, "Access token has been revoked")
        form = (
            request.get_data().decode("utf-8", "replace") if request.mimetype.endswith("x-www-form-urlencoded") else ""
        )
        base = oauth.base_string(
            method=request.method,
            url=f"{request.scheme}://{request.host}{request.raw_path}",
            parameters=parameters,
            query=request.query_string.decode("latin-1"),
            form=form,
        )
        oauth.check_signature(parameters["oauth_signature"], base, integration)
        self._is(integration)

    def _nonce(self, integration: Integration, parameters: dict[str, str]) -> None:
        """Old timestamps pass, far future ones do not; a nonce counts once for a consumer."""
        stamp = parameters["oauth_timestamp"]
        if not stamp.isdigit() or not 0 < int(stamp) <= self.clock().timestamp() + oauth.FUTURE_SECONDS:
            refuse(401, "An error occurred validating the nonce")
        used = (integration.consumer_key, parameters["oauth_nonce"])
        if used in self.nonces:
            refuse(401, "The nonce is already being used by the consumer with ID %1", [integration.id])
        self.nonces.add(used)

    def _is(self, integration: Integration) -> None:
        self.caller = f"integration {integration.id}"
        self.unlimited = integration.resources is None
        self.allowed = integration.resources or frozenset()

    def _ims_caller(self, request: Request) -> None:
        """Adobe's gateway in front of SaaS: its bodies are our guess, its statuses are not."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        token = self.store.table("tokens").get(f"ims/{given.strip()}") if scheme.lower() == "bearer" else None
        if token is None or self.clock().timestamp() >= token["until"]:
            raise Refusal(json_reply(401, {"error_code": "401013", "message": "Oauth token is not valid"}))
        org = request.headers.get("x-gw-ims-org-id", self.shop.ims_org)
        strange = token["shop"] != self.shop.key or org != self.shop.ims_org
        if strange and self.options["gateway_org_check"]:
            raise Refusal(json_reply(403, {"error_code": "403027", "message": "User is not a member of the org"}))
        self.caller, self.unlimited = self.shop.ims_client, True

    # rows

    def now(self) -> datetime:
        """The moment of what happens: the clock's, or the past while the world is being built."""
        return self.moment or self.clock()

    def stamp(self, at: datetime | None = None) -> str:
        """UTC in whole seconds and without a zone: "2026-09-24 10:00:00"."""
        return (at or self.now()).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def number(self, series: str) -> int:
        """The next number of a series of this shop."""
        return self.store.next(f"{self.shop.key}/{series}")

    def at_shop(self, company: str) -> Shop:
        """Turn to the shop of a company. Raises KeyError."""
        if company not in self.shops:
            raise KeyError(f"{company} has no shop; there are {', '.join(self.shops)}")
        self.shop = self.shops[company]
        return self.shop

    def rows(self, table: str) -> list[Row]:
        """Rows of the shop that is turned to, in the order in which they were made."""
        return [row for row in self.store.table(table).values() if row["_shop"] == self.shop.key]

    def row(self, table: str, key: Any) -> Row | None:
        """The row of the shop with this id."""
        return self.store.table(table).get(f"{self.shop.key}/{key}")

    def add(self, table: str, key: Any, body: Json, **private: Any) -> Row:
        """A new row."""
        row = new_row(
            key=f"{self.shop.key}/{key}",
            body=body,
            received_at=self.now(),
            business_number=str(body.get("increment_id") or body.get("email") or body.get("sku") or ""),
            _shop=self.shop.key,
            **private,
        )
        if table in {"orders", "invoices", "creditmemos"} and self.options["commit_delay"] and not self.moment:
            row["_visible_at"] = iso(self.clock() + timedelta(seconds=float(self.options["commit_delay"])))
        return self.store.table(table).add(row)

    def visible(self, row: Row) -> bool:
        """Whether the transaction that wrote the row has been committed."""
        return "_visible_at" not in row or row["_visible_at"] <= iso(self.clock())

    def body_of(self, request: Request) -> Json:
        """The JSON body of a call."""
        return json_object(request.get_data(), request.mimetype)

    def has_module(self, module: str) -> bool:
        """Whether a module is installed; SaaS has those for custom attributes always."""
        return module in self.options["modules"] or (self.face == "saas" and module in SAAS_MODULES)


def without_nulls(value: Any) -> Any:
    """Null members are left out, but for the few that the interfaces demand."""
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    if isinstance(value, dict):
        return {n: without_nulls(one) for n, one in value.items() if one is not None or n in KEPT_NULLS}
    return value
