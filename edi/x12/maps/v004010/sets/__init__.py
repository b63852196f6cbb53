"""Segment and loop tables of the transaction sets, one module each."""
