"""Pure ANSI X12 library: reading, checking, writing and acknowledging. No Django, no clock, no network."""
