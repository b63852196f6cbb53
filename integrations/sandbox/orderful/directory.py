"""Who is who at Orderful: organizations with their API keys, EDI accounts, relationships between accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from integrations.sandbox.world.values import Company, Customer, World

SET_NAMES: Final[dict[str, str]] = {
    "850": "850_PURCHASE_ORDER",
    "855": "855_PURCHASE_ORDER_ACKNOWLEDGMENT",
    "856": "856_SHIP_NOTICE_MANIFEST",
    "810": "810_INVOICE",
    "846": "846_INVENTORY_ADVICE",
    "860": "860_PURCHASE_ORDER_CHANGE_REQUEST_BUYER_INITIATED",
    "865": "865_PURCHASE_ORDER_CHANGE_ACKNOWLEDGMENT_REQUEST_SELLER_INITIATED",
}
"""Transaction type names of v3. The 860 has another name in v4; the 865 exists in v3 only (its name is a guess)."""

V4_ORDER_CHANGE: Final = "860_PURCHASE_ORDER_CHANGE"

ONBOARDING: Final[dict[str, str | None]] = {
    "850": "TEST",
    "810": "SETUP",
    "856": "PENDING",
    "855": "BLOCKED",
    "860": "READY",
    "846": None,
    "865": "TEST",
}
"""Relationship statuses of the extra partner that is not live yet; None = no relationship at all."""


CUSTOMERS_PER_COMPANY: Final = 5
"""So many business customers of each company are trading partners too: CUS<number>, on test CUS<number>T."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One EDI account: a company of ours (`company` is its key) or a trading partner (`company` is None)."""

    id: int
    name: str
    qualifier: str
    live: str
    test: str | None
    company: str | None

    def isa_id(self, stream: str) -> str:
        """The id used on `stream` ("test" or "live"). Without a test id the live id stands in."""
        return self.live if stream == "live" else (self.test or self.live)

    def identity(self) -> dict[str, Any]:
        """The account as sender or receiver of a relationship."""
        return {
            "ediAccountId": self.id,
            "liveIsaId": self.live,
            "testIsaId": self.test,
            "organizationId": self.id + 1000,
            "organizationName": self.name,
            "ediAccountName": self.name,
        }

    def party(self) -> dict[str, Any]:
        """The account as sender or receiver of a v3 transaction."""
        return {
            "isaId": self.live,
            "isaIdQualifier": self.qualifier,
            "testIsaId": self.test or "",
            "testIsaIdQualifier": self.qualifier,
            "name": self.name,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """What one API key opens: one company with its mailboxes."""

    company: str
    account: Account
    api_key: str
    read_only_key: str
    inbox_id: int
    bucket_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A company and one trading partner. `kind`: "supplier", "customer" or "onboarding"."""

    own: Account
    partner: Account
    kind: str


class Directory:
    """Accounts and organizations, derived from the world."""

    def __init__(self, world: World) -> None:
        self.organizations: dict[str, Organization] = {}
        self.pairs: list[Pair] = []
        self._by_live: dict[str, Account] = {}
        self._by_test: dict[str, Account] = {}
        for position, company in enumerate(world.companies):
            self._add_company(position, company)
        for partner in world.trading_partners:
            if partner.network == "orderful":
                account = self._account(partner.name, partner.isa_qualifier, partner.isa_id, partner.test_isa_id)
                self._pair(partner.company, account, "supplier")
        for company in world.companies:
            for customer in _business_customers(world, company.key):
                isa_id = f"CUS{customer.number}"
                self._pair(company.key, self._account(customer.name, "ZZ", isa_id, f"{isa_id}T"), "customer")
            extra = self._account(f"{company.name} onboarding partner", "ZZ", f"{company.key}ONBOARDING", None)
            self._pair(company.key, extra, "onboarding")

    def _pair(self, company: str, partner: Account, kind: str) -> None:
        self.pairs.append(Pair(own=self.organizations[company].account, partner=partner, kind=kind))

    def _add_company(self, position: int, company: Company) -> None:
        account = self._account(
            company.name, company.isa_qualifier, company.isa_id, company.test_isa_id, company=company.key
        )
        self.organizations[company.key] = Organization(
            company=company.key,
            account=account,
            api_key=f"sandbox-orderful-{company.key.lower()}",
            read_only_key=f"sandbox-orderful-{company.key.lower()}-readonly",
            inbox_id=4001 + position,
            bucket_id=7001 + position,
        )

    def _account(
        self, name: str, qualifier: str, live: str, test: str | None, *, company: str | None = None
    ) -> Account:
        if live in self._by_live:
            return self._by_live[live]
        account = Account(
            id=3001 + len(self._by_live), name=name, qualifier=qualifier, live=live, test=test, company=company
        )
        self._by_live[live] = account
        self._by_test[test or live] = account
        return account

    def account(self, isa_id: str, *, stream: str) -> Account | None:
        """The account that uses this id on `stream`. A live id means nothing on the test stream, and vice versa."""
        return (self._by_live if stream == "live" else self._by_test).get(isa_id)

    def any_account(self, isa_id: str) -> Account | None:
        """The account with this id on either stream."""
        return self._by_live.get(isa_id) or self._by_test.get(isa_id)

    def organization(self, api_key: str) -> tuple[Organization, bool] | None:
        """The organization of an API key, and whether the key may write."""
        for organization in self.organizations.values():
            if api_key in (organization.api_key, organization.read_only_key):
                return organization, api_key == organization.api_key
        return None

    def partners_of(self, company: str, *, kind: str) -> list[Account]:
        """The trading partners of one company: "supplier", "customer" or "onboarding"."""
        own = self.organizations[company].account
        return [pair.partner for pair in self.pairs if pair.own is own and pair.kind == kind]

    def relationships(self, created_at: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every relationship as (key, company, body): all sets in both directions for each pair of accounts."""
        number = 5001
        for pair in self.pairs:
            onboarding = pair.kind == "onboarding"
            for set_id, name in SET_NAMES.items():
                status = ONBOARDING[set_id] if onboarding else "LIVE"
                for sender, receiver in ((pair.own, pair.partner), (pair.partner, pair.own)):
                    if status is None:
                        continue
                    body = {
                        "id": number,
                        "createdAt": created_at,
                        "updatedAt": created_at,
                        "sender": sender.identity(),
                        "receiver": receiver.identity(),
                        "transactionType": {"name": name},
                        "status": status,
                        "autoSend": "DISABLED" if onboarding and set_id == "860" else "ENABLED",
                    }
                    yield relationship_key(sender, receiver, set_id), pair.own.company or "", body
                    number += 1


def _business_customers(world: World, company: str) -> list[Customer]:
    """The first customers of a company that are no private persons."""
    known = [one for one in world.customers if one.company == company and one.organisation_number]
    return known[:CUSTOMERS_PER_COMPANY]


def relationship_key(sender: Account, receiver: Account, set_id: str) -> str:
    """The key of a relationship row: "NORDLOGISTIK>SESUP50001:850"."""
    return f"{sender.live}>{receiver.live}:{set_id}"
