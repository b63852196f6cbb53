"""What people can choose of the company's reference data, read live: code and description of what is active."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.visma import wire_ledger as wire
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.codes import SUBACCOUNT
from integrations.systems.visma.references import PAYMENT_TERMS, TERMS_A_PAGE
from integrations.systems.visma.settings import Options

Offered = Mapping[str, tuple[tuple[str, str], ...]]


def accounts(connection: Connection, session: Session) -> Offered:
    client = _client(connection, session)
    rows = client.decode(client.get("v1/account"), tuple[wire.Account, ...])
    return {"account": _sorted((a.account_cd, a.description) for a in rows if a.active is not False)}


def vat_codes(connection: Connection, session: Session) -> Offered:
    client = _client(connection, session)
    rows = client.decode(client.get("v1/vat"), tuple[wire.Vat, ...])
    return {"vat_code": _sorted((v.vat_id, v.description) for v in rows)}


def dimensions(connection: Connection, session: Session) -> Offered:
    """Values of the subaccount's segments, as rules have them: segment=value."""
    client = _client(connection, session)
    answer = client.get(f"v1/dimension/{SUBACCOUNT}", params={"expandSegmentsValues": "true"})
    dimension: wire.Dimension = client.decode(answer, wire.Dimension)
    found = (
        (
            f"{one.segment_id}={value.value_id.strip()}",
            f"{one.description or ''}: {value.description or ''}".strip(": "),
        )
        for one in dimension.segments or ()
        for value in one.segment_values or ()
        if one.segment_id is not None and value.value_id and value.active is not False
    )
    return {"segments": _sorted(found)}


def terms(connection: Connection, session: Session) -> Offered:
    client = _client(connection, session)
    answer = client.get(PAYMENT_TERMS.path, params={"pageNumber": 1, "pageSize": TERMS_A_PAGE})
    page: wire.CreditTerms = client.decode(answer, wire.CreditTerms)
    rows = (client.decode_element(bytes(raw), wire.CreditTerm) for raw in page.records or ())
    return {"terms": _sorted((t.terms_id, t.description) for t in rows)}


def branches(connection: Connection, session: Session) -> Offered:
    client = _client(connection, session)
    rows = client.decode(client.get("v1/branch"), tuple[wire.Branch, ...])
    return {"branch": _sorted((b.number, b.name) for b in rows if b.is_active is not False)}


def _client(connection: Connection, session: Session) -> VismaClient:
    return VismaClient(session, Options.of(connection))


def _sorted(rows: Iterator[tuple[str | None, str | None]]) -> tuple[tuple[str, str], ...]:
    plain = {(code or "").strip(): (text or "").strip() for code, text in rows}
    return tuple(sorted((code, text) for code, text in plain.items() if code))
