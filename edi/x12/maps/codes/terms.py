"""Codes of money, terms, tax, allowances, charges and transport."""

from __future__ import annotations

CLOSED = """
248 Allowance or Charge Indicator
    A Allowance
    C Charge
    N No allowance or charge
    P Promotion
    Q Charge request
    R Allowance request
    S Service
"""

OPEN = """
91 Transportation Method/Type Code
    A Air
    C Consolidation
    E Expedited truck
    H Customer pickup
    J Motor
    L Contract carrier
    LT Less than trailer load
    M Motor (common carrier)
    O Containerized ocean
    R Rail
    S Ocean
    SR Supplier truck
    T Best way
    TL Truckload
    U Private parcel service
    X Intermodal (piggyback)
    ZZ Mutually defined
103 Packaging Code
    BAG25 Bag, corrugated or solid
    BOX25 Box, corrugated or solid
    CAS25 Case, corrugated or solid
    CTN Carton
    CTN25 Carton, corrugated or solid
    CTN76 Carton, paper
    PLT Pallet
    PLT71 Pallet, not otherwise specified
    PLT94 Pallet, wood
    SKD Skid
133 Routing Sequence Code
    1 1st carrier after origin carrier
    2 2nd carrier after origin carrier
    3 3rd carrier after origin carrier
    B Origin and delivery carrier
    D Delivery carrier
    M Last carrier
    O Origin carrier
    Z Mutually defined
146 Shipment Method of Payment
    BP Paid by buyer
    CC Collect
    CF Collect, freight credited back to customer
    DF Defined by buyer and seller
    MX Mixed
    NC Service freight, no charge
    PA Advance prepaid
    PB Customer pick-up or backhaul
    PC Prepaid, but charged to customer
    PE Prepaid and summary bill
    PO Prepaid only
    PP Prepaid by seller
    PS Paid by seller
    PU Pickup
    TP Third party pay
331 Allowance or Charge Method of Handling Code
    01 Bill back
    02 Off invoice
    03 Vendor check to customer
    04 Credit customer account
    05 Charge to be paid by vendor
    06 Charge to be paid by customer
    07 Optional
    08 Off gross quantity invoiced
    ZZ Mutually defined
333 Terms Basis Date Code
    1 Ship date
    2 Delivery date
    3 Invoice date
    4 Specified date
    5 Invoice receipt date
    7 Effective date
    8 Invoice transmission date
    9 Purchase order date
    15 Receipt of goods
    ZZ Mutually defined
336 Terms Type Code
    01 Basic
    02 End of month (EOM)
    03 Fixed date
    04 Deferred or installment
    05 Discount not applicable
    08 Basic discount offered
    09 Proximo
    10 Instant
    12 10 days after end of month (10 EOM)
    14 Previously agreed upon
    18 Fixed date, late payment penalty applies
    ZZ Mutually defined
368 Shipment/Order Status Code
    BK Backordered from previous order
    BP Shipment partial, back order to follow
    CC Shipment complete
    CP Partial shipment on the part, considered no backorder
    IN In process
    PR Partial shipment
    SS Split shipment
441 Tax Exempt Code
    0 Exempt, for resale
    1 Yes, tax exempt
    2 No, not tax exempt
522 Amount Qualifier Code
    1 Line item total
    5 Total invoice amount
    GV Gross value
    N Net
    NT Net total
    T Tax
    TT Total transaction amount
559 Agency Qualifier Code
    AB Assigned by the buyer's agency
    AS Assigned by the seller
    MB Assigned by buyer
    TI Transportation industry
    UN United Nations
    VI Voluntary Inter-Industry Commerce Standard (VICS) EDI
    ZZ Mutually defined
963 Tax Type Code
    CA City or provincial tax
    CG Federal value-added tax (GST) on goods
    CS City sales tax
    CT County tax
    FT Federal excise tax
    GS Goods and services tax
    LS State and local sales tax
    LT Local sales tax
    SP State or provincial tax
    ST State sales tax
    TX All taxes
    UT Use tax
    VA Value-added tax
1300 Service, Promotion, Allowance, or Charge Code
    A010 Absolute minimum charge
    A260 Advertising allowance
    A400 Allowance, non-performance
    B840 Customs broker fee
    B950 Damaged merchandise
    C000 Defective allowance
    C040 Delivery
    C310 Discount
    C330 Discount, special
    D170 Free goods
    D240 Freight
    D500 Handling
    D900 Installation
    D980 Insurance
    E170 Labeling
    F050 Other
    F340 Pick-up
    F670 Price and marketing allowance
    F800 Promotional allowance
    F900 Promotional discount
    F910 Quantity discount
    F970 Quantity surcharge
    G580 Rebate
    G740 Service charge
    G821 Shipping
    G830 Shipping and handling
    H090 Special handling
    H750 Tax, sales tax
    H770 Tax, state tax
    H850 Tax
    I130 Trade discount
    I170 Volume discount
    I530 Warehousing
    ZZZZ Mutually defined
"""
