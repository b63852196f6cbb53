"""Codes of items, quantities, units, packaging and hierarchy."""

from __future__ import annotations

CLOSED = ""

OPEN = """
88 Marks and Numbers Qualifier
    AA SSCC-18 in a bar code, application identifier 00
    AI UCC/EAN-128 serial shipping container code format
    CA Shipper-assigned case number
    CP Carrier-assigned package id number
    GM SSCC-18 and application identifier
    L Line item only
    S Entire shipment
    SM Shipper assigned
    SR Shipping container code
    UC U.P.C. shipping container code
    W Pallet
    ZZ Mutually defined
235 Product/Service ID Qualifier
    A8 Exhibit line item number
    AB Assembly
    AT Commodity name
    B8 Batch number
    BN Bar-coded serial number
    BO Buyer's color
    BP Buyer's part number
    C3 Classification
    CB Buyer's catalog number
    CG Commodity grouping
    CN Commodity name
    EC Engineering change level
    EN European article number (EAN)
    F1 Catalog number
    IB International standard book number (ISBN)
    IN Buyer's item number
    IT Buyer's style number
    IZ Buyer's size code
    LT Lot number
    MF Manufacturer
    MG Manufacturer's part number
    ND National drug code
    ON Customer order number
    PD Part number description
    PI Purchaser's item code
    PL Purchaser's order line number
    PO Purchase order number
    PW Part drawing
    SK Stock keeping unit
    SN Serial number
    SZ Vendor alphanumeric size code
    UA U.P.C./EAN case code (2-5-5)
    UI U.P.C. consumer package code (1-5-5)
    UK GTIN, U.P.C./EAN shipping container code (1-2-5-5-1)
    UP U.P.C. consumer package code (1-5-5-1)
    VA Vendor's style number
    VC Vendor's catalog number
    VE Vendor color
    VN Vendor's item number
    VP Vendor's part number
    ZZ Mutually defined
349 Item Description Type
    F Free-form
    S Structured, from an industry code list
    X Semi-structured, code and text
355 Unit or Basis for Measurement Code
    01 Actual pounds
    AS Assortment
    BA Bale
    BG Bag
    BN Bulk
    BO Bottle
    BX Box
    C3 Centiliter
    C8 Cubic decimeter
    CA Case
    CF Cubic feet
    CG Card
    CH Container
    CI Cubic inches
    CL Cylinder
    CM Centimeter
    CN Can
    CR Cubic meter
    CS Cassette
    CT Carton
    CY Cubic yard
    DA Days
    DR Drum
    DZ Dozen
    EA Each
    FT Foot
    GA Gallon
    GR Gram
    GS Gross
    HR Hours
    HU Hundred
    IN Inch
    JR Jar
    KG Kilogram
    KT Kit
    LB Pound
    LF Linear foot
    LM Linear meter
    LO Lot
    LT Liter
    ME Milligram
    ML Milliliter
    MM Millimeter
    MO Months
    MR Meter
    OZ Ounce
    PA Pail
    PC Piece
    PD Pad
    PF Pallet
    PH Pack
    PK Package
    PL Pallet or unit load
    PR Pair
    RL Roll
    SF Square foot
    SH Sheet
    SM Square meter
    SP Shelf package
    ST Set
    SY Square yard
    TB Tube
    TH Thousand
    TN Net ton
    UN Unit
    YD Yard
    YR Years
639 Basis of Unit Price Code
    CA Catalog
    CP Current price
    CT Contract
    DI Distributor
    LE Catalog price per each
    NC No charge
    NE Not to exceed
    NT Net
    PE Price per each
    PR Promotion
    QS Quoted
    QT Quoted
    TE Contract price per each
    UM Price per unit of measure
    WE Wholesale price per each
    WH Wholesale
662 Relationship Code
    A Add
    D Delete
    I Included
    O Information only
    S Substituted
670 Change or Response Type Code
    AI Add additional items
    CA Changes to line items
    CT Change of dates
    DI Delete items
    NC No change
    OA Order acknowledged
    PC Price change
    PQ Unit price and quantity change
    PR Unit price and rescheduling change
    QD Quantity decrease
    QI Quantity increase
    RA Replace all values
    RB Replace all dates
    RC Reject item change
    RE Replacement item
    RM Replacement item with modifications
    RQ Reschedule and quantity change
    RS Reschedule
    TI Transfer item
673 Quantity Qualifier
    01 Discrete quantity
    02 Cumulative quantity
    17 Quantity on hand
    33 Quantity available for sale
    38 Original quantity
    39 Shipped quantity
    63 On order quantity
    V3 Transmitted quantity
735 Hierarchical Level Code
    D Product description
    F Component
    I Item
    K Kit
    O Order
    P Pack
    Q Subpack
    S Shipment
    T Shipping tare
    V Address information
737 Measurement Reference ID Code
    AA Dimensions
    CT Counts
    PD Physical dimensions
    SU Shipped dimensions
    WT Weights
738 Measurement Qualifier
    G Gross weight
    HT Height
    LN Length
    N Actual net weight
    T Tare weight
    VOL Volume
    WD Width
    WT Weight
750 Product/Process Characteristic Code
    08 Product
    73 Vendor color description
    74 Vendor size description
    75 Buyer's color description
    91 Buyer's item size description
    GEN General description
    TRN Trade name
"""
