"""Codes of the company that writes are checked against: accounts, segments, cash accounts, ways of payment, branches.

A wrong code in a request gives an error that names neither document nor field, or none at all. So codes are looked up
first, once a session.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from integrations.http.errors import Rejected
from integrations.http.session import Session
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import VismaClient

SUBACCOUNT = "SUBACCOUNT"
"""Visma's key of the dimension whose segments are cost centre, department and the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What exists and is active. Values as Visma writes them."""

    accounts: frozenset[str]
    segments: dict[int, frozenset[str]]
    cash_accounts: dict[str, str]
    """Number to currency."""
    payment_methods: frozenset[str]


_known: WeakKeyDictionary[Session, Codes] = WeakKeyDictionary()


def codes_of(client: VismaClient, session: Session) -> Codes:
    """The company's codes; four reads, remembered as long as the session lives. Raises Fault."""
    if session not in _known:
        _known[session] = _read(client)
    return _known[session]


def _read(client: VismaClient) -> Codes:
    accounts = client.decode(client.get("v1/account"), tuple[wire.Account, ...])
    dimension: wire.Dimension = client.decode(
        client.get(f"v1/dimension/{SUBACCOUNT}", params={"expandSegmentsValues": "true"}), wire.Dimension
    )
    cash = client.decode(client.get("v1/cashaccount"), tuple[wire.CashAccount, ...])
    methods = client.decode(client.get("v1/paymentmethod"), tuple[wire.PaymentMethod, ...])
    return Codes(
        accounts=frozenset((a.account_cd or "").strip() for a in accounts if a.active is not False),
        segments={
            s.segment_id: frozenset((v.value_id or "").strip() for v in s.segment_values or () if v.active is not False)
            for s in dimension.segments or ()
            if s.segment_id is not None
        },
        cash_accounts={(c.number or "").strip(): (c.currency or "").strip() for c in cash},
        payment_methods=frozenset(
            (m.payment_method_id or "").strip() for m in methods if m.active is not False and m.use_in_ap is not False
        ),
    )


_branches: WeakKeyDictionary[Session, frozenset[str]] = WeakKeyDictionary()


def wrong_branch(client: VismaClient, session: Session, branch: str) -> list[str]:
    """What is wrong with a branch that a document names, in words; [] where it names none, or one that is active. Read
    once a session, and only where one is named. Raises Fault."""
    if not branch:
        return []
    if session not in _branches:
        rows = client.decode(client.get("v1/branch"), tuple[wire.Branch, ...])
        _branches[session] = frozenset((b.number or "").strip() for b in rows if b.is_active is not False)
    known = _branches[session]
    return [] if branch in known else [f"branch {branch} does not exist or is not active"]


def must_have(problems: Iterable[str], *, what: str, remedy: str) -> None:
    """Raises Rejected naming every code that is wrong; nothing when there is none."""
    found = list(problems)
    if found:
        raise Rejected(f"{what}: {'; '.join(found)}.", remedy=remedy)
