"""The soak: documents are released little by little in the books of several tenants, while the network stumbles, people
save records anew, and whole clusters are killed."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django_scopes import scopes_disabled

from integrations.management.local import Local
from integrations.models import MOVING_STATES, Delivery, Feed, State
from portal.common.installation import installation
from tests.crash import states
from tests.support.cluster import Cluster
from tests.support.database import database_url
from tests.support.networks import INVOICE_STATUSES, ORDER_STATUSES, must_stand, stands
from tests.support.simulators import Simulators
from tests.support.world import World, configure

TENANTS = ("kasityopuoti", "smorengros", "fjordmekanikk")
PAUSE = 0.7
PATIENCE = 900.0
FAULTS: tuple[tuple[str, int | str, str, dict[str, Any]], ...] = (
    ("visma", 500, "", {}),
    ("visma", 429, "^/v[12]/", {"retry_after": 1}),
    ("visma", 401, "^/v[12]/", {}),
    ("visma", "malformed", "^/v[12]/", {}),
    ("visma", "reset", "", {}),
    ("visma", "slow", "", {"seconds": 1}),
    ("orderful", 503, "", {}),
    ("orderful", "503html", "", {}),
    ("orderful", 429, "", {"retry_after": 1}),
    ("orderful", "reset_after", "", {}),
    ("orderful", "timeout_after", "", {"seconds": 4}),
    ("orderful", "malformed", "", {}),
    ("cleo", 500, "", {}),
    ("cleo", 401, "/files", {}),
    ("cleo", "reset", "", {}),
    ("cleo", "reset_after", "", {}),
    ("cleo", "timeout_after", "", {"seconds": 4}),
    ("cleo", "malformed", "", {}),
)


@dataclass(slots=True)
class Soak:
    """What runs, what is held back in the books, and what was done to all of it."""

    simulators: Simulators
    worlds: list[World]
    clusters: list[Cluster]
    chance: random.Random
    seed: int
    held: list[tuple[str, str, str]] = field(default_factory=list)
    """Entity, key and true status of each document that is not released yet."""
    released: list[tuple[str, str]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    @classmethod
    @contextmanager
    def start(cls, folder: Path, *, seed: int, clusters: int) -> Iterator[Soak]:
        """Simulators, tenants and clusters, running; they end with the context."""
        with Local() as local, scopes_disabled():
            installation()
            simulators = Simulators.start(local)
            simulators.reset()
            worlds = [configure(slug, simulators, folder=folder) for slug in TENANTS]
            Feed.objects.update(interval_seconds=2, settle_seconds=1, overlap_seconds=20)
            environment = {
                "DATABASE_URL": database_url(),
                "SECRET_KEY": settings.SECRET_KEY,
                "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEY),
                "EPOCH_FILE": str(settings.EPOCH_FILE),
                "VAR_DIR": str(folder),
                "WORKERS": "3",
            }
            soak = cls(simulators, worlds, [], random.Random(seed), seed)
            soak._hold_back()
            soak.clusters = [Cluster(local, environment) for _ in range(clusters)]
            yield soak

    def run(self, *, until: float) -> None:
        """Lets things happen until the monotonic clock says `until`. What is left is released evenly."""
        gap = max(1.0, (until - time.monotonic()) / (len(self.held) + 1))
        next_release = time.monotonic()
        for cluster in self.clusters:
            cluster.start()
        while time.monotonic() < until:
            if time.monotonic() >= next_release:
                self._release()
                next_release += gap
            self._something()
            self._wake()
            time.sleep(PAUSE)

    def finish(self) -> dict[str, Any]:
        """Everything is released, nothing fails any more, all comes to rest. Returns what there is to say."""
        self.simulators.no_faults()
        while self.held:
            self._release()
        Feed.objects.update(interval_seconds=600)  # else something would always be about to be read
        self.clusters[0].settle(seconds=PATIENCE)
        self.clusters[0].settle(seconds=PATIENCE)
        for cluster in self.clusters:
            cluster.stop()
        wrong = states.wrong()
        missing: list[str] = []
        documents = 0
        for world in self.worlds:
            there, expected = Counter(stands(world)), Counter(must_stand(world))
            documents += sum(expected.values())
            missing += [f"{world.tenant.slug} lost {n} × {d}" for d, n in (expected - there).items()]
            missing += [f"{world.tenant.slug} doubled {n} × {d}" for d, n in (there - expected).items()]
        counts = Counter(Delivery.objects.values_list("state", flat=True))
        wrong += [f"{n} deliveries are {s}" for s, n in counts.items() if s in (*MOVING_STATES, State.FAILED)]
        return {
            "seed": self.seed,
            "tenants": len(self.worlds),
            "clusters": len(self.clusters),
            "documents": documents,
            "equal": not missing,
            "differences": missing[:20],
            "wrong": wrong,
            "done": dict(sorted(self.done.items())),
            "deliveries": dict(counts),
            "crashes": sum(Delivery.objects.values_list("crashes", flat=True)),
            "settled_by_evidence": sum(bool(d.evidence) for d in Delivery.objects.all()),
        }

    # --- inside

    def _hold_back(self) -> None:
        """Puts every document that would leave on hold, before anybody reads it."""
        companies = tuple(f"{world.company}/" for world in self.worlds)
        for entity, leaving in (("purchaseorder", ORDER_STATUSES), ("supplierInvoice", INVOICE_STATUSES)):
            for row in self.simulators.rows("visma", entity):
                if row["key"].startswith(companies) and row["body"]["status"] in leaving:
                    self.held.append((entity, row["key"], row["body"]["status"]))
                    self.simulators.mutate(entity, row["key"], {"status": "Hold"})
        self.chance.shuffle(self.held)

    def _release(self) -> None:
        if self.held:
            entity, key, status = self.held.pop()
            self.simulators.mutate(entity, key, {"status": status})
            self.released.append((entity, key))
            self.done["released"] += 1

    def _something(self) -> None:
        """One thing happens, or none."""
        dice = self.chance.random()
        if dice < 0.35:
            system, kind, path, more = self.chance.choice(FAULTS)
            self.simulators.fault(system, kind, path, times=self.chance.choice((1, 1, 2)), **more)
            self.done[f"fault {kind}"] += 1
        elif dice < 0.45 and self.released:
            entity, key = self.chance.choice(self.released)
            self.simulators.mutate(entity, key, {})  # saved anew, saying the same
            self.done["saved anew"] += 1
        elif dice < 0.49:
            cluster = self.chance.choice(self.clusters)
            if cluster.runs:
                cluster.kill()
                self.done["cluster killed"] += 1

    def _wake(self) -> None:
        """What the minute's tick does, more often, so that minutes hold as much as hours."""
        from integrations.engine import dispatch, schedule

        for cluster in self.clusters:
            cluster.start()
        schedule.sweep()
        dispatch.wake()
        if self.done and sum(self.done.values()) % 50 == 0:
            print(f"soak: {dict(self.done)}", file=sys.stderr)
