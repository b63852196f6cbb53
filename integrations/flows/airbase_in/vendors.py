"""Vendors that were made in Airbase."""

from __future__ import annotations

import msgspec

from edi.documents.values import digest
from integrations.flows.contract import Frozen, Job, Nothing, Prepared, Send
from integrations.systems.airbase import mapping
from integrations.systems.visma import commands


def adopt_supplier(job: Job) -> Prepared:
    """The supplier that a vendor is: one that our books have, else a new one with a person's approval."""
    vendor = mapping.new_vendor(job.raw)
    body = commands.encode(
        commands.AdoptSupplier(
            stamp=f"airbase vendor {vendor.airbase_id}",
            name=vendor.name,
            tax_id=vendor.tax_id,
            email=vendor.email,
            supplier_class=str(job.flow.settings.get("supplier_class") or ""),
            given=job.approved,
        )
    )
    return Send(
        digest=digest(vendor),
        purpose="original",
        document=vendor,
        freeze=lambda now: Frozen(body=body, meta={"vendor": vendor.airbase_id}),
        preview=lambda: body,
    )


def link_vendor(job: Job) -> Prepared:
    vendor, number = mapping.new_vendor(job.raw), job.made_by("send")
    if not number:
        return Nothing("It is not known which supplier it is.")
    body = msgspec.json.encode({"erp_reference_id": number})
    return Send(
        digest=digest(vendor),
        purpose="original",
        document=vendor,
        freeze=lambda now: Frozen(body=body, meta={"vendor": vendor.airbase_id}),
        preview=lambda: body,
    )
