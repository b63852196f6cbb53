"""997 Functional Acknowledgment of 004010: segments and loops in their order."""

from __future__ import annotations

TABLE = """
# heading
ST!, AK1!
# detail
AK2 999999:
    AK3 999999:
        AK4 99
    AK5!
# summary
AK9!, SE!
"""
