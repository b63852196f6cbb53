"""Who is who at Basware: one tenant for each company, in one region, with its clients and users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from integrations.sandbox.world import Company

REGIONS: Final = ("eu", "us", "au", "ca")
HOME: Final = {"NO": "us"}
"""Regions of companies that are not in "eu"."""

_APIS: Final = (
    "accountingDocuments", "accounts", "advancedPermissions", "advancedValidations", "applicationGroups", "companies",
    "contracts", "costCenters", "errorFeedbacks", "exchangeRates", "exportedContracts", "exportedContractSpends",
    "exportedPurchaseOrders", "exportedPurchaseRequisitions", "lists", "matchingOrders", "matchingOrderLines",
    "paymentTerms", "projects", "purchaseOrders", "purchaseRequisitions", "purchaseGoodsReceipts", "requestStatus",
    "subscriptions", "taxCodes", "users", "vendors",
)  # fmt: skip
SCOPES: Final = frozenset(
    {f"{api}.{verb}" for api in _APIS for verb in ("read", "write", "delete")} | {"tasks.read", "taskStatus.read"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Credentials: an OAuth client, which is a user of HTTP Basic too."""

    company: str
    client_id: str
    secret: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One company at Basware. `codes` are the companies that exist in P2P."""

    company: Company
    id: str
    clients: tuple[Client, ...]
    network: Client
    codes: frozenset[str]


def tenant_of(company: Company) -> Tenant:
    """The tenant of a company; its values do not depend on the seed."""
    small = company.key.lower()
    reading = frozenset(scope for scope in SCOPES if scope.endswith(".read"))
    full = Client(
        company=company.key,
        client_id=f"basware-{small}",
        secret=f"sandbox-basware-{small}-secret",
        scopes=SCOPES,
    )
    reader = Client(
        company=company.key,
        client_id=f"basware-{small}-readonly",
        secret=f"sandbox-basware-{small}-secret",
        scopes=reading,
    )
    network = Client(
        company=company.key,
        client_id=f"network-{small}",
        secret=f"sandbox-network-{small}-secret",
        scopes=frozenset(),
    )
    number = company.visma_company_id
    return Tenant(
        company=company,
        id=f"02{number}-TEST1",
        clients=(full, reader),
        network=network,
        codes=frozenset({str(number), *(f"{number}-{branch.number}" for branch in company.branches)}),
    )
