"""Members of what clients send: names, types, lengths, what is required. Everything else is refused."""

from __future__ import annotations

from typing import Final

SHAPES: Final[dict[str, str]] = {
    "VendorEntity": (
        "externalCode!:s36 vendorCode!:s25 vendorParent:s buvid:s36 name!:s250 sourceSystem:s36 description:s250 "
        "lastUpdated:d supplierAssignedAccountId:s128 eligibleForSourcing:b vendorClass:s100 "
        "identifiers:[VendorIdentifierEntity] addresses:[VendorAddressEntity] contacts:[VendorContactEntity] "
        "deliveryTerm:VendorDeliveryTermEntity paymentMeans:[VendorPaymentMeanEntity] "
        "paymentTerms:VendorPaymentTermEntity orderingDetails:VendorOrderingDetailsEntity "
        "processingStatus:VendorProcessingStatusEntity tags:[VendorTagEntity] "
        "customFields:[VendorAdditionalFieldEntity] companies!:[VendorCompanyEntity]"
    ),
    "VendorIdentifierEntity": "id!:s36 schemeId!:s32 defaultPartyId:b",
    "VendorAddressEntity": (
        "externalCode!:s36 name!:s200 description:s200 addressType:AdditionalAddress|VisitingAddress|"
        "RemittanceAddress|DeliveryAddress|PostalAddress|RegistrationAddress| addressLine1-3:s200 cityName:s50 "
        "postalZone:s50 poBox:s50 streetName:s50 locality:s50 countrySubEntity:s50 countrySubEntityDescription:s50 "
        "countryId:s2 default:b additionalAddressFields:[VendorAddressPartEntity]"
    ),
    "VendorAddressPartEntity": (
        "key:AdditionalField1|AdditionalField2|AdditionalStreetName|BlockName|BuildingName|BuildingNumber|"
        "CitySubDivisionName|Country|Department|District|Email|Floor|GlobalLocationNumber|InhouseEmail|"
        "MarkAttention|MarkCare|Region|Room|CoordinateSystemCode|PlotIdentification|LatitudeDegreesMeasure|"
        "LatitudeDirectionCode|LatitudeMinutesMeasure|LongitudeDegreesMeasure|LongitudeDirectionCode|"
        "LongitudeMinutesMeasure| value:s200"
    ),
    "VendorContactEntity": (
        "name!:s200 description:s200 telephone:s50 telefax:s50 email:s200 website:s200 role:AdditionalContact|"
        "PrimaryContact|SecondaryContact|"
    ),
    "VendorDeliveryTermEntity": "deliveryTermCode!:s25 deliveryLocation:s100 description:s200",
    "VendorPaymentMeanEntity": (
        "paymentMeansCode!:s25 description:s200 currencyCode:s3 financialAccounts:[VendorfinancialAccountsEntity] "
        "default:b"
    ),
    "VendorfinancialAccountsEntity": (
        "financialInstitution:FinancialInstitutionEntity financialAccountIdentifiers:[FinancialAccountIdentifierEntity]"
    ),
    "FinancialInstitutionEntity": "name!:s250 id!:s20 schemeId!:s36 branchId:s50 branchIdSchemeId:s36 countryId:s2",
    "FinancialAccountIdentifierEntity": (
        "schemeId!:s36 description:s200 id:s50 accountHolderName:s200 currencyCode:s3 "
        "accountAdditionalData1-2:s200 default:b linkedBbanOrIban:s50"
    ),
    "VendorPaymentTermEntity": "paymentTermCode!:s25 description:s200",
    "VendorOrderingDetailsEntity": (
        "orderingFormat:UBL|EHFXML21|email|other|none|BaswareNetwork| orderingMessageLanguage:s10 "
        "orderingLanguage:s25 orderEmail:s320 orderProcessType:s50 minimumOrderAllowed:n isTaxable:b "
        "automaticallyReceiveOnInvoice:b automaticallyReceiveOnOrder:b hasActiveCatalog:b "
        "createOrderAutomatically:b deliverOrderAutomatically:b noFreeformItems:b sendToNetwork:b"
    ),
    "VendorProcessingStatusEntity": "active:b paymentDenied:b",
    "VendorTagEntity": "name!:s50 value!:s250 tagGroup:s50",
    "VendorAdditionalFieldEntity": "name!:s25 value!:s250 groupName:s500",
    "VendorCompanyEntity": "companyCode!:s32 inheritToChildUnits:b",
    "OrderEntity": (
        "externalCode!:s36 orderNumber!:s100 sourceSystem!:s36 companyCode!:s25 companyName:s250 "
        "organizationElementCode!:s25 organizationElementName:s250 orderTypeCode:s25 currencyCode!:s3 created:d "
        "isClosed:b description:s1000 purchaseOrganizationCode:s25 purchaseOrganizationName:s250 supplierCode!:s25 "
        "supplierName:s250 invoicingSupplierCode:s25 invoicingSupplierName:s250 requestedDeliveryDate:d "
        "actualDeliveryDate:d validFrom:d validTo:d paymentTermCode:s25 paymentTermName:s250 text1-10:s250 "
        "numeric1-5:n date1-5:d isInvoiced:b isDelivered:b lastUpdated:d orderReference:s100"
    ),
    "OrderLineEntity": (
        "externalCode!:s36 orderExternalCode!:s36 lineNumber!:s100 sortNumber:i quantity!:n netSum:n grossSum:n "
        "currencyCode:s3 matchingMode!:Standard|Blanket|Return|Service| isReceiptRequired:b "
        "isReceiptBasedMatching:b isOverreceivalAllowed:b isClosed:b isDeleted:b isSelfApproved:b uom:s25 "
        "subUOM:s250 netPrice:n grossPrice:n priceUnit:s25 priceUnitDescription:s250 taxCode:s25 taxPercent:n "
        "taxPercent2:n taxSum:n taxSum2:n invoicedQuantity:n invoicedNetSum:n invoicedGrossSum:n validFrom:d "
        "validTo:d productCode:s250 productName:s250 materialGroup:s250 globalTradeItemNumber:s250 unspsc:s25 "
        "buyerProductCode:s250 contractNumber:s255 description:s1000 comment:s1000 requestedDeliveryDate:d "
        "actualDeliveryDate:d text1-10:s250 numeric1-5:n date1-5:d orderLineCoding:[OrderLineCodingEntity] "
        "goodsReceipts:[GoodsReceiptEntity] referenceUsers:[OrderLineUserEntity] lastUpdated:d"
    ),
    "OrderLineCodingEntity": (
        "externalCode!:s36 rowIndex!:i netTotal:n grossTotal:n accountCode:s50 accountName:s250 "
        "costCenterCode:s200 costCenterName:s250 projectCode:s25 projectName:s250 conversionNumerator:n "
        "conversionDenominator:n conversionDeNumerator:n taxCode:s25 taxPercent:n taxPercent2:n taxSum:n taxSum2:n "
        "partnerProfitCenter:s250 fixedAssetCode:s250 fixedAssetName:s250 materialGroup:s100 fixedAssetSubCode:s50 "
        "fixedAssetSubName:s50 internalOrderCode:s50 internalOrderName:s50 profitCenterCode:s50 "
        "profitCenterName:s50 businessUnitCode:s50 businessUnitName:s50 projectSubCode:s50 projectSubName:s50 "
        "employeeCode:s50 employeeName:s50 vehicleNumber:s50 vehicleName:s50 salesOrderCode:s50 salesOrderName:s50 "
        "salesOrderSubCode:s50 salesOrderSubName:s50 customerCode:s50 customerName:s50 "
        "accAssignmentCategoryCode:s50 accAssignmentCategoryName:s50 budgetCode:s50 budgetName:s50 serviceCode:s50 "
        "serviceName:s50 businessAreaCode:s50 businessAreaName:s50 taxJurisdictionCode:s50 subUOM:s50 "
        "workOrderCode:s50 workOrderName:s50 workOrderSubCode:s50 workOrderSubName:s50 commitmentItem:s50 "
        "controllingArea:s50 functionalArea:s50 dimCode1-10:s100 dimName1-10:s100 num1-5:n allocatedQuantity!:n "
        "text1-5:s250 date1-5:d network:s250 networkActivity:s250"
    ),
    "GoodsReceiptEntity": (
        "externalCode!:s36 goodsReceiptNumber!:s100 goodsReceiptLineNumber:s25 referenceGRExternalCode:s36 "
        "deliveryNoteNumber:s250 bestFitGrouping:s250 quantity!:n netSum:n grossSum:n netPrice:n grossPrice:n "
        "isDeleted:b notifyFault:b invoicedQuantity:n invoicedNetSum:n invoicedGrossSum:n unitOfMeasure:s25 "
        "subUnitOfMeasure:s250 goodsReceiptType:i receiveMethod:i voucherNumber:s100 goodsReceiptNote:s250 "
        "fiscalYear:d deliveryDate:d productSerialNumber:s250 comment:s255 text1-10:s250 numeric1-5:n date1-5:d "
        "serviceEntrySheetDocId:s100 receiptCoding:[OrderLineCodingEntity]"
    ),
    "OrderLineUserEntity": (
        "userExternalCode:s36 userEmail:s250 userRole:Buyer|Owner|ReferencePerson|Other| lastUpdated:d"
    ),
    "AccountEntity": (
        "accountCode!:s25 accountNames!:[LanguageTranslationEntity] taxCode:s25 text1-5:s250 "
        "companies!:[AccountCompanyEntity] externalCode!:s36 lastUpdated:d"
    ),
    "LanguageTranslationEntity": "translation!:s2000 language!:s10",
    "AccountCompanyEntity": "companyCode!:s32 inherit!:b active!:b",
    "CostCenterEntity": (
        "costCenterCode!:s25 costCenterNames!:[LanguageTranslationEntity] text1-10:s250 date1-5:d int1-5:i "
        "companies!:[CostCenterCompanyEntity] externalCode!:s36 lastUpdated:d"
    ),
    "CostCenterCompanyEntity": "companyCode!:s32 active!:b",
    "TaxCodeEntity": (
        "taxCode!:s25 taxCodeNames!:[LanguageTranslationEntity] taxGroup:s25 taxPercentage!:n taxPercentage2:n "
        "additionalData:[TaxCodeAdditionalData] companies!:[TaxCodeCompanyEntity] externalCode!:s36 lastUpdated:d"
    ),
    "TaxCodeAdditionalData": (
        "externalCode:s32 account:s25 statistical:s25 transactionType:s25 taxPercent:n country:s25 condition:s25 "
        "active:b"
    ),
    "TaxCodeCompanyEntity": "companyCode!:s32 inherit!:b active!:b",
    "PaymentTermEntity": (
        "paymentTermCode!:s25 paymentTermNames!:[LanguageTranslationEntity] sortOrder:i moveDueDatesTo:s "
        "dueDateCalc:i dueDateDays:i dueDateDays2:i dueDateEom:i cashDueDateCalc:i cashDueDateDays:i "
        "cashDueDateDays2:i cashDueDateEom:i cashDiscount:n validFrom!:d validTo!:d "
        "companies!:[PaymentTermCompanyEntity] paymentTermDiscountRules:[PaymentTermDiscountRule] "
        "externalCode!:s36 lastUpdated:d"
    ),
    "PaymentTermCompanyEntity": "companyCode!:s32 inherit!:b active!:b",
    "PaymentTermDiscountRule": "externalCode!:s36 discountDays:i discountPercent:n active!:b",
    "ProjectEntityV2": (
        "projectCode!:s25 projectName!:s100 description:s500 validFrom!:d validUntil!:d "
        "companies!:[ProjectCompanyEntity] externalCode!:s36 lastUpdated:d"
    ),
    "ProjectCompanyEntity": "companyCode!:s32 active!:b",
    "ExchangeRateEntity": (
        "rate!:n currencyCodeTo!:s3 currencyCodeFrom!:s3 validFrom!:d companies!:[ExchangeRateCompanyEntity] "
        "externalCode!:s36 lastUpdated:d"
    ),
    "ExchangeRateCompanyEntity": "companyCode!:s32 active!:b",
    "GenericListEntity": (
        "externalCode!:s36 text_1-25:s number_1-15:n dateValue_1-15:d lastUpdated:d "
        "companies:[GenericListCompanyEntity] listContent:Plant|ProfitCenter|BusinessUnit|Project|ProjectSub|"
        "Employee|Vehicle|Customer|AccAssignmentCategory|Budget|Service|BusinessArea|PartnerProfitCenter|"
        "FixedAsset|FixedAssetSubCode|WorkOrderCode|WorkOrderSubCode|CommitmentItem|ControllingArea|FunctionalArea|"
        "Network|NetworkActivity|Tax|TaxJurisdiction|Dimension1|Dimension2|Dimension3|Dimension4|Dimension5|"
        "Dimension6|Dimension7|Dimension8|Dimension9|Dimension10|InternalOrder|SalesOrder|SalesOrderSub|"
    ),
    "GenericListCompanyEntity": "companyCode!:s32 active!:b",
    "AdvancedValidationEntity": (
        "interface!:s40 keyValue!:s40 dimension1!:s40 dimension1From:s40 dimension1To:s40 dimension2:s40 "
        "dimension2From:s40 dimension2To:s40 dimension3:s40 dimension3From:s40 dimension3To:s40 dimension4:s40 "
        "dimension4From:s40 dimension4To:s40 dimension5:s40 dimension5From:s40 dimension5To:s40 dimension6:s40 "
        "dimension6From:s40 dimension6To:s40 dimension7:s40 dimension7From:s40 dimension7To:s40 "
        "companies:[AdvancedValidationCompanyEntity] externalCode!:s36 lastUpdated:d"
    ),
    "AdvancedValidationCompanyEntity": "companyCode!:s32 active!:b",
    "TransferResponseEntity": (
        "externalCode!:s36 success!:b responseMessage!:s250 sourceSystem:s32 voucherNumber1-2:s25 transferDate:d "
        "paymentBlock!:b"
    ),
    "PaymentResponseEntity": (
        "externalCode!:s36 success!:b responseMessage:s250 sourceSystem:s32 paymentDate:d paymentTermCode:s25 "
        "paymentBlock!:b paymentMethod:s25 paidTotal:n cashDiscount:n checkNumber:s25 paymentMessage:s100 "
        "paymentNumber:s250 paymentDocument:s250 paymentReversalDocument:s250"
    ),
    "PrebookResponseEntity": (
        "externalCode!:s36 success!:b250 responseMessage!:s250 sourceSystem:s32 voucherNumber1-2:s25 prebookDate:d "
        "paymentBlock!:b"
    ),
    "EnrichmentResponseEntity": "externalCode!:s36 success!:b responseMessage!:s250 sourceSystem:s32 transferDate:d",
    "ProcessingStatusGetBatchRequest": "requestIds:[s]",
    "DeleteRequest": "lastUpdated:d externalCode:s36",
}
"""`name:type`, with ! where it is required; text1-10 stands for ten members. Types: s text (s36: at most 36),
n number, i whole number, b true or false, d moment, A|B| one of these, Name another shape, [Name] a list of it."""
