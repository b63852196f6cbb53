"""What all endpoints of the Orderful simulator share: options, API keys, rows, relationships."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, Simulator, iso, json_reply, new_row, reply_bytes

from .directory import Account, Directory, Organization, relationship_key
from .errors import argument_error, refuse, unknown_key

FIRST_TRANSACTION_ID = 802210971
CHECKED_STATUSES = {
    "BLOCKED": "the relationship is blocked",
    "PENDING": "the relationship is pending",
    "SETUP": "the relationship is in setup",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRoute:
    """Between whom a transaction goes, on which stream ("test" or "live"), and whether it leaves by itself."""

    sender: Account
    receiver: Account
    stream: str
    auto_send: bool


class OrderfulBase(Simulator):
    """Credentials, options and the store's layout."""

    name: ClassVar[str] = "orderful"
    default_options: ClassVar[Mapping[str, Any]] = {
        "strict": True,
        "validation_delay": 1.0,
        "send_delay": 0.5,
        "delivery_delay": 0.5,
        "acknowledgment_delay": 1.0,
        "overdue_delay": 2.0,
        "outcomes": {},
        "fail_every": 0,
        "delivery_fail_every": 0,
        "reject_every": 0,
        "overdue_every": 0,
        "accept_with_errors_every": 0,
        "unknown_property": "refuse",
        "relationship_failure": "refuse",
        "relationship_status": 400,
        "missing_key_status": 401,
        "wrong_key_status": 403,
        "second_acknowledgment_status": 409,
        "second_confirm_status": 409,
        "filters": "documented",
        "page_size": 100,
        "inbound_channel": "inbox",
        "undocumented_v2": False,
    }

    def prepare(self) -> None:
        """Derive accounts and organizations from the world."""
        self.directory = Directory(self.world)

    def seed(self) -> None:
        """Relationships only: no transaction exists before somebody posts one."""
        now = self.clock()
        table = self.store.table("relationships")
        for key, company, body in self.directory.relationships(iso(now)):
            table.add(new_row(key=key, body=body, received_at=now, _company=company))

    def entities(self) -> Iterable[str]:
        """ "inbox" is what waits to be confirmed; what was confirmed moves to "confirmed"."""
        return ("transactions", "relationships", "inbox", "confirmed", "unprocessed")

    def before(self, request: Request) -> Reply | None:
        """API key, permission to write, and the version header: on unversioned paths required, on /v3 forbidden."""
        key = request.headers.get("orderful-api-key")
        known = self.directory.organization(key) if key else None
        if known is None:
            status = self.options["wrong_key_status"] if key else self.options["missing_key_status"]
            return unknown_key(key or None, status=status)
        if not known[1] and request.method not in {"GET", "HEAD"}:
            return json_reply(403, {"type": "authorizationError", "ref": "user", "message": "Insufficient permissions"})
        version = request.headers.get("orderful-api-version")
        versioned = request.sub_path.startswith(("/v2/", "/v3/"))
        if versioned and version is not None:
            return argument_error(
                [("orderful-api-version", "orderful-api-version is not supported on versioned paths")]
            )
        if not versioned and version != "v4":
            return argument_error([("orderful-api-version", "orderful-api-version header must be v4")])
        return None

    def not_found(self, request: Request) -> Reply:
        """Unknown path."""
        text = f"Cannot {request.method} {request.sub_path}"
        return json_reply(404, {"type": "notFoundError", "ref": "user", "message": text})

    def fault_reply(self, request: Request, status: int) -> Reply:
        """Armed status faults in Orderful's shape."""
        if status in {401, 403}:
            return unknown_key(request.headers.get("orderful-api-key"), status=status)
        return json_reply(
            status, {"type": "serverError", "ref": "user", "message": HTTPStatus(status).phrase, "errors": []}
        )

    def organization(self, request: Request) -> Organization:
        """Whose key the request carries; `before` has checked that it is known."""
        known = self.directory.organization(request.headers.get("orderful-api-key", ""))
        if known is None:
            raise Refusal(unknown_key(None, status=self.options["missing_key_status"]))
        return known[0]

    def next_id(self) -> str:
        """A new transaction id: digits."""
        return str(self.store.next("transaction", start=FIRST_TRANSACTION_ID))

    def new_uuid(self) -> str:
        """A UUID from the seeded generator."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def find_route(
        self, organization: Organization, *, set_id: str, stream: str, sender_id: str, receiver_id: str
    ) -> TradeRoute:
        """The relationship that carries a document. Raises Refusal with Orderful's reason when there is none."""
        sender = self.directory.account(sender_id, stream=stream)
        receiver = self.directory.account(receiver_id, stream=stream)
        if sender is None:
            raise refuse("senderId", f"Sender with ISA ID {sender_id} was not found on the {stream.upper()} stream")
        if receiver is None:
            raise refuse(
                "receiverId", f"Receiver with ISA ID {receiver_id} was not found on the {stream.upper()} stream"
            )
        if organization.company not in (sender.company, receiver.company):
            raise refuse("senderId", "Insufficient permissions to create transactions for this sender", status=403)
        row = self.store.table("relationships").get(relationship_key(sender, receiver, set_id))
        if row is None:
            raise refuse(
                "relationship",
                f"A {set_id} relationship between sender {sender_id} and receiver {receiver_id} doesn't exist",
                status=self.options["relationship_status"],
            )
        self._check_relationship(row["body"], stream)
        forced = sender.company != organization.company
        return TradeRoute(
            sender=sender,
            receiver=receiver,
            stream="test" if forced else stream,
            auto_send=row["body"]["autoSend"] == "ENABLED",
        )

    def _check_relationship(self, body: dict[str, Any], stream: str) -> None:
        reason = CHECKED_STATUSES.get(body["status"])
        if body["status"] == "TEST" and stream == "live":
            reason = "the relationship is in testing"
        if reason:
            raise refuse(
                "relationship",
                f"Cannot post a {stream.upper()} transaction because {reason}",
                status=self.options["relationship_status"],
            )

    def note_unprocessed(self, *, business_number: str, posted: dict[str, Any], reply: Reply) -> str:
        """Remember a document that never became a transaction; answers the id it would have had."""
        transaction_id = self.next_id()
        body = {**posted, "reason": _reason(reply)}
        row = new_row(key=transaction_id, business_number=business_number, body=body, received_at=self.clock())
        self.store.table("unprocessed").add(row)
        return transaction_id

    def rows_of(self, organization: Organization) -> list[Row]:
        """Every transaction of an organization, sent and received, in no particular order."""
        tables = (self.store.table(name).values() for name in ("transactions", "inbox", "confirmed"))
        return [row for table in tables for row in table if row["_company"] == organization.company]

    def row_of(self, organization: Organization, transaction_id: str) -> Row | None:
        """One transaction of an organization, sent or received."""
        for name in ("transactions", "inbox", "confirmed"):
            row = self.store.table(name).get(transaction_id)
            if row is not None and row["_company"] == organization.company:
                return row
        return None


def _reason(reply: Reply) -> str:
    """The first sentence of an argument error."""
    body = msgspec.json.decode(reply_bytes(reply)[0])
    return str(body["errors"][0]["message"])
