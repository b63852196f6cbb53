"""Basware P2P: vendors, reference data and orders for invoice matching, invoices in, their fate back."""
