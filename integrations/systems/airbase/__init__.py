"""Airbase: vendors, bills and purchase orders for approval, approved payments back."""
