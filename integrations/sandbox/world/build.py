"""Builds the world: the same seed and day give the same world, to the last öre."""

from __future__ import annotations

from datetime import date

from integrations.sandbox.world.companies import build_companies
from integrations.sandbox.world.goods import build_items
from integrations.sandbox.world.parties import (
    EDI_PARTNERS,
    build_customers,
    build_suppliers,
    build_trading_partners,
)
from integrations.sandbox.world.payables import build_invoices, build_payments
from integrations.sandbox.world.purchasing import Book, build_orders, build_receipts
from integrations.sandbox.world.receivables import build_customer_invoices
from integrations.sandbox.world.values import Supplier, World


def build_world(*, seed: int, size: int, today: date, on_cleo: int = 0) -> World:
    """The world for `seed`. `size` multiplies suppliers, customers and documents; all dates lie before `today`.
    `on_cleo` puts the first so many suppliers of each company on Cleo, and none on Orderful; 0: a few on both."""
    companies = build_companies()
    suppliers: list[Supplier] = []
    world = World(seed=seed, size=size, today=today, companies=companies, trading_partners=[], suppliers=suppliers)
    for company in companies:
        partners = on_cleo or EDI_PARTNERS[company.key]
        own = build_suppliers(company, seed=seed, size=size, today=today, edi=partners)
        items = build_items(company, seed=seed, size=size, today=today)
        customers = build_customers(company, seed=seed, size=size, today=today)
        book = Book(company=company, suppliers=own, items=items, today=today, seed=seed, partners=partners)
        orders = build_orders(book, size=size)
        receipts = build_receipts(book, orders)
        invoices = build_invoices(book, receipts, size=size)
        world.suppliers.extend(own)
        world.items.extend(items)
        world.customers.extend(customers)
        world.orders.extend(orders)
        world.receipts.extend(receipts)
        world.invoices.extend(invoices)
        world.payments.extend(build_payments(book, invoices))
        world.customer_invoices.extend(build_customer_invoices(book, customers, size=size))
        world.trading_partners.extend(build_trading_partners(own, on_cleo=on_cleo))
    return world
