"""OrderfulJSON, the v3 form of a document: X12 segments with names instead of positions."""
