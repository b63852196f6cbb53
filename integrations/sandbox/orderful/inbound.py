"""Documents from trading partners: put into the inbox by POST /_control/mutate with entity "inbox"."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from integrations.sandbox.kernel import Row, iso, new_row, set_path

from .buckets import BucketEndpoints
from .directory import SET_NAMES, V4_ORDER_CHANGE, Account, Organization
from .json_form.check import business_number as json_number
from .mosaic.documents import BUSINESS_NUMBER
from .orders import Order, answer, order_of, unknown_order

SETTINGS: Final[dict[str, str]] = {
    "type": 'document type or set number; default "860". Samples exist for 855, 856, 810 and 860',
    "company": "receiving company (SE, NO, DK, FI); default: of the order, else the first one",
    "partner": "live ISA id of the sender; default: whom the order was sent to, else the first partner",
    "stream": '"test" or "live"; default: of the order, else "live"',
    "channel": '"inbox" (v4) or "bucket" (v3); default: option inbound_channel',
    "purchaseOrderNumber": "the order it is about; default: the oldest valid 850 that has had no answer of this set",
    "message": "the whole document (Mosaic, or OrderfulJSON with transactionSets); default: a sample for the order",
    "message.<dotted path>": "one member of the document, set after the default was built",
    "senderId, receiverId, businessNumber": "override what is derived",
}


class Inbound(BucketEndpoints):
    """Creation of inbound transactions."""

    def mutate(self, entity: str, key: str | None, values: Mapping[str, Any], count: int) -> list[str]:
        """Entity "inbox" without a key creates inbound transactions; everything else as before."""
        if entity != "inbox" or key is not None:
            return super().mutate(entity, key, values, count)
        unknown = sorted(name for name in values if name not in _NAMES and not name.startswith("message."))
        if unknown:
            raise KeyError(f"unknown: {', '.join(unknown)}; known: {', '.join(SETTINGS)}")
        return [self._receive(values) for _ in range(count)]

    def _receive(self, values: Mapping[str, Any]) -> str:
        set_id = str(values.get("type", "860"))[:3]
        origin = self._answered_order(set_id, values)
        organization = self._organization(values, origin)
        partner = self._partner(values, origin, organization)
        stream = str(values.get("stream") or (origin["body"]["stream"] if origin else "live"))
        message = self._message(set_id, values, origin)
        row = self._inbound_row(
            organization=organization,
            partner=partner,
            stream=stream,
            set_id=set_id,
            message=message,
            channel=str(values.get("channel") or self.options["inbound_channel"]),
        )
        for name in ("senderId", "receiverId"):
            if name in values:
                row["body"][name] = values[name]
        row["business_number"] = str(values.get("businessNumber") or row["business_number"])
        self.store.table("inbox").add(row)
        return str(row["key"])

    def _answered_order(self, set_id: str, values: Mapping[str, Any]) -> Row | None:
        """The 850 that the document is about, marked as answered."""
        rows = [
            row
            for row in self.store.table("transactions").values()
            if row["body"]["type"].startswith("850_")
            and row["body"]["statuses"]["validation"] == "VALID"
            and values.get("company") in (None, row["_company"])
            and values.get("purchaseOrderNumber") in (None, row["business_number"])
            and values.get("stream") in (None, row["body"]["stream"])
        ]
        if not rows:
            return None
        chosen = min(rows, key=lambda row: row.get("_answers", {}).get(set_id, 0))
        answers = chosen.setdefault("_answers", {})
        answers[set_id] = answers.get(set_id, 0) + 1
        return chosen

    def _organization(self, values: Mapping[str, Any], origin: Row | None) -> Organization:
        first = next(iter(self.directory.organizations))
        return self.directory.organizations[str(values.get("company") or (origin["_company"] if origin else first))]

    def _partner(self, values: Mapping[str, Any], origin: Row | None, organization: Organization) -> Account:
        wanted = values.get("partner") or (origin["_receiver"] if origin else None)
        if wanted is None:
            return self.directory.partners_of(organization.company, kind="supplier")[0]
        account = self.directory.any_account(str(wanted))
        if account is None:
            raise KeyError(f"no trading partner with ISA id {wanted!r}")
        return account

    def _message(self, set_id: str, values: Mapping[str, Any], origin: Row | None) -> dict[str, Any]:
        today = self.clock().date()
        if "message" in values:
            message = copy.deepcopy(values["message"])
        else:
            number = str(values.get("purchaseOrderNumber") or "PO-SANDBOX-1")
            order: Order = order_of(origin) if origin else unknown_order(number, today)
            sequence = origin["_answers"][set_id] if origin else self.store.next(f"answers to {number}")
            message = copy.deepcopy(answer(set_id, order, today=today, sequence=sequence))
        for path, value in values.items():
            if path.startswith("message."):
                set_path(message, path.removeprefix("message."), value)
        if not isinstance(message, dict):
            raise TypeError("message must be an object")
        return message

    def _inbound_row(
        self,
        *,
        organization: Organization,
        partner: Account,
        stream: str,
        set_id: str,
        message: dict[str, Any],
        channel: str,
    ) -> Row:
        now = self.clock()
        form = "json" if "transactionSets" in message else "mosaic"
        posted_type = V4_ORDER_CHANGE if set_id == "860" and form == "mosaic" else SET_NAMES[set_id]
        number = (
            json_number(set_id, message) if form == "json" else message.get(BUSINESS_NUMBER.get(posted_type, ""), "")
        )
        return new_row(
            key=self.next_id(),
            business_number=str(number),
            received_at=now,
            body={
                "type": posted_type,
                "stream": stream,
                "senderId": partner.isa_id(stream),
                "receiverId": organization.account.isa_id(stream),
                "message": message,
                "purpose": str(message.get("purpose", "")),
                "statuses": {"validation": "VALID", "delivery": "SENT", "acknowledgment": "NOT_ACKNOWLEDGED"},
                "createdAt": iso(now),
                "lastUpdatedAt": iso(now),
            },
            _company=organization.company,
            _channel=channel,
            _form=form,
            _faulty=False,
            _sender=partner.live,
            _receiver=organization.account.live,
            _delivery=self.new_uuid(),
            _payload=self.new_uuid(),
            _acknowledgment=None,
        )


_NAMES = frozenset(
    {
        "type",
        "company",
        "partner",
        "stream",
        "channel",
        "purchaseOrderNumber",
        "message",
        "senderId",
        "receiverId",
        "businessNumber",
    }
)
