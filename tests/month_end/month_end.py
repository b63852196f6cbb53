"""Invoices are entered in Visma.net, become bills in Airbase and go to Basware for approval; payments are approved in
Airbase and booked back; then all sides are compared, cent by cent."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from integrations.engine import schedule
from integrations.engine.slice import run_slice
from integrations.models import MOVING_STATES, Delivery, Feed, State
from portal.common.clock import db_now
from portal.common.installation import installation
from portal.tenants.models import Tenant
from tests.crash import states
from tests.month_end.clock import MovedClock
from tests.support.database import Upkeep
from tests.support.settling import read_now, settled, what_moves
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

TENANT, COMPANY = "kasityopuoti", "FI"
FLOWS = {
    "visma-airbase": ("accounts", "dimensions", "suppliers", "supplier-invoices", "payments"),
    "visma-basware": ("payment-terms", "suppliers", "supplier-invoices"),
}
AT_ONCE = 250
"""Invoices that are entered with one call."""
SLICE = 5.0
THREADS = 2
HOUR = dt.timedelta(hours=1)
QUIET = dt.timedelta(minutes=6)
"""After so long without anything to do, what waited for something has looked again."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What happens in it."""

    invoices: int
    payments: int
    calls_an_hour: int
    """That Visma.net allows."""
    seconds: float = 1800
    """Without any progress, after which it is given up, in real time. How long all of it takes is the machine's."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A payment that was approved in Airbase."""

    entry: str
    paid: tuple[tuple[str, Decimal], ...]
    """Number of the invoice, and how much of it."""

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.paid), Decimal(0))


@dataclass(slots=True)
class Calls:
    """What Visma.net was asked, by its fixed windows of an hour."""

    last: int = 0
    total: int = 0
    windows: list[dict[str, int]] = field(default_factory=list)
    ends: dt.datetime | None = None

    def count(self, simulators: Simulators) -> None:
        """Adds what came since it was counted last."""
        for entry in simulators.requests("visma"):
            if entry["n"] <= self.last or entry["path"].endswith("/connect/token"):
                continue
            self.last = entry["n"]
            self.total += 1
            at = dt.datetime.fromisoformat(entry["at"])
            if self.ends is None or at >= self.ends:
                self.ends = at + HOUR
                self.windows.append({"calls": 0, "429": 0})
            self.windows[-1]["calls"] += 1
            self.windows[-1]["429"] += entry["status"] == 429


@dataclass(slots=True)
class MonthEnd:
    """One month, run."""

    month: Month
    simulators: Simulators
    clock: MovedClock
    tell: Tell
    world: World
    calls: Calls = field(default_factory=Calls)
    upkeep: Upkeep = field(default_factory=Upkeep)
    seen: tuple[int, int] = (0, 0)
    """Closed and open deliveries, when one of both moved last."""
    moved: float = 0.0

    @classmethod
    def begin(cls, month: Month, simulators: Simulators, clock: MovedClock, *, folder: Path, tell: Tell) -> MonthEnd:
        """A company that has been connected for a while: everything that it has is at Airbase."""
        simulators.reset()
        simulators.options("visma", rate_limit=month.calls_an_hour)
        simulators.options("basware", rate_limit=1_000_000)
        entry = tenant_entry(month)
        installation()
        apply_entry(entry, simulators, folder=folder)
        found = cls(month, simulators, clock, tell, World(Tenant.objects.get(slug=TENANT), entry, simulators))
        # So many at once are held for a person to look at; here they are what is wanted.
        Feed.objects.filter(connection__tenant__slug=TENANT).update(flood_factor=0, settle_seconds=1)
        found._work("what the company has")
        return found

    def run(self) -> dict[str, Any]:
        """All of it. Returns what there is to say."""
        started, began = time.monotonic(), db_now()
        self._enter()
        self._work(f"{self.month.invoices:,} invoices")
        bills, intake = self._bills(), self._intake()
        approved = self._approve()
        self._work(f"{self.month.payments:,} payments")
        lost, doubled, wrong = list(bills[0]), list(bills[1]), [*bills[2]]
        for others in (intake, self._payments(approved)):
            for found, more in zip((lost, doubled, wrong), others, strict=True):
                found += more
        counts = Counter(Delivery.objects.values_list("state", flat=True))
        wrong += states.wrong()
        wrong += [f"{n} deliveries are {s}" for s, n in counts.items() if s in (*MOVING_STATES, State.FAILED)]
        return {
            "calls_an_hour": self.month.calls_an_hour,
            "invoices": self.month.invoices,
            "payments": len(approved),
            "lost": lost[:20],
            "doubled": doubled[:20],
            "wrong": wrong[:20],
            "calls": self.calls.total,
            "windows": len(self.calls.windows),
            "most_calls_a_window": max((w["calls"] - w["429"] for w in self.calls.windows), default=0),
            "most_429_a_window": max((w["429"] for w in self.calls.windows), default=0),
            "simulated_hours": round((db_now() - began) / HOUR, 1),
            "seconds": round(time.monotonic() - started, 1),
            "deliveries": dict(sorted(counts.items())),
        }

    def _enter(self) -> None:
        """Some at a time: a call to the simulators takes no longer for a large month than for a small one."""
        for begin in range(0, self.month.invoices, AT_ONCE):
            some = min(AT_ONCE, self.month.invoices - begin)
            prefix = f"M{begin // AT_ONCE:03d}-"
            self.simulators.act("visma", "enter_invoices", company=COMPANY, count=some, prefix=prefix)

    # --- Working

    def _work(self, what: str) -> None:
        """Reads every feed and works until nothing is under way. Waiting takes no time: the clocks are moved. Fails
        when nothing moves any more."""
        since, quiet = read_now(), False
        self.moved = time.monotonic()
        while True:
            if time.monotonic() > self.moved + self.month.seconds:
                raise AssertionError(f"nothing moved for {self.month.seconds} s: {what}{what_moves()}")
            self.upkeep.look()
            done = run_slice(seconds=SLICE, threads=THREADS)
            self.calls.count(self.simulators)
            self._report(what)
            at_rest = settled(since)
            if at_rest and quiet and not done.deliveries:
                return
            quiet = at_rest
            if not done.anything or at_rest:
                self.clock.move(QUIET if at_rest else self._pause())

    @staticmethod
    def _pause() -> dt.timedelta:
        """Until the next thing can be done."""
        due = schedule.next_due()
        left = (due - db_now()) if due is not None else QUIET
        return max(dt.timedelta(seconds=1), min(left, HOUR)) + dt.timedelta(milliseconds=100)

    def _report(self, what: str) -> None:
        open_ones = Delivery.objects.filter(state__in=MOVING_STATES).count()
        closed = Delivery.objects.filter(state__in=[State.DELIVERED, State.NO_EFFECT]).count()
        if (closed, open_ones) != self.seen:
            self.seen, self.moved = (closed, open_ones), time.monotonic()
        hours = self.clock.ahead / HOUR
        self.tell(f"{what}: {closed:,} done, {open_ones:,} open, {self.calls.total:,} calls, {hours:.1f} h simulated")

    # --- What people do at Airbase

    def _approve(self) -> list[Approved]:
        """Most payments pay one bill, some two of one supplier, some a part of one."""
        chance, by_supplier = random.Random(self.month.payments), {}
        for invoice in self._rows("visma", "supplierInvoice"):
            if invoice["supplierReference"].startswith("M") and invoice["status"] == "Open":
                by_supplier.setdefault(invoice["supplier"]["number"], []).append(invoice)
        suppliers = sorted(by_supplier)
        found = []
        for n in range(self.month.payments):
            waiting = by_supplier[suppliers[n % len(suppliers)]]
            dice = chance.random()
            chosen = [waiting.pop() for _ in range(2 if dice < 0.1 and len(waiting) > 1 else 1)]
            share = Decimal("0.5") if dice > 0.9 else Decimal(1)
            paid = tuple(
                (i["referenceNumber"], (Decimal(str(i["amount"])) * share).quantize(Decimal("0.01"))) for i in chosen
            )
            bills = [{"bill": f"Invoice/{number}", "amount": str(amount)} for number, amount in paid]
            found.append(
                Approved(self.simulators.act("airbase", "approve_payment", company=COMPANY, bills=bills), paid)
            )
        return found

    # --- Comparing

    def _bills(self) -> tuple[list[str], list[str], list[str]]:
        """What of the invoices is not in Airbase, what is there twice, and what says something else."""
        there: dict[str, list[Decimal]] = {}
        for bill in self._rows("airbase", "bills"):
            there.setdefault(bill["erp_reference_id"], []).append(abs(Decimal(bill["total_amount"])))
        return self._beside_the_books("bill", there, _billed)

    def _intake(self) -> tuple[list[str], list[str], list[str]]:
        """The same of Basware: what came in by its Network, and that no invoice became two documents there."""
        there: dict[str, list[Decimal]] = {}
        for came in self._rows("basware", "invoices"):
            key = came["code"].partition("-I-")[2].replace("-", "/", 1)
            there.setdefault(key, []).append(abs(Decimal(str(came["payload"]["grossSum"]))))
        lost, doubled, wrong = self._beside_the_books("invoice in Basware", there, lambda i: i["amount"])
        documents = Counter(d["bumid"] for d in self._rows("basware", "accountingDocuments"))
        doubled += [f"document {bum_id} in Basware: {n} times" for bum_id, n in documents.items() if n > 1]
        return lost, doubled, wrong

    def _beside_the_books(
        self, what: str, there: dict[str, list[Decimal]], amount_of: Callable[[dict[str, Any]], Any]
    ) -> tuple[list[str], list[str], list[str]]:
        invoices = {
            f"{i['documentType']}/{i['referenceNumber']}": Decimal(str(amount_of(i)))
            for i in self._rows("visma", "supplierInvoice")
            if i["status"] in ("Balanced", "Open") and i["documentType"] in ("Invoice", "CreditAdj", "DebitAdj")
        }
        lost = [f"{what} {key}" for key in invoices if key not in there]
        doubled = [f"{what} {key}: {len(found)} times" for key, found in there.items() if len(found) > 1]
        wrong = [
            f"{what} {key} of {there[key][0]} instead of {amount}"
            for key, amount in invoices.items()
            if key in there and there[key][0] != amount
        ]
        return lost, doubled, wrong

    def _payments(self, approved: list[Approved]) -> tuple[list[str], list[str], list[str]]:
        """The same of the payments; and what is open of each invoice, and what Airbase was told."""
        booked: dict[str, list[dict[str, Any]]] = {}
        for payment in self._rows("visma", "supplierPayment"):
            booked.setdefault(payment["description"], []).append(payment)
        entries = {e["airbase_id"]: e for e in self._rows("airbase", "ledger_entries")}
        lost, doubled, wrong = [], [], []
        left: dict[str, Decimal] = {}
        for one in approved:
            found = booked.get(f"Airbase {one.entry}", [])
            if not found:
                lost.append(f"payment {one.entry}")
                continue
            if len(found) > 1:
                doubled.append(f"payment {one.entry}: {len(found)} times")
            payment, entry = found[0], entries[one.entry]
            lines = {x["invoiceRefNbr"]: Decimal(str(x["amountPaid"])) for x in payment["paymentLines"]}
            amount = Decimal(str(payment["paymentAmount"]))
            if not payment["released"] or amount != one.amount or lines != dict(one.paid):
                wrong.append(f"payment {payment['refNbr']} of {amount} instead of {one.amount}")
            if (entry["status"], entry["erp_reference_id"]) != ("sync_complete", payment["refNbr"]):
                wrong.append(f"entry {one.entry} is {entry['status']} under {entry['erp_reference_id']}")
            for number, part in one.paid:
                left[number] = left.get(number, Decimal(0)) + part
        for invoice in self._rows("visma", "supplierInvoice"):
            paid = left.get(invoice["referenceNumber"]) if invoice["documentType"] == "Invoice" else None
            balance, amount = Decimal(str(invoice["balanceInCurrency"])), Decimal(str(invoice["amount"]))
            if paid is not None and balance != amount - paid:
                wrong.append(f"of invoice {invoice['referenceNumber']} {balance} is open instead of {amount - paid}")
        return lost, doubled, wrong

    def _rows(self, system: str, entity: str) -> list[dict[str, Any]]:
        rows = self.simulators.rows(system, entity)
        return [row["body"] for row in rows if row["key"].startswith(f"{COMPANY}/")]


def _billed(invoice: dict[str, Any]) -> Any:
    """What Airbase may pay of an invoice: those of the month are paid there alone, of others a part was paid before."""
    is_of_the_month = invoice["supplierReference"].startswith("M")
    return invoice["balanceInCurrency"] if invoice["status"] == "Open" and not is_of_the_month else invoice["amount"]


def tenant_entry(month: Month) -> dict[str, Any]:
    """The demo's tenant with Airbase and Basware, and the flows of bills, intake and payments."""
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    entry: dict[str, Any] = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == TENANT)
    entry["connections"] = [c for c in entry["connections"] if c["system"] in ("visma", "airbase", "basware")]
    entry["integrations"] = [i for i in entry["integrations"] if i["key"] in FLOWS]
    for integration in entry["integrations"]:
        integration["flows"] = {key: {} for key in FLOWS[integration["key"]]}
    entry["trading_partners"] = []
    entry.pop("agreement_defaults", None)
    for connection in entry["connections"]:
        if connection["system"] == "visma":
            connection["settings"]["calls_per_hour"] = month.calls_an_hour
        if connection["system"] == "basware":
            connection["settings"]["calls_per_minute"] = 100_000
    return entry
