"""Settings of an integration with trading partners: the stream, and who we are in EDI documents."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from edi.documents.values import Address, Party, PartyId
from integrations.systems.contract import Unmappable


class OwnCompany(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our company as trading partners know it."""

    name: str
    vat_number: str = ""
    organisation_number: str = ""
    gln: str = ""
    address: list[str] = []
    city: str = ""
    postal_code: str = ""
    country: str = ""

    def party(self) -> Party:
        """The company as the buyer of a document."""
        ids = (("gln", self.gln), ("vat", self.vat_number), ("organisation", self.organisation_number))
        return Party(
            role="buyer",
            name=self.name,
            ids=tuple(PartyId(scheme=s, value=v) for s, v in ids if v),  # type: ignore[arg-type]
            address=Address(
                lines=tuple(self.address), city=self.city, postal_code=self.postal_code, country=self.country
            ),
        )


class Masters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which side a field of a supplier is right on: the books tell the network, or the network the books."""

    name: Literal["visma", "network"] = "visma"
    address: Literal["visma", "network"] = "network"
    vat_number: Literal["visma", "network"] = "visma"
    organisation_number: Literal["visma", "network"] = "visma"

    def of(self, side: Literal["visma", "network"]) -> tuple[str, ...]:
        """The fields that one side is the master of."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name) == side)


class EdiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the settings of an integration whose partner system is an EDI network."""

    company: OwnCompany
    stream: Literal["test", "live"] = "test"
    unknown_partner_is_issue: bool = False
    """Whether a document for a trading partner without agreement opens an issue, instead of being listed as 'not on
    this network'."""
    missing_unit: str = "EA"
    """The X12 unit of a line that has none in the books, as free-text invoice lines have."""
    supplier_masters: Masters = Masters()
    units: dict[str, str] = {}
    """Own units of measure to X12 codes, before the built-in table."""


def read(settings: dict[str, Any]) -> EdiSettings:
    """The typed settings. Raises Unmappable naming the member that is missing or wrong."""
    try:
        return msgspec.convert(settings, EdiSettings)
    except msgspec.ValidationError as error:
        raise Unmappable(
            f"The integration's settings are not complete: {error}.", remedy="Complete the settings of the integration."
        ) from error
