"""`python -m integrations.sandbox`."""

from __future__ import annotations

import sys

from integrations.sandbox.main import run

sys.exit(run())
