"""The parts that several Mosaic documents share: parties, references, terms, quantities, products.

Names and word lists follow Orderful's OpenAPI 2.15.0; members that only occur in the vendor's example requests
are listed with the schema's own, because the vendor sends them and no answer is known that refuses them.
"""

from __future__ import annotations

from .kinds import DATE, FLAG, NUMBER, TEXT, WHOLE, Many, dates, each, group, one_of, texts

UNITS = one_of(
    "ball assortment ocularInsertSystem bundle bag bottle belt box cell case card container can cartridge cassette "
    "carton coil combo drum display dozen each knots order flakeTon foot gallon gram person kit pound linearFoot "
    "monetaryValue milliliter meter ounce threePack sixPack pail pairInches piece pad palletLift packPAK package "
    "palletUnitLoad pair pint quart reel roll section squareFoot sheet set syringe tube tote thousand unit vial"
)
QUANTITY = group({"value": NUMBER, "unitOfMeasure": UNITS}, required="value")
REFERENCE = group({"value": TEXT, "description": TEXT}, required="value")
NOTE = group({"description": TEXT, "text": Many(TEXT)})
NOTES = group(each("general orderInstructions shippingInstructions giftMessage packingSlipMessage", NOTE))
CURRENCY = group({"currencyCode": TEXT})

CONTACT = group(
    {
        "type": one_of("primary customerRelations orderInquiry department shipping receiving hazmat"),
        **texts("name phoneNumber faxNumber email"),
    }
)
PARTY = group(
    {
        **texts(
            "name additionalName1 additionalName2 identificationCode addressLine1 addressLine2 addressLine3 "
            "addressLine4 city stateOrProvinceCode postalCode countryCode"
        ),
        "identificationCodeType": one_of(
            "sendersId receiversId duns pantCode dunsPlus4 drugEnforcementAdmin telephone federalReserveRouting "
            "standardAddressSAN healthIndustryHIN warehouse schoolId memberId stateLicenseId globalLocationId"
        ),
        "zoneType": one_of("residential commercial"),
        "contacts": Many(CONTACT),
    }
)
PARTIES = group(each("buyer shipTo billTo shipFrom accountsPayable soldTo supplier", PARTY))

ORDER_DATES = group(
    dates(
        "cancelAfterDate customerOrderDate earliestDeliveryDate earliestShipDate latestShipDate latestDeliveryDate "
        "pickupDate promotionStartDate purchaseOrderDate requestedDeliveryDate requestedShipDate "
        "requestedDeliveryWeekOfDate"
    )
)
REFERENCES = group(
    each(
        "accountNumber arrivalCode associatedPurchaseOrderNumber reservationNumber customerOrderNumber "
        "deliveryReference divisionId departmentNumber internalCustomerNumber vendorNumber merchandiseTypeCode "
        "promotionNumber storeNumber thirdPartyReferenceNumber warehouseStorageLocation shipmentNumber invoiceNumber "
        # from the example requests only
        "billOfLadingNumber proNumber shipmentId productType",
        REFERENCE,
    )
)
TERMS = group(
    {
        "type": one_of(
            "basic basicDiscountOffered discountNotApplicable endOfMonth endOfMonth10 instant mutuallyDefined"
        ),
        "basisDate": one_of(
            "invoiceDate receiptOfGoods deliveryDate shipDate mutuallyDefined gageApprovalDate specifiedDate "
            "acceptanceDate invoiceTransmissionDate effectiveDate"
        ),
        "discountPercent": NUMBER,
        "discountAmount": NUMBER,
        "discountDaysDue": WHOLE,
        "dayOfMonth": WHOLE,
        "netDaysDue": WHOLE,
        "discountDueDate": DATE,
        "netDueDate": DATE,
        "description": TEXT,
        "paymentMethodType": one_of(
            "check letterOfCredit wireTransfer corporateTradePayment specialAccount directPayOthers"
        ),
    }
)

ROUTING = group(
    {
        "sequenceType": one_of("origin 1stAfterOrigin 4thAfterOrigin haulage"),
        **texts("standardCarrierAlphaCode customCarrierCode location description transitTime"),
        "transportationMethod": one_of(
            "air airExpress airFreightForward backhaul bestWay commonCarrier consolidation customerPickup "
            "expeditedTruck lessThanTrailerLoad mail ocean oceanContainerized parcelPost privateCarrier rail "
            "shipperAgent supplierTruck mutuallyDefined"
        ),
        "locationType": one_of(
            "inStore receiversLocation allPoints portOfArrival portOfEmbarkation origin mutuallyDefined"
        ),
        "serviceLevel": one_of(
            "deliveryConfirmation doorService economy eveningService expedited firstClass ground groundHundredWeight "
            "international metro morning nextDayAir nextDayHundredWeight nextDayEvening nextDayMorning1030 "
            "nextDayMorning930 overnight poBoxZipCode priorityMail priorityMailInsured proofOfDelivery sameDay "
            "saturdayService secondDay secondDayHundredWeight secondDayAir standard standardGround threeDay"
        ),
        "orderStatus": one_of(
            "shipCompleteOnDate complete partialShipment shipPartialBackorderToShipOnDate partialShipOnDate shipped "
            "backordered mutuallyDefined availableScheduledToShip availableNoShipSchedule multiPickup "
            "availableToShipUnBilledQuantity stopOff"
        ),
        "transitDirectionType": one_of(
            "buyerToSeller sellerToBuyer subcontractorToSeller sellerToDropShipLocation sellToForwarder "
            "sellerToSubcontractor mutuallyDefined"
        ),
        "transitTimeType": one_of("calendarDays hours workingDays"),
    }
)
_FOB_PLACE = one_of("cityAndState country destination origin stateProvince warehouse")
FREE_ON_BOARD = group(
    {
        "methodOfPayment": one_of(
            "airCollect airPrepaid paidByBuyer collect mutuallyAgreed portOfCall halfPrepaid mixed "
            "serviceFreightNoCharge advancePrepaid customerPickupBackhaul prepaidChargeCustomer prepaidBySeller "
            "paidBySeller pickup thirdPartyPay"
        ),
        "locationType": _FOB_PLACE,
        "titlePassageType": _FOB_PLACE,
        **texts("locationDescription titlePassageDescription description"),
        "transportationTermsSource": one_of("incoTerms tradeTerms mutuallyDefined"),
        "transportationTerms": one_of(
            "costAndFreight costInsuranceAndFreight carriageAndInsurancePaidTo carriagePaidTo deliveredAtFrontier "
            "deliverDutyPaid deliverDutyUnpaid deliveredDutyUnpaid deliveredExQuay deliveredExShip "
            "domesticallySupplied exQuay exShip exWorks freeAlongsideShip freeCarrier freightCarriageInsurancePaidTo "
            "freightCarriagePaidTo freeOnBoard freeOnRail freePnTruck nonPrivilegedForeign privilegedForeign "
            "mutuallyDefined"
        ),
        "riskOfLoss": one_of(
            "toDestinationBuyer toFreightEqPointSeller toPoolPointSeller toDestinationSeller mutuallyDefined"
        ),
    }
)
SPECIAL_HANDLING = group({**texts("handlingType description materialId materialClass"), "conditionResponse": FLAG})
WEIGHT = group(
    {
        "packageForm": one_of("bag carton pallet"),
        "packageMaterial": one_of("corrugated plastic plasticVacuumed standard wood"),
        "weightUOM": one_of("pound kilogram"),
        **each("grossWeight netWeight ladingQuantity", NUMBER),
    }
)
EQUIPMENT = group({"equipmentType": one_of("reefer trailer"), **texts("equipmentId sealNumber")})
_ROUTES = {"routing": Many(ROUTING), "freeOnBoard": Many(FREE_ON_BOARD), "specialHandling": Many(SPECIAL_HANDLING)}
CARRIER = group(_ROUTES)
SHIPMENT_CARRIER = group({**_ROUTES, "quantityAndWeight": Many(WEIGHT), "equipment": EQUIPMENT})

_OWN_ID = Many(group(texts("type value"), required="type value"))
PRODUCT_IDS = group(
    {
        **texts("buyerItemNumber vendorItemNumber gtin12 gtin13 gtin14 caseCode drugCode standardBookNumber"),
        "buyerItemIds": _OWN_ID,
        "vendorItemIds": _OWN_ID,
    }
)
PRODUCT = group(
    {
        **texts(
            "description colorCode colorDescription sizeCode sizeDescription materialCode materialDescription "
            "processCode processDescription height width"
        ),
        # from the example requests only
        "materialAttributes": group(texts("type annealMethod temper finish surfaceProtection outerCoating treatment")),
    }
)
PACK = group(
    {
        "numberOfUnits": NUMBER,
        "packageForm": one_of("carton case pallet bag box bundle drum roll"),
        "weight": NUMBER,
        "weightUnit": one_of("pound kilogram ounce gram"),
        "volume": NUMBER,
        "volumeUnit": TEXT,
    }
)
ALLOWANCES = Many(group({**texts("type description"), "amount": NUMBER, "percent": NUMBER}))
# "conditionType" is what the example request says, "type" what the schema says
CONDITIONS = Many(group(texts("type conditionType description")))
