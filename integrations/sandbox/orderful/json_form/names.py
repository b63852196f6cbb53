"""Names of segments and elements in OrderfulJSON.

Confirmed names come from client code (the beginning segments, PO1, PID, N1 to N4, CTT, REF, DTM, POC but for its second
element); the others are the X12 titles in the same style and may differ from the vendor's.
"""

from __future__ import annotations

from typing import Final

_PRODUCTS = "productServiceIDQualifier productServiceID " * 6


def _elements(names: str) -> tuple[str, ...]:
    """Element names by position; a name that comes again gets a number: quantity, quantity1."""
    seen: dict[str, int] = {}
    named = []
    for name in names.split():
        count = seen.get(name, 0)
        seen[name] = count + 1
        named.append(f"{name}{count}" if count else name)
    return tuple(named)


SEGMENTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    tag: (name, _elements(elements))
    for tag, name, elements in (
        ("ST", "transactionSetHeader", "transactionSetIdentifierCode transactionSetControlNumber"),
        (
            "BEG",
            "beginningSegmentForPurchaseOrder",
            (
                "transactionSetPurposeCode purchaseOrderTypeCode purchaseOrderNumber releaseNumber date contractNumber "
                "acknowledgmentTypeCode"
            ),
        ),
        (
            "BAK",
            "beginningSegmentForPurchaseOrderAcknowledgment",
            "transactionSetPurposeCode acknowledgmentTypeCode purchaseOrderNumber date releaseNumber",
        ),
        (
            "BCH",
            "beginningSegmentForPurchaseOrderChange",
            (
                "transactionSetPurposeCode purchaseOrderTypeCode purchaseOrderNumber releaseNumber "
                "changeOrderSequenceNumber date requestReferenceNumber contractNumber referenceIdentification "
                "acknowledgmentTypeCode date"
            ),
        ),
        (
            "BCA",
            "beginningSegmentForPurchaseOrderChangeAcknowledgment",
            (
                "transactionSetPurposeCode acknowledgmentTypeCode purchaseOrderNumber releaseNumber "
                "changeOrderSequenceNumber date"
            ),
        ),
        (
            "BSN",
            "beginningSegmentForShipNotice",
            ("transactionSetPurposeCode shipmentIdentification date time hierarchicalStructureCode"),
        ),
        (
            "BIG",
            "beginningSegmentForInvoice",
            "date invoiceNumber date purchaseOrderNumber releaseNumber changeOrderSequenceNumber transactionTypeCode",
        ),
        (
            "BIA",
            "beginningSegmentForInventoryInquiryAdvice",
            ("transactionSetPurposeCode reportTypeCode referenceIdentification date"),
        ),
        ("CUR", "currency", "entityIdentifierCode currencyCode"),
        ("REF", "referenceInformation", "referenceIdentificationQualifier referenceIdentification description"),
        ("DTM", "dateTimeReference", "dateTimeQualifier date time"),
        (
            "ITD",
            "termsOfSaleDeferredTermsOfSale",
            (
                "termsTypeCode termsBasisDateCode termsDiscountPercent termsDiscountDueDate termsDiscountDaysDue "
                "termsNetDueDate termsNetDays termsDiscountAmount"
            ),
        ),
        ("N1", "partyIdentification", "entityIdentifierCode name identificationCodeQualifier identificationCode"),
        ("N2", "additionalNameInformation", "name name"),
        ("N3", "partyLocation", "addressInformation addressInformation"),
        ("N4", "geographicLocation", "cityName stateOrProvinceCode postalCode countryCode"),
        (
            "PER",
            "administrativeCommunicationsContact",
            "contactFunctionCode name " + "communicationNumberQualifier communicationNumber " * 3,
        ),
        (
            "PO1",
            "baselineItemData",
            "assignedIdentification quantity unitOrBasisForMeasurementCode unitPrice basisOfUnitPriceCode " + _PRODUCTS,
        ),
        (
            "IT1",
            "baselineItemDataInvoice",
            "assignedIdentification quantityInvoiced unitOrBasisForMeasurementCode unitPrice basisOfUnitPriceCode "
            + _PRODUCTS,
        ),
        (
            "POC",
            "lineItemChange",
            "assignedIdentification changeOrResponseTypeCode quantity quantity unitOrBasisForMeasurementCode unitPrice "
            "basisOfUnitPriceCode " + _PRODUCTS,
        ),
        (
            "ACK",
            "lineItemAcknowledgment",
            "lineItemStatusCode quantity unitOrBasisForMeasurementCode dateTimeQualifier date",
        ),
        (
            "PID",
            "productItemDescription",
            (
                "itemDescriptionTypeCode productProcessCharacteristicCode "
                "agencyQualifierCode productDescriptionCode description"
            ),
        ),
        (
            "SAC",
            "serviceAllowanceChargeInformation",
            ("allowanceOrChargeIndicator serviceCode agencyQualifierCode agencyServiceCode amount"),
        ),
        ("TXI", "taxInformation", "taxTypeCode monetaryAmount percentageAsDecimal"),
        ("TDS", "totalMonetaryValueSummary", "amount amount amount amount"),
        (
            "HL",
            "hierarchicalLevel",
            ("hierarchicalIDNumber hierarchicalParentIDNumber hierarchicalLevelCode hierarchicalChildCode"),
        ),
        ("PRF", "purchaseOrderReference", "purchaseOrderNumber releaseNumber changeOrderSequenceNumber date"),
        ("LIN", "itemIdentification", "assignedIdentification " + _PRODUCTS),
        ("SN1", "itemDetailShipment", "assignedIdentification numberOfUnitsShipped unitOrBasisForMeasurementCode"),
        ("MAN", "marksAndNumbersInformation", "marksAndNumbersQualifier marksAndNumbers"),
        (
            "TD5",
            "carrierDetailsRoutingSequenceTransitTime",
            ("routingSequenceCode identificationCodeQualifier identificationCode"),
        ),
        ("QTY", "quantityInformation", "quantityQualifier quantity"),
        ("CTT", "transactionTotals", "numberOfLineItems hashTotal"),
        ("AMT", "monetaryAmountInformation", "amountQualifierCode monetaryAmount"),
        ("SE", "transactionSetTrailer", "numberOfIncludedSegments transactionSetControlNumber"),
    )
}
"""Segment tag → its JSON name and its element names by position."""

TAGS: Final[dict[str, str]] = {name: tag for tag, (name, _) in SEGMENTS.items()}

LINE_LOOPS: Final = ("PO1", "IT1", "POC", "HL", "LIN", "CTT")
"""Segments that open a loop at the level of the set and close every loop before them."""

INNER_LOOPS: Final[dict[str, frozenset[str]]] = {
    "N1": frozenset({"N2", "N3", "N4", "REF", "PER"}),
    "PID": frozenset(),
    "SAC": frozenset({"TXI"}),
    "ACK": frozenset({"DTM"}),
}
"""Segments that open a loop inside a line or the heading, and what belongs into it."""

BEGINNINGS: Final[dict[str, tuple[str, str]]] = {
    "850": ("BEG", "purchaseOrderNumber"),
    "855": ("BAK", "purchaseOrderNumber"),
    "860": ("BCH", "purchaseOrderNumber"),
    "865": ("BCA", "purchaseOrderNumber"),
    "856": ("BSN", "shipmentIdentification"),
    "810": ("BIG", "invoiceNumber"),
    "846": ("BIA", "referenceIdentification"),
}
"""By set: its beginning segment and the element that carries the business number."""

LINE_LOOP_OF: Final[dict[str, str]] = {
    "850": "PO1_loop",
    "810": "IT1_loop",
    "856": "HL_loop",
    "860": "POC_loop",
}
"""The loop of lines that a set cannot do without."""
