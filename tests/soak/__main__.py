"""`python -m tests.soak --minutes 30`: clusters, tenants, faults and kills, until the time is up; then both sides are
compared. Writes soak/results.json, and ends with 1 where anything differs."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.crash import strands

RESULTS = Path("soak") / "results.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clusters", type=int, default=2)
    parser.add_argument("--seed", type=int, default=None, help="the same seed gives the same faults and kills")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1_000_000)
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        strands.set_up(folder)
        from django.core.management import call_command

        from tests.soak.soak import Soak

        base = strands.databases(folder)
        base.make("soak")
        base.use("soak")
        call_command("migrate", verbosity=0)
        try:
            with Soak.start(folder, seed=seed, clusters=options.clusters) as soak:
                soak.run(until=time.monotonic() + options.minutes * 60)
                said = soak.finish()
        finally:
            base.drop("soak")
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(json.dumps({"minutes": options.minutes, **said}, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(said, indent=2))
    return 0 if said["equal"] and not said["wrong"] else 1


if __name__ == "__main__":
    sys.exit(main())
