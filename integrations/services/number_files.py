"""The numbers by which the books know trading partners, all at once: as a file for a spreadsheet, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from edi.models import PartnerNumber, TradingPartner
from integrations.services import unmapped
from portal.audit import trail
from portal.common import spreadsheets
from portal.tenants.models import Tenant, User

COLUMNS = ("partner", "name", "company", "kind", "number")
NEEDED = ("partner", "kind", "number")
MOST_BYTES = 2_000_000
MOST_LINES = 20_000
MOST_SAID = 20
LONGEST = 60
"""Characters of a number."""
Known = tuple[str, str, str]
"""Company, supplier or customer, and number: what one trading partner at most is known by."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a line of the file changes."""

    kind: Literal["added", "moved", "removed"]
    known: Known
    before: str = ""
    """Name of the partner that has the number now."""
    after: str = ""
    partner: int = 0
    """Id of the partner that gets it, or loses it to nobody."""

    @property
    def number(self) -> str:
        """As people say it."""
        company, entity, number = self.known
        return f"{PartnerNumber.Entity(entity).label} {number} of company {company}"

    @property
    def sentence(self) -> str:
        match self.kind:
            case "added":
                return f"{self.number} is {self.after} from now on."
            case "moved":
                return f"{self.number} is {self.after} from now on, and {self.before} no longer."
            case _:
                return f"{self.number} is {self.before} no longer, and nobody."


@dataclass(slots=True)
class Plan:
    """What a file would change, and what is wrong with it."""

    steps: list[Step] = field(default_factory=list)
    same: int = 0
    """Lines that say what is so already."""
    problems: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Another one when the file, or what it meets, is another."""
        return hashlib.sha256("\n".join(map(repr, self.steps)).encode()).hexdigest()


def written(tenant: Tenant) -> str:
    """All numbers of the tenant's trading partners; a partner without one has a line to be filled in."""
    numbers = PartnerNumber.objects.filter(tenant=tenant).select_related("partner")
    rows = [(n.partner.key, n.partner.name, n.company, n.entity, n.number) for n in numbers]
    bare = TradingPartner.objects.filter(tenant=tenant, numbers=None)
    companies = unmapped.companies(tenant)
    only = companies[0][0] if len(companies) == 1 else ""
    rows += [(one.key, one.name, only, "supplier", "") for one in bare]
    return spreadsheets.written(COLUMNS, sorted(rows))


def plan(tenant: Tenant, data: bytes) -> Plan:
    """What the file would change. It only adds and moves what it names; a line without a partner takes its number away
    from whoever has it, and one without a number says nothing."""
    found = Plan()
    partners = {one.key: one for one in TradingPartner.objects.filter(tenant=tenant)}
    holders = {
        (n.company, n.entity, n.number): n.partner
        for n in PartnerNumber.objects.filter(tenant=tenant).select_related("partner")
    }
    companies = [company for company, _ in unmapped.companies(tenant)]
    seen: dict[Known, int] = {}
    try:
        for line, cells in _lines(data):
            if not cells["number"]:
                continue
            try:
                known = _known(cells, companies)
                if known in seen:
                    raise ValueError(f"its number stands in line {seen[known]} too.")
                seen[known] = line
                step = _step(known, cells["partner"], partners, holders)
            except ValueError as error:
                found.problems.append(f"Line {line}: {error}")
                continue
            if step is None:
                found.same += 1
            else:
                found.steps.append(step)
    except spreadsheets.NoTable as error:
        found.problems.append(str(error))
    if not (found.steps or found.same or found.problems):
        found.problems.append("The file names no number.")
    if len(found.problems) > MOST_SAID:
        found.problems[MOST_SAID:] = [f"… and {len(found.problems) - MOST_SAID} more lines."]
    return found


def take(tenant: Tenant, data: bytes, *, seen: str, actor: User) -> Plan:
    """Does what `plan` said, all of it or nothing, with a line in the activity for each. `seen`: the digest of the plan
    that the person saw. Raises ValidationError when it would be another one now, or the file has a mistake."""
    with transaction.atomic():
        Tenant.objects.select_for_update().get(pk=tenant.pk)  # two who change numbers do so one after the other
        found = plan(tenant, data)
        if found.problems:
            raise ValidationError(found.problems)
        if found.digest != seen:
            raise ValidationError(_("Something was changed meanwhile. Look at what the file would change now."))
        for step in found.steps:
            _take(tenant, step, actor)
    return found


def _take(tenant: Tenant, step: Step, actor: User) -> None:
    company, entity, number = step.known
    rows = PartnerNumber.objects.filter(tenant=tenant, company=company, entity=entity, number=number)
    if step.kind == "removed":
        rows.delete()
    elif step.kind == "moved":
        rows.update(partner=step.partner)
    else:
        row = PartnerNumber(tenant=tenant, partner_id=step.partner, company=company, entity=entity, number=number)
        row.full_clean(exclude=["tenant"])
        row.save()
    trail.record(
        trail.event(
            tenant.pk,
            "trading_partner.unlinked" if step.kind == "removed" else "trading_partner.linked",
            step.sentence,
            object_type="tradingpartner",
            object_id=step.partner,
            actor=actor,
            details={"company": company, "entity": entity, "number": number},
        )
    )


def _lines(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Number of each line, and its cells by column. Raises NoTable."""
    lines = spreadsheets.read(data, most_bytes=MOST_BYTES)
    header = [name.strip().lower() for name in next(lines, (1, []))[1]]
    missing = [name for name in NEEDED if name not in header]
    if missing or len(set(header)) < len(header):
        raise spreadsheets.NoTable(
            f"Line 1: the columns {', '.join(COLUMNS)} are expected, each once (name and company may be missing)."
        )
    for count, (number, cells) in enumerate(lines):
        if count >= MOST_LINES:
            raise spreadsheets.NoTable(f"Line {number}: at most {MOST_LINES:,} lines are read at once.")
        named = dict(zip(header, (spreadsheets.plain(cell) for cell in cells), strict=False))
        yield number, {name: named.get(name, "") for name in COLUMNS}


def _known(cells: dict[str, str], companies: list[str]) -> Known:
    """Raises ValueError with what is wrong."""
    company = cells["company"] or (companies[0] if len(companies) == 1 else "")
    if company not in companies:
        raise ValueError(
            f"company is {company or 'empty'}, and has to be one of: {', '.join(companies) or 'none yet'}."
        )
    entity = cells["kind"].lower()
    if entity not in PartnerNumber.Entity.values:
        raise ValueError(f"kind is {entity or 'empty'}, and has to be supplier or customer.")
    if len(cells["number"]) > LONGEST:
        raise ValueError(f"number is longer than {LONGEST} characters.")
    return company, entity, cells["number"]


def _step(
    known: Known, key: str, partners: dict[str, TradingPartner], holders: dict[Known, TradingPartner]
) -> Step | None:
    """None where it is so already. Raises ValueError for a partner that there is not."""
    holder = holders.get(known)
    if not key:
        return Step("removed", known, before=holder.name, partner=holder.pk) if holder is not None else None
    partner = partners.get(key)
    if partner is None:
        raise ValueError(f"there is no trading partner with the key {key}.")
    if holder is None:
        return Step("added", known, after=partner.name, partner=partner.pk)
    if holder.pk == partner.pk:
        return None
    return Step("moved", known, before=holder.name, after=partner.name, partner=partner.pk)
