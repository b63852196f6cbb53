"""Tenants, connections, integrations and trading partners as text: reading, applying and writing configuration
files."""
