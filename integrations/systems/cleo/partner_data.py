"""What Cleo states of trading partners, in connections and in partner files, as values and back. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import msgspec

from edi.documents.values import Address
from integrations.documents import PartnerData
from integrations.systems.cleo.json_files import member, text
from integrations.systems.contract import Unmappable

FORMAT = "trading-partner/1"
READ_ONLY = frozenset(
    {
        "id",
        "active",
        "editable",
        "runnable",
        "ready",
        "notReadyReason",
        "running",
        "nextRun",
        "lastStatus",
        "meta",
        "_links",
    }
)
"""Members of a connection that Cleo sets itself."""
TEXTS = ("supplier_number", "name", "vat_number", "organisation_number", "status")
LINES = ("line1", "line2", "line3")
PLACES = ("postal_code", "city", "country")


class _FileAddress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    lines: list[str] = []
    postal_code: str = ""
    city: str = ""
    country: str = ""


class PartnerFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One trading partner in a partner file. A member that is left out says nothing; "" says that there is none."""

    partner: str
    format: str = FORMAT
    supplier_number: str = ""
    name: str | None = None
    address: _FileAddress | None = None
    vat_number: str | None = None
    organisation_number: str | None = None
    status: str | None = None


def to_file(data: PartnerData) -> bytes:
    """A partner file with one trading partner in it."""
    address = data.address
    stated = PartnerFile(
        partner=data.key,
        supplier_number=data.supplier_number,
        name=data.name,
        address=None
        if address is None
        else _FileAddress(
            lines=list(address.lines), postal_code=address.postal_code, city=address.city, country=address.country
        ),
        vat_number=data.vat_number,
        organisation_number=data.organisation_number,
        status=data.status,
    )
    # The format is said although it is the default: who opens the file shall know what it is.
    return msgspec.json.format(msgspec.json.encode({"format": FORMAT, **msgspec.to_builtins(stated)}), indent=1)


def from_file(raw: bytes) -> PartnerData:
    """What a partner file, or one entry of it, states. Raises Unmappable."""
    try:
        stated = msgspec.json.decode(raw, type=PartnerFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unmappable(
            f"A partner file cannot be read: {error}.",
            remedy="Compare it with docs/partner-files.md, correct it and put it into the folder under a new name.",
        ) from error
    if stated.format != FORMAT:
        raise Unmappable(
            f"A partner file of {stated.partner} has the format '{stated.format}', not '{FORMAT}'.",
            remedy="Write it as docs/partner-files.md says.",
        )
    address = stated.address
    return PartnerData(
        key=stated.partner.strip(),
        supplier_number=stated.supplier_number.strip(),
        name=_clean(stated.name),
        address=None
        if address is None
        else Address(
            lines=tuple(line.strip() for line in address.lines if line.strip()),
            postal_code=address.postal_code.strip(),
            city=address.city.strip(),
            country=address.country.strip().upper(),
        ),
        vat_number=_clean(stated.vat_number),
        organisation_number=_clean(stated.organisation_number),
        status=_clean(stated.status),
    )


# --- Connections


def key_of(connection: Mapping[str, Any], path: str) -> str:
    """What a connection calls the trading partner."""
    return text(member(connection, path))


def from_connection(connection: Mapping[str, Any], paths: Mapping[str, str], *, key_path: str) -> PartnerData:
    """What a connection states. A field whose member is not there says nothing; an address is one thing."""
    stated = {name: member(connection, path) for name, path in paths.items() if path}
    address = None
    if any(stated.get(name) is not None for name in (*LINES, *PLACES)):
        address = Address(
            lines=tuple(line for name in LINES if (line := text(stated.get(name)))),
            postal_code=text(stated.get("postal_code")),
            city=text(stated.get("city")),
            country=text(stated.get("country")).upper(),
        )
    texts = {name: None if stated.get(name) is None else text(stated[name]) for name in TEXTS}
    return PartnerData(
        key=key_of(connection, key_path),
        supplier_number=texts.pop("supplier_number") or "",
        address=address,
        **texts,
    )


def stated_fields(data: PartnerData) -> list[str]:
    """The fields of which something is said."""
    return [name for name in (*TEXTS, "address") if getattr(data, name)]


def differences(data: PartnerData, connection: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, str]:
    """Path → value of what the connection has to say otherwise, for fields that have a path."""
    wanted = _flat(data)
    return {
        path: wanted[name]
        for name, path in paths.items()
        if path and name in wanted and text(member(connection, path)) != wanted[name]
    }


def changed(connection: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The connection as it is to be written: with the values at their paths, without what Cleo sets itself."""
    body: dict[str, Any] = copy.deepcopy({k: v for k, v in connection.items() if k not in READ_ONLY})
    for path, value in values.items():
        *way, last = path.split(".")
        place = body
        for step in way:
            inner = place.get(step)
            if not isinstance(inner, dict):
                inner = place[step] = {}
            place = inner
        place[last] = value
    return body


def _flat(data: PartnerData) -> dict[str, str]:
    """The fields that are stated, by the names of the setting."""
    found = {name: value for name in TEXTS if (value := getattr(data, name)) is not None}
    if not data.supplier_number:
        found.pop("supplier_number", None)
    if data.address is not None:
        lines = [*data.address.lines, *("",) * len(LINES)]
        found |= dict(zip(LINES, lines, strict=False))
        found |= {name: getattr(data.address, name) for name in PLACES}
    return found


def _clean(text: str | None) -> str | None:
    return None if text is None else text.strip()
