"""Orderful: documents as JSON over HTTP, delivered to trading partners in their own formats."""
