"""Custom attributes of orders and companies: texts that the shop's people and programs read.

As a Cloud Service orders and companies have them; an own shop needs a module for each
(https://developer.adobe.com/commerce/extensibility/app-development/). One attribute tells of several documents, so its
value is a list of entries, each known by its first word. Adobe has no version tags, and does not say whether a save
merges the list of attributes or replaces it: so all of them are read, one entry is changed, all are written, and it is
read again whether the entry is there. A comment stays the record that nobody can write over.
"""

from __future__ import annotations

import msgspec

from integrations.http.errors import Transient
from integrations.systems.adobe import wire
from integrations.systems.adobe.client import Client
from integrations.systems.adobe.errors import LABEL
from integrations.systems.adobe.settings import Options

OF_ORDERS, OF_COMPANIES = "Magento_CustomAttributeSerializable", "Magento_CustomAttributeSerializableB2b"
BETWEEN = "; "
TRIES = 3


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What an attribute says of one document."""

    key: str
    """Without a space, as Invoice/000357."""
    text: str

    @property
    def words(self) -> str:
        return f"{self.key} {self.text}".replace(BETWEEN, ", ").strip()


def there_are(options: Options, module: str = OF_ORDERS) -> bool:
    """Whether the shop has such attributes: as far as the live test found out."""
    return options.is_service or module in options.modules


def says(value: str, entry: Entry) -> bool:
    return entry.words in value.split(BETWEEN)


def with_entry(value: str, entry: Entry) -> str:
    """The value with this entry in the place of an older one of the same document."""
    others = [one for one in value.split(BETWEEN) if one and one.partition(" ")[0] != entry.key]
    return BETWEEN.join((*others, entry.words))


def read(client: Client, *, order: str, company: str) -> dict[str, str] | None:
    """The attributes by their codes; None where there is no such order or company. Raises Fault."""
    raw = client.one(f"company/{company}" if company else f"orders/{order}")
    if raw is None:
        return None
    found = client.decode(raw, wire.Attributed).custom_attributes or ()
    return {one.attribute_code: str(one.value) for one in found if one.value is not None}


def keep(client: Client, code: str, entry: Entry, *, order: str, company: str) -> None:
    """Writes the entry. Raises Transient when others write over it each time, and any other Fault."""
    for _ in range(TRIES):
        values = read(client, order=order, company=company) or {}
        if says(values.get(code, ""), entry):
            return
        values[code] = with_entry(values.get(code, ""), entry)
        given = [{"attribute_code": name, "value": value} for name, value in values.items()]
        if company:
            client.save_company_attributes(company, given)
        else:
            client.save_order(order, {"custom_attributes": given})
        if says((read(client, order=order, company=company) or {}).get(code, ""), entry):
            return
    raise Transient(f"{LABEL} does not keep the attribute {code}: it was written {TRIES} times and is not there.")
