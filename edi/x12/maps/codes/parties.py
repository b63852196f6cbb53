"""Codes of parties, contacts and places."""

from __future__ import annotations

CLOSED = ""

OPEN = """
66 Identification Code Qualifier
    1 D-U-N-S number
    2 Standard Carrier Alpha Code (SCAC)
    4 International Air Transport Association
    6 Plant code
    8 UCC/EAN company prefix
    9 D-U-N-S+4, D-U-N-S number with four-character suffix
    10 Department of Defense activity address code
    11 Drug Enforcement Administration
    12 Telephone number
    15 Standard address number
    16 ZIP code
    20 French trade register number
    21 Health industry number
    24 Employer's identification number
    25 Carrier's customer code
    33 Commercial and government entity (CAGE)
    54 Warehouse
    56 Division
    91 Assigned by the seller
    92 Assigned by the buyer
    93 Code assigned by the organization that sends the document
    94 Code assigned by the organization the document is sent to
    FA Facility identification
    FI Federal taxpayer's identification number
    UL UCC/EAN location code (GLN)
    ZZ Mutually defined
98 Entity Identifier Code
    AP Account of
    BK Bank
    BO Broker or sales office
    BS Bill and ship to
    BT Bill to
    BY Buying party
    CA Carrier
    CN Consignee
    CS Consolidator
    DV Division
    EN End user
    FR Message from
    FW Forwarder
    II Issuer of invoice
    IC Intermediate consignee
    LW Customer
    MA Party for whom item is ultimately intended
    MF Manufacturer of goods
    MI Planning schedule or material release issuer
    OB Ordered by
    PE Payee
    PR Payer
    RE Party to receive commercial invoice remittance
    RI Remit to
    SE Selling party
    SF Ship from
    SH Shipper
    SN Store
    SO Sold to, if different from bill to
    SR Representative of the seller
    ST Ship to
    SU Supplier or manufacturer
    TO Message to
    UC Ultimate consignee
    VN Vendor
    WH Warehouse
    Z7 Mark-for party
    ZZ Mutually defined
309 Location Qualifier
    A Account
    AC City and state
    CA Country of departure
    CC Country
    CI City
    CS City and state of origin
    DE Destination (shipping)
    DL Delivery location
    FA Factory
    FV Freight forwarder
    KL Port of loading
    OA Origin after loading on equipment
    OR Origin (shipping point)
    OV On vessel (free on board point)
    PE Port of entry
    SP State or province
    ST State, postal code
    WH Warehouse
    ZZ Mutually defined
365 Communication Number Qualifier
    AP Alternate telephone
    CP Cellular phone
    ED Electronic data interchange access number
    EM Electronic mail
    EX Telephone extension
    FX Facsimile
    HP Home phone number
    TE Telephone
    TL Telex
    TM Telemail
    UR Uniform resource locator (URL)
    WP Work phone number
366 Contact Function Code
    AC Administrative contracting officer
    AP Accounts payable department
    AR Accounts receivable department
    BD Buyer name or department
    BL Technical department
    CN General contact
    CR Customer relations
    DC Delivery contact
    EB Entered by
    EX Expeditor
    IC Information contact
    OC Order contact
    OD Order department
    PD Project director
    PM Product manager
    RE Receiving contact
    RD Receiving dock
    SA Sales administration
    SH Shipper contact
    SR Sales representative or department
    SU Supplier contact
    TR Transportation
    ZZ Mutually defined
"""
