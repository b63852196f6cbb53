"""The kinds of master data and orders that clients send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`envelope` is the member that lists stand in; `code` names a record within a company."""

    shape: str
    entity_type: str
    envelope: str
    code: str = ""
    limit: int = 500
    page: int = 500


KINDS: Final[dict[str, Kind]] = {
    "vendors": Kind(
        shape="VendorEntity", entity_type="Vendor", envelope="vendorEntities", code="vendorCode", limit=200, page=100
    ),
    "accounts": Kind(shape="AccountEntity", entity_type="Account", envelope="accounts", code="accountCode"),
    "costCenters": Kind(
        shape="CostCenterEntity", entity_type="CostCenter", envelope="costCenters", code="costCenterCode"
    ),
    "taxCodes": Kind(shape="TaxCodeEntity", entity_type="TaxCode", envelope="taxCodes", code="taxCode"),
    "paymentTerms": Kind(
        shape="PaymentTermEntity", entity_type="PaymentTerm", envelope="paymentTerms", code="paymentTermCode"
    ),
    "exchangeRates": Kind(shape="ExchangeRateEntity", entity_type="ExchangeRate", envelope="exchangeRates"),
    "projects": Kind(shape="ProjectEntityV2", entity_type="Project", envelope="projects", code="projectCode"),
    "advancedValidations": Kind(
        shape="AdvancedValidationEntity", entity_type="AdvancedValidation", envelope="advancedValidations"
    ),
    "lists": Kind(shape="GenericListEntity", entity_type="GenericList", envelope="listItems"),
    "matchingOrders": Kind(shape="OrderEntity", entity_type="MatchingOrder", envelope="matchingOrders"),
    "matchingOrderLines": Kind(
        shape="OrderLineEntity", entity_type="MatchingOrderLine", envelope="matchingOrderLines", limit=100, page=100
    ),
}
LIST_KEY: Final = re.compile(
    r"(ACC_LIST_([1-9]|[12]\d|3[0-5])|INV_LIST_([1-9]|1\d|20)|CUST_RESOLVER_[1-5])\Z", re.IGNORECASE
)
