"""Suppliers of Visma.net ERP ↔ trading partners of Cleo.

Each field has one master. The books tell Cleo the fields that they are right on, and no other, so that a change that
came from there is not said back. What Cleo is right on is checked and written to Visma on the version that was read; a
field that was changed on both sides is left to a person, with both values. So is one that differs when Cleo states it
for the first time, at whatever reading: which of two old values is right, no setting can know. What Visma has not is
filled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
from django.db.models import QuerySet

from edi.documents.values import Address, digest
from edi.models import Agreement, Direction, PartnerNumber, TradingPartner
from integrations.documents import PartnerData, Supplier
from integrations.flows import pair_settings, partner_checks
from integrations.flows.contract import Captured, Decision, FlowSpec, Frozen, Job, Nothing, Prepared, Send, Take
from integrations.flows.edi_in import received
from integrations.flows.edi_in.received import network_of
from integrations.flows.pair_settings import EdiSettings
from integrations.flows.status import choices_of
from integrations.models import Delivery, Record, State
from integrations.systems.cleo import partner_data
from integrations.systems.cleo.mapping import safe
from integrations.systems.cleo.partner_source import FROM_FILE
from integrations.systems.cleo.settings import Options as CleoOptions
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import commands
from integrations.systems.visma import mapping as visma
from integrations.systems.visma.commands import SupplierBase, UpdateSupplier
from integrations.systems.visma.sinks.suppliers import same

EVERY = dt.timedelta(minutes=10)
WORDS = {
    "name": "name",
    "address": "address",
    "vat_number": "VAT number",
    "organisation_number": "organisation number",
}
FOLDER = Setting(
    name="folder",
    label="Folder for partner files",
    default="{parent}/partners",
    help="Where supplier data goes with files: {parent} is the folder above that of the trading partner's documents, "
    "{key} and {id} name the trading partner.",
)
REQUIRED = Setting(
    name="required",
    label="Fields that may not be empty",
    kind="choices",
    choices=choices_of(("name", "street", "postal_code", "city", "country", "vat_number", "organisation_number")),
    default=["name", "street", "postal_code", "city", "country"],
    help="What Cleo leaves empty of these is not taken over.",
)
KNOWN_STATES = (State.DELIVERED, State.NO_EFFECT, State.DISMISSED)
"""States of a delivery after which its record was told, compared, or judged by a person."""
LOOKED_BACK = 50
"""Records among which a person's decision is looked for."""


# --- Out: suppliers → trading partners


def tell(job: Job) -> Prepared:
    """What the books are right on, for the trading partner's record in Cleo. Raises Unmappable."""
    settings = pair_settings.read(job.flow.integration.settings)
    supplier = visma.supplier(job.raw)
    agreement = _agreement(job, supplier.number, settings)
    if agreement is None:
        return Nothing(f"Not on this network: supplier {supplier.number} has no {settings.stream} agreement here.")
    data = told(supplier, key=agreement.receiver_id, settings=settings)
    said = digest(data)
    if job.last is not None and job.last.digest == said and not job.forced_purpose:
        return Nothing("Nothing that Cleo is told has changed.")
    body, folder = partner_data.to_file(data), _folder(job, agreement)
    meta = {"folder": folder, "aliases": [agreement.partner.name, agreement.partner.key]}

    def freeze(now: dt.datetime) -> Frozen:
        name = f"partner_{safe(data.key)}_{now:%Y%m%dT%H%M%S}_{said[:12]}.json"
        return Frozen(body=body, meta={**meta, "name": name})

    purpose = "original" if job.last is None else "replace"
    return Send(digest=said, purpose=purpose, document=data, freeze=freeze, preview=lambda: body)


def told(supplier: Supplier, *, key: str, settings: EdiSettings) -> PartnerData:
    """The fields of which the books are the master, and always number and status."""
    ours = set(settings.supplier_masters.of("visma"))
    return PartnerData(
        key=key,
        supplier_number=supplier.number,
        name=supplier.name if "name" in ours else None,
        address=(supplier.address or Address()) if "address" in ours else None,
        vat_number=supplier.vat_number if "vat_number" in ours else None,
        organisation_number=supplier.organisation_number if "organisation_number" in ours else None,
        status=supplier.status,
    )


def _agreement(job: Job, number: str, settings: EdiSettings) -> Agreement | None:
    """One by which documents go to the supplier over this network."""
    network = network_of(job)
    rows = Agreement.objects.filter(
        network=network,
        direction=Direction.OUT,
        stream=settings.stream,
        active=True,
        partner__numbers__company=_company(job),
        partner__numbers__entity="supplier",
        partner__numbers__number=number,
    )
    return rows.select_related("partner").order_by("document_type", "pk").first()


def _folder(job: Job, agreement: Agreement) -> str:
    template = str((job.flow.settings or {}).get("folder", FOLDER.default))
    theirs = str((agreement.settings or {}).get("folder", "")).replace("\\", "/").rstrip("/")
    try:
        return template.format(parent=theirs.rpartition("/")[0], key=agreement.partner.key, id=agreement.receiver_id)
    except (KeyError, IndexError, ValueError) as error:
        raise Unmappable(
            f"The template '{template}' names no folder: it may hold {{parent}}, {{key}} and {{id}}.",
            remedy="Correct 'Folder for partner files' in the flow's settings.",
            field="folder",
        ) from error


# --- In: trading partners → suppliers


def take_over(job: Job) -> Prepared:
    """What Cleo is right on and says otherwise than the books, as a change of the supplier. Raises Unmappable for what
    cannot be true."""
    settings = pair_settings.read(job.flow.integration.settings)
    data = _stated(job, job.raw)
    number = _supplier_number(job, data)
    if not number:
        return Nothing(f"Cleo's {data.key or 'entry'} is no supplier of company {_company(job)}.")
    theirs = [f for f in settings.supplier_masters.of("network") if getattr(data, f) is not None]
    books = _in_the_books(job, number)
    before = None if job.forced_purpose else _before(job)  # a person who forces it has decided whose value counts
    news = [f for f in theirs if books is None or not same(getattr(data, f), _booked(books, f))]
    if news and not job.forced_purpose:
        kept = _kept(job, data)
        news = [f for f in news if f not in kept]
    note = _not_ours(data, before, books, settings)
    if not news:
        return note or Nothing(f"Cleo says nothing of supplier {number} that Visma.net does not say.")
    _check(job, data, news, number, books)
    known = {} if job.forced_purpose else _known(job, news, books)
    command = UpdateSupplier(
        number=number,
        base=SupplierBase(**known) if known else None,
        first_seen=() if job.forced_purpose else tuple(f for f in news if known.get(f) is None),
        **{f: _written(data, f, books) for f in news},
    )
    body = commands.encode(command)
    return Send(
        digest=digest(data),
        purpose="change",
        document=data,
        changes=(*(f"{WORDS[f]}: Cleo is right on it" for f in news), *([note.reason] if note else [])),
        freeze=lambda now: Frozen(body=body, meta={"supplier": number, "fields": news}),
        preview=lambda: body,
    )


def _stated(job: Job, raw: bytes) -> PartnerData:
    """What a record of the feed states. Raises Unmappable."""
    if job.lane.startswith(f"trading-partner:{FROM_FILE}"):
        return partner_data.from_file(raw)
    options = CleoOptions.of(job.flow.integration.partner)
    try:
        connection = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unmappable(f"A connection of Cleo cannot be read: {error}.") from error
    return partner_data.from_connection(connection, options.partner_fields, key_path=options.partner_key)


def _supplier_number(job: Job, data: PartnerData) -> str:
    """The supplier by the agreements: its trading partner has this key, name or id. A number that Cleo states must be
    the same. Raises Unmappable when it is not, and when several are meant."""
    network, name = network_of(job), data.key.casefold()
    rows = Agreement.objects.filter(network=network, active=True).select_related("partner")
    found: dict[int, TradingPartner] = {}
    for row in rows:
        theirs = row.receiver_id if row.direction == Direction.OUT else row.sender_id
        if name and name in (theirs.casefold(), row.partner.key.casefold(), row.partner.name.casefold()):
            found[row.partner_id] = row.partner
    if len(found) > 1:
        raise Unmappable(
            f"Cleo's {data.key} may be {' or '.join(sorted(p.key for p in found.values()))}.",
            remedy="Give each trading partner a name of its own.",
        )
    number = received.number_of(next(iter(found.values()), None), company=_company(job), entity="supplier")
    if number and data.supplier_number and not _is_number_of(next(iter(found.values())), data.supplier_number):
        raise Unmappable(
            f"Cleo calls {data.key} supplier {data.supplier_number}; here it is supplier {number}.",
            remedy="Correct the number at Cleo, or that of the trading partner here.",
        )
    return number


def _is_number_of(partner: TradingPartner, number: str) -> bool:
    """Whether some company of ours knows the trading partner by this number: several may tell Cleo theirs."""
    return PartnerNumber.objects.filter(partner=partner, entity="supplier", number=number).exists()


def _in_the_books(job: Job, number: str) -> Supplier | None:
    """The supplier as it was last read from the books, None when it was not read yet."""
    books = job.flow.integration.books
    row = (
        Record.objects.filter(feed__connection=books, feed__key="suppliers", source_id=number, is_newest=True)
        .select_related("payload")
        .first()
    )
    if row is None or row.problem or row.payload.data is None:
        return None
    return visma.supplier(bytes(row.payload.data))


def _before(job: Job) -> PartnerData | None:
    """What Cleo said before, and what both sides knew: the record before this one that was dealt with."""
    row = _dealt_with(job).first()
    return _said(job, row) if row is not None else None


def _kept(job: Job, data: PartnerData) -> set[str]:
    """The fields of which Cleo says what it said when a person decided against it, and nothing else since: the
    decision stands, whatever else changes."""
    if not _dealt_with(job).filter(state=State.DISMISSED).exists():
        return set()
    kept: set[str] = set()
    unchanged = {f for f in WORDS if getattr(data, f) is not None}
    for row in _dealt_with(job)[:LOOKED_BACK]:
        said = _said(job, row)
        unchanged = {f for f in unchanged if said is not None and same(getattr(said, f), getattr(data, f))}
        if row.state == State.DISMISSED:
            kept |= unchanged
        if not unchanged - kept:
            break
    return kept


def _dealt_with(job: Job) -> QuerySet[Delivery]:
    """The deliveries of the trading partner that are over, the newest first."""
    rows = Delivery.objects.filter(
        integration=job.flow.integration, flow=job.flow, lane=job.lane, state__in=KNOWN_STATES
    ).exclude(record__problem__gt="")
    return rows.select_related("record__payload").order_by("-pk")


def _said(job: Job, row: Delivery) -> PartnerData | None:
    """What Cleo said then; None when that cannot be told any more."""
    if row.record.payload.data is None:
        return None
    try:
        return _stated(job, bytes(row.record.payload.data))
    except Unmappable:
        return None


def _not_ours(
    data: PartnerData, before: PartnerData | None, books: Supplier | None, settings: EdiSettings
) -> Nothing | None:
    """The word to people, when Cleo changed a field of which the books are the master."""
    if books is None or before is None:
        return None
    wrong = [
        f
        for f in settings.supplier_masters.of("visma")
        if getattr(data, f) is not None
        and not same(getattr(data, f), getattr(before, f))
        and not same(getattr(data, f), _booked(books, f))
    ]
    if not wrong:
        return None
    said = "; ".join(
        f"its {WORDS[f]} is “{_words(getattr(data, f))}” at Cleo and “{_words(_booked(books, f))}” in Visma.net"
        for f in wrong
    )
    return Nothing(
        f"Supplier {books.number} was changed at Cleo, where Visma.net is right: {said}.",
        issue=True,
        remedy="Decide which value is right: correct it at Cleo, or enter it in Visma.net, from where Cleo is told. "
        "Which side is right on a field stands in the integration's settings (supplier_masters).",
    )


def _check(job: Job, data: PartnerData, news: list[str], number: str, books: Supplier | None) -> None:
    """Raises Unmappable for values that cannot be true."""
    country = books.address.country if books is not None and books.address is not None else ""
    required = (job.flow.settings or {}).get("required", REQUIRED.default)
    found = partner_checks.problems(data, fields=news, country=country, required=required)
    if found:
        raise Unmappable(
            f"What Cleo says of supplier {number} is not taken over: {'; '.join(found)}.",
            remedy="Correct it at Cleo; the corrected values are read by themselves. If it is right as it is, enter it "
            "in Visma.net and dismiss this.",
        )


def _known(job: Job, fields: list[str], books: Supplier | None) -> dict[str, Any]:
    """What both sides had of each field, in the books' own words where they say the same. Of a field that Cleo did not
    state before nothing was known, whatever else it said of the supplier."""
    known: dict[str, Any] = {}
    for row in _dealt_with(job)[:LOOKED_BACK]:
        unknown = [f for f in fields if f not in known]
        if not unknown:
            break
        said = _said(job, row)
        known |= {f: getattr(said, f) for f in unknown if said is not None and getattr(said, f) is not None}
    if books is None:
        return known
    return {f: _booked(books, f) if same(value, _booked(books, f)) else value for f, value in known.items()}


def _written(data: PartnerData, field: str, books: Supplier | None) -> Any:
    """The value as it goes to the books. A region that only the books know stays."""
    value = getattr(data, field)
    if isinstance(value, Address) and not value.region and books is not None and books.address is not None:
        return msgspec.structs.replace(value, region=books.address.region)
    return value


def _booked(supplier: Supplier, field: str) -> Any:
    return getattr(supplier, field)


def _words(value: Any) -> str:
    if isinstance(value, Address):
        place = f"{value.postal_code} {value.city}".strip()
        return ", ".join(part for part in (*value.lines, place, value.country) if part)
    return str(value or "")


def _company(job: Job) -> str:
    return str((job.flow.integration.books.settings or {}).get("company_id", ""))


def _accept_all(record: Captured, settings: Mapping[str, Any]) -> Decision:
    return Take("send")


FLOWS = (
    FlowSpec(
        pair="visma-cleo",
        key="suppliers",
        label="Suppliers → trading partners",
        entity="supplier",
        source="books",
        feed="suppliers",
        sink="trading-partners",
        rank=20,
        settings=(FOLDER,),
        accepts=_accept_all,
        lane=lambda record: f"supplier:{record.source_id}",
        prepare=tell,
    ),
    FlowSpec(
        pair="visma-cleo",
        key="trading-partners",
        label="Trading partners → suppliers",
        entity="trading-partner",
        source="partner",
        feed="trading-partners",
        sink="suppliers",
        rank=20,
        one_to_one=False,
        interval=EVERY,
        settings=(REQUIRED,),
        accepts=_accept_all,
        lane=lambda record: f"trading-partner:{record.source_id}",
        prepare=take_over,
    ),
)
