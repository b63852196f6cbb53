"""Codes that say what a reference, date, document or text is."""

from __future__ import annotations

CLOSED = ""

OPEN = """
92 Purchase Order Type Code
    00 Original
    01 Reorder
    BE Blanket order, estimated quantities
    BK Blanket order, quantity or amount fixed
    BQ Blanket order, quantity fixed
    CA Cash sales order
    CF Confirmation
    CN Consigned order
    CP Customer program order
    DR Direct ship
    DS Drop ship
    EO Emergency order
    IN Information copy
    KA Purchase order (kanban)
    KB Blanket order, kanban
    KC Contract
    KN Purchase order
    LS Lease
    NE New order
    NS New store order
    OS Special order
    PM Promotion
    PR Promotion
    RA Replenishment
    RE Reorder
    RL Release or delivery order
    RO Rush order
    RR Repair and return
    SA Stand-alone order
    SD Shipment order
    SO Special order
    SP Sample
    SS Supply or service order
    TR Transaction record
    UD Undefined or default
    WO Work order
    ZZ Mutually defined
128 Reference Identification Qualifier
    11 Account number
    12 Billing account
    19 Division identifier
    23 Client number
    2I Tracking number
    60 Account suffix code
    AH Agreement number
    AO Appointment number
    BL Government bill of lading
    BM Bill of lading number
    BT Batch number
    BX Shipment number
    CA Cost allocation reference
    CN Carrier's reference number (PRO or invoice)
    CO Customer order number
    CR Customer reference number
    CT Contract number
    DP Department number
    DV Drop off locations
    EF Electronic funds transfer id number
    FI File identifier
    GK Third party reference number
    IA Internal vendor number
    IL Internal order number
    IO Inbound-to or outbound-from party
    IT Internal customer number
    IV Seller's invoice number
    KK Delivery reference
    LI Line item identifier (seller's)
    LO Load planning number
    LT Lot number
    MA Ship notice or manifest number
    MB Master bill of lading
    MR Merchandise type code
    OI Original invoice number
    ON Dealer order number
    OQ Order number
    P4 Project code
    PD Promotion or deal number
    PK Packing list number
    PL Packing group number
    PO Purchase order number
    PR Price quote number
    Q1 Quote number
    RE Release number
    SE Serial number
    SI Shipper's identifying number for the shipment
    SN Seal number
    TN Transaction reference number
    VN Vendor order number
    VR Vendor id number
    VX Value-added tax registration number
    WO Work order number
    YD Buyer identification
    ZZ Mutually defined
363 Note Reference Code
    ADD Additional information
    DEL Delivery
    GEN Entire transaction set
    INV Invoice instruction
    LIN Line item
    ORI Order instructions
    OTH Other instructions
    PMT Payment
    SPH Special handling
    WHI Warehouse instruction
    ZZZ Mutually defined
374 Date/Time Qualifier
    001 Cancel after
    002 Delivery requested
    003 Invoice
    004 Purchase order
    006 Sailing
    007 Effective
    008 Purchase order received
    009 Process
    010 Requested ship
    011 Shipped
    014 Active
    015 Promotion start
    016 Promotion end
    017 Estimated delivery
    018 Available
    035 Delivered
    036 Expiration
    037 Ship not before
    038 Ship no later
    043 Publication
    050 Received
    053 Buy
    061 Cancel if not delivered by
    063 Do not deliver after
    064 Do not deliver before
    067 Current schedule delivery
    068 Current schedule ship
    069 Promised for delivery
    070 Scheduled for delivery, after and including
    071 Requested for delivery, after and including
    074 Requested for delivery, prior to and including
    077 Requested for delivery, week of
    079 Promised for shipment
    080 Scheduled for shipment, week of
    086 Scheduled for ship, prior to and including
    090 Report start
    091 Report end
    094 Manufacture
    097 Transaction creation
    106 Required by
    118 Requested pick-up
    140 Actual
    150 Service period start
    151 Service period end
    152 Effective date of change
    168 Release
    186 Invoice period start
    187 Invoice period end
    196 Start
    197 End
    206 Discontinued
    210 Return by
    370 Actual departure
    371 Estimated arrival
    405 Production
    465 Delivery requested, latest
640 Transaction Type Code
    CI Consolidated invoice
    CN Credit invoice
    CR Credit memo
    DI Debit invoice
    DR Debit memo
    FB Final bill
    FD Invoice
    ME Memorandum
    PP Prepaid invoice
    PR Product or service
    RA Request for credit
    SL Sales report
1005 Hierarchical Structure Code
    0001 Shipment, order, packaging, item
    0002 Shipment, order, item, packaging
    0003 Shipment, packaging, order, item
    0004 Shipment, order, item
    ZZZZ Mutually defined
"""
