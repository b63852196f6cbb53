"""The simulators' world: four companies with their partners, goods and documents. One seed for all systems.

`build_world` gives the same world for the same seed and day. Documents lie in the past, relative to the day.

Stable whatever the seed, so that configuration files may name them:

- companies "SE", "NO", "DK", "FI" with Visma company ids 1001 to 1004, tenant ids, credentials and EDI ids
  (qualifier ZZ): NORDLOGISTIK, FJORDMEKANIKK, SMORENGROS, KASITYOPUOTI; a T at the end for the test stream;
- supplier numbers: SE from 50001, NO from 60001, DK from 70001, FI from 80001;
- trading partners: EDI id "SUP" + supplier number (qualifier ZZ), test id with a T at the end. The first 12 (SE), 8
  (NO), 6 (DK), 6 (FI) suppliers are on a network: even numbers on Orderful (SUP50002, SUP50004 ...), odd ones on Cleo
  (SUP50001, SUP50003 ...). The last of them is on hold. All others are on no network;
- purchase orders from 500001, receipts from 700001, customer invoices from 150001, customers from 10001, in each
  company: the same number in two companies is two documents. Supplier documents from 000001 within each type.

Records that real books have carry their fault in `faults`: missing_vat_number, missing_organisation_number,
no_bank_account, blank_city (suppliers, customers), unknown_item (orders), duplicate_supplier_reference, closed_period
(supplier invoices). Separators of EDI files (* ~ > :) stand in some names and descriptions.
"""

from __future__ import annotations

from integrations.sandbox.world.build import build_world
from integrations.sandbox.world.values import Company, World, WorldPartner

__all__ = ["Company", "World", "WorldPartner", "build_world"]
