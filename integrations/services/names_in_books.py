"""By which names a partner system's documents are known in the books: no two integrations of a company have the same.

A shop counts its orders from one, as every shop does. What tells the orders of two of them apart in one company of
Visma.net is the name that each external reference begins with: with the same name, one would take the other's invoice
for its own.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from integrations.models import Connection, Integration
from integrations.systems.registry import system

LONGEST = 12
"""Letters of a name that is made of a key: external references are short."""


def named(row: Connection, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a connection with its name in the books: one that was left empty stays what it is, and a new
    connection takes one that no other of the tenant has."""
    name = system(row.system).name_in_books
    if not name or values.get(name) not in ("", None):
        return values
    rest = {k: v for k, v in values.items() if k != name}
    return rest | {name: _free(row)} if row._state.adding else rest


def check_connection(row: Connection, settings: dict[str, Any]) -> None:
    """Raises ValidationError where these settings would give two integrations of one company the same name in it. What
    was so before is left: another name would be wrong for what is posted already."""
    if row._state.adding:
        return
    pairs = Integration.objects.filter(tenant_id=row.tenant_id).select_related("books", "partner")
    for one in pairs.filter(Q(books=row) | Q(partner=row)):
        before = _known_as(one)
        for side in (one.books, one.partner):
            if side.pk == row.pk:
                side.settings = settings
        if _known_as(one) != before:
            check_integration(one)


def check_integration(row: Integration) -> None:
    """Raises ValidationError where another integration writes to the same company under the same name. One that is
    switched off and reads the same shop has only handed over: its documents are the same ones."""
    wanted = _known_as(row)
    if wanted is None:
        return
    others = Integration.objects.filter(tenant_id=row.tenant_id, partner__system=row.partner.system)
    for other in others.exclude(pk=row.pk).select_related("books", "partner"):
        handed_over = not other.enabled and _address(other.partner) == _address(row.partner)
        if _known_as(other) == wanted and not handed_over:
            raise ValidationError(
                _(
                    "%(other)s writes to company %(company)s of Visma.net ERP under the name “%(name)s” "
                    "already: each of the two would take the other's documents for its own. Give "
                    "%(partner)s another name (%(label)s) before anything of it is posted."
                )
                % {
                    "other": other,
                    "company": wanted[0],
                    "name": wanted[1],
                    "partner": row.partner,
                    "label": _label(row.partner),
                }
            )


def _known_as(row: Integration) -> tuple[str, str] | None:
    """Company and name, as they are compared; None where documents are not known by such a name."""
    if not system(row.partner.system).name_in_books:
        return None
    return str((row.books.settings or {}).get("company_id", "")).strip(), _name_of(row.partner)


def _name_of(partner: Connection) -> str:
    spec = system(partner.system)
    stored = (partner.settings or {}).get(spec.name_in_books)
    return str(stored or spec.old_name_in_books).strip().casefold()


def _address(partner: Connection) -> str:
    return str((partner.settings or {}).get("base_url", "")).strip().rstrip("/").casefold()


def _label(partner: Connection) -> str:
    spec = system(partner.system)
    return next(s.label for s in spec.settings if s.name == spec.name_in_books)


def _free(row: Connection) -> str:
    """A name made of the connection's key, that no other connection of the tenant to that system has."""
    base = row.key[:LONGEST].strip("-_") or row.system
    taken = {_name_of(one) for one in Connection.objects.filter(tenant_id=row.tenant_id, system=row.system)}
    return next(n for n in (base, *(f"{base}-{i}" for i in range(2, 1000))) if n.casefold() not in taken)
