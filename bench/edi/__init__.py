"""Measures of reading and checking X12."""
