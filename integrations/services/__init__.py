"""Writes that admin, portal, API and command line share. One module a subject; each function audits what it does."""
