"""Webhooks (synchronous, RSA over base64 of the body) and I/O Events (asynchronous, two signatures, a challenge)."""

from __future__ import annotations

import base64
import http.client
import uuid
from collections.abc import Mapping
from datetime import UTC
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from integrations.sandbox import hooks
from integrations.sandbox.kernel import Reply, Request, Row, json_reply, route

from .access import Json
from .errors import NO_ROUTE, refuse, required
from .registers import Registers

WEBHOOKS, EVENTS = "Magento_AdobeCommerceWebhooks", "Magento_AdobeCommerceEventsClient"
HOOK: Final = {
    "batch_order": 0, "priority": 0, "required": True, "soft_timeout": 3_000, "timeout": 5_000, "method": "POST",
    "fallback_error_message": "", "ttl": 0, "fields": [], "rules": [], "headers": [],
}  # fmt: skip
EVENT: Final = {
    "parent": "", "fields": [], "rules": [], "destination": "default", "priority": False,
    "hipaa_audit_required": False, "provider_id": "default",
}  # fmt: skip
CHALLENGE = "sandbox-challenge-8f2d"
EVENT_NAMES = (
    "sales_order_save_after", "sales_order_invoice_save_after", "sales_order_creditmemo_save_after",
    "sales_order_status_history_save_after", "customer_save_after",
)  # fmt: skip


@cache
def signing_key(name: str) -> rsa.RSAPrivateKey:
    """The RSA key of this process: "webhooks", "events-1" or "events-2"."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def public_key(name: str) -> str:
    """Its public half, as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return signing_key(name).public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def rsa_signature(name: str, content: bytes) -> str:
    """Base64 of RSASSA-PKCS1-v1_5 with SHA-256."""
    return base64.b64encode(signing_key(name).sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


class Push(Registers):
    """Subscriptions by API, registrations of I/O Events by people in the developer console."""

    @route("GET", "/V1/webhooks/list", label="Magento_AdobeCommerceWebhooks::list")
    def webhook_list(self, request: Request) -> Reply:
        """Webhooks of the shop."""
        self._installed(WEBHOOKS)
        return json_reply(200, [row["body"] for row in self.rows("webhook_subscriptions")])

    @route("GET", "/V1/webhooks/supportedList", label="Magento_AdobeCommerceWebhooks::list")
    def webhook_names(self, request: Request) -> Reply:
        """Names that SaaS allows."""
        return json_reply(200, [{"name": f"observer.{name}"} for name in EVENT_NAMES])

    @route("POST", "/V1/webhooks/subscribe", label="Magento_AdobeCommerceWebhooks::subscribe")
    def webhook_subscribe(self, request: Request) -> Reply:
        """A webhook; on PaaS from 2.4.9 on."""
        self._installed(WEBHOOKS)
        self._since("2.4.9")
        given = self.body_of(request).get("webhook") or required("webhook")
        for name in ("webhook_method", "webhook_type", "batch_name", "hook_name", "url"):
            if not given.get(name):
                required(name)
        event = str(given["webhook_method"]).removeprefix("observer.")
        if self.face == "saas" and event not in EVENT_NAMES:
            refuse(400, "The webhook method %1 is not supported.", [given["webhook_method"]])
        self._subscribe(given)
        return json_reply(200, True)

    @route("POST", "/V1/webhooks/unsubscribe", label="Magento_AdobeCommerceWebhooks::subscribe")
    def webhook_unsubscribe(self, request: Request) -> Reply:
        """Take it away."""
        self._installed(WEBHOOKS)
        self._since("2.4.9")
        given = self.body_of(request).get("webhook") or required("webhook")
        self.store.table("webhook_subscriptions").pop(f"{self.shop.key}/{_hook_key(given)}", None)
        return json_reply(200, True)

    @route("POST", "/V1/eventing/eventSubscribe", label="Magento_AdobeCommerceEventsClient::event_subscribe")
    def event_subscribe(self, request: Request) -> Reply:
        """An event with its fields. Where it goes is set up in the developer console."""
        self._installed(EVENTS)
        given = self.body_of(request).get("event") or required("event")
        name = given.get("name") or required("name")
        self.add("event_subscriptions", name, {**EVENT, **given})
        return json_reply(200, True)

    @route("GET", "/V1/eventing/getEventSubscriptions", label="Magento_AdobeCommerceEventsClient::event_subscriptions")
    def event_list(self, request: Request) -> Reply:
        """Subscribed events."""
        self._installed(EVENTS)
        return json_reply(200, [row["body"] for row in self.rows("event_subscriptions")])

    @route("GET", "/V1/eventing/supportedList", label="Magento_AdobeCommerceEventsClient::event_subscriptions")
    def event_names(self, request: Request) -> Reply:
        """Names that SaaS allows."""
        return json_reply(200, [{"name": f"observer.{name}"} for name in EVENT_NAMES])

    @route("GET", "/public_keys/<name>", open=True)
    def public_key_file(self, request: Request, name: str) -> Reply:
        """Public keys of I/O Events, as static.adobeioevents.com has them."""
        if name not in {"events-1.pem", "events-2.pem"}:
            return Reply(404)
        return Reply(200, public_key(name.removesuffix(".pem")), {"Content-Type": "application/x-pem-file"})

    def _installed(self, module: str) -> None:
        if not self.has_module(module):
            refuse(404, NO_ROUTE)

    def _since(self, version: str) -> None:
        if self.face == "paas" and _parts(self.options["version"]) < _parts(version):
            refuse(404, NO_ROUTE)

    def _subscribe(self, given: Mapping[str, Any]) -> Row:
        return self.add("webhook_subscriptions", _hook_key(given), {**HOOK, **given})

    # sending

    def happened(self, event: str, data: Json) -> None:
        """Send what is subscribed. Saving does not wait for the receiver here, as it would at Adobe."""
        if self.moment is not None:
            return
        for row in self.rows("webhook_subscriptions"):
            if row["body"]["webhook_method"] == f"observer.{event}":
                self.send_webhook(row["body"], event, data)
        names = {f"observer.{event}", f"observer.{event.replace('_save_after', '_save_commit_after')}"}
        for row in self.rows("event_subscriptions"):
            if row["body"]["name"] in names:
                for registration in self.rows("event_registrations"):
                    self.send_event(registration["body"], row["body"], data)

    def send_webhook(self, hook: Json, event: str, data: Json) -> str:
        """One webhook with its headers; signed, and with an HMAC too where option webhook_hmac_secret is set."""
        payload = {"subject": [], "eventName": event, "data": data}
        if hook["fields"]:
            payload = _picked({"data": data}, hook["fields"])
        content, own = msgspec.json.encode(payload), uuid.uuid4().hex
        headers = {one["name"]: one["value"] for one in hook["headers"]}
        headers["x-adobe-commerce-request-id"] = own
        headers["x-adobe-commerce-webhook-signature"] = rsa_signature("webhooks", base64.b64encode(content))
        if secret := self.options["webhook_hmac_secret"]:
            headers["x-adobe-signature"] = hooks.signature(content, secret, "base64")
        return self._post(own, hook["url"], content, headers, copies=int(self.options["webhook_copies"]), retries=0)

    def send_event(self, registration: Json, subscription: Json, data: Json, *, copies: int = 1, own: str = "") -> str:
        """One CloudEvent, signed with both keys, at least once."""
        own = own or str(uuid.uuid4())
        value = next(iter(data.values()))
        fields = [one["name"] for one in subscription.get("fields") or ()]
        metadata = {"commerceEdition": "Adobe Commerce", "commerceVersion": self.options["version"],
                    "eventsClientVersion": "1.12.1", "storeId": str(value.get("store_id", "")), "websiteId": "1",
                    "storeGroupId": "1"}  # fmt: skip
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_DNS, self.shop.slug)}",
            "type": f"com.adobe.commerce.{subscription['name']}",
            "datacontenttype": "application/json",
            "time": self.clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "event_id": own,
            "recipient_client_id": registration["client_id"],
            "data": {
                "key": uuid.uuid4().hex,
                "value": {name: value.get(name) for name in fields} if fields else value,
                "source": f"{self.shop.slug}.Production",
                "_metadata": metadata,
            },
        }
        content = msgspec.json.encode(event)
        headers = {"x-adobe-event-id": own, "x-adobe-provider": self.shop.slug, "x-adobe-event-code": event["type"]}
        for number in (1, 2):
            headers[f"x-adobe-digital-signature-{number}"] = rsa_signature(f"events-{number}", content)
            headers[f"x-adobe-public-key{number}-path"] = f"/adobe/public_keys/events-{number}.pem"
        headers["x-adobe-signature"] = hooks.signature(content, registration["client_secret"], "base64")
        wanted = max(copies, int(self.options["webhook_copies"]))
        return self._post(
            own, registration["url"], content, headers, copies=wanted, retries=int(self.options["webhook_retries"]),
            swaps=bool(self.options["events_swapped"]),
        )  # fmt: skip

    def _post(
        self, own: str, url: str, content: bytes, headers: Mapping[str, str], *, copies: int, retries: int,
        swaps: bool = False,
    ) -> str:  # fmt: skip
        notification = hooks.Notification(
            id=own, url=url, content=content, headers=dict(headers), copies=copies, retries=retries,
            retry_seconds=float(self.options["webhook_retry_seconds"]),
        )  # fmt: skip
        if swaps and self.held is None:
            self.held = notification
            return own
        earlier, self.held = self.held, None
        hooks.send(self.store, notification, company=self.shop.key, at=self.clock(), then=earlier)
        return own

    def challenge(self, url: str) -> str:
        """GET ?challenge=… as the developer console does. Answers "" when it came back, else what is wrong."""
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=hooks.TIMEOUT_SECONDS)
        try:
            query = f"{parts.query}&" if parts.query else ""
            connection.request("GET", f"{parts.path or '/'}?{query}challenge={CHALLENGE}")
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return f"no answer from {url}: {error}"
        finally:
            connection.close()
        right = text.strip() == CHALLENGE or text.replace(" ", "") == f'{{"challenge":"{CHALLENGE}"}}'
        return "" if answer.status == 200 and right else f"{url} answered {answer.status} {text[:100]!r}"


def _hook_key(given: Mapping[str, Any]) -> str:
    return "/".join(str(given.get(n, "")) for n in ("webhook_method", "webhook_type", "batch_name", "hook_name"))


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split("."))


def _picked(source: Json, fields: list[Json]) -> Json:
    """A payload of chosen fields: {"name": "order.entity_id", "source": "data.order.entity_id"}."""
    payload: Json = {}
    for one in fields:
        value: Any = source
        for part in str(one.get("source") or one["name"]).split("."):
            value = value.get(part) if isinstance(value, dict) else None
        target = payload
        *parents, last = str(one["name"]).split(".")
        for part in parents:
            target = target.setdefault(part, {})
        target[last] = value
    return payload
