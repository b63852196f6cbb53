"""Whose interchange it is: trading partner and agreement by the ids of its envelopes, and whether test and live fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edi.documents.edifact import MESSAGES
from edi.edifact import segments as edifact
from edi.models import Agreement, Direction, Network, Stream, TradingPartner, TransactionSet
from edi.services.texts import storable
from edi.x12 import segments as x12
from edi.x12.acknowledge import AcknowledgmentOptions
from edi.x12.guides import Guide, GuideError

ACKNOWLEDGMENTS = frozenset({"997", "999", "CONTRL"})
"""Sets that answer what we sent: they need a known sender, but no agreement of their own."""

ADVICE = frozenset({"824"})
"""Sets that say what became of what we sent once it was understood. They too need no agreement of their own, and go to
a flow of theirs."""

STREAMS = {"P": Stream.LIVE, "T": Stream.TEST}
"""By ISA15. Anything else (I, or nothing) is neither, and is held."""

EDIFACT_STREAMS = {"": Stream.LIVE, "1": Stream.TEST}
"""By UNB 0035. Anything else (a test of syntax, an echo) is neither, and is held."""

X12, EDIFACT = Agreement.Standard.X12, Agreement.Standard.EDIFACT

Intake = TransactionSet.Intake

ANY = "*"
"""A qualifier that fits all."""

_LONGEST_ID = 35
"""UNB ids have up to 35 characters. ISA ids have 15; some senders write longer ones."""

_LONGEST_ROUTE = 100


@dataclass(frozen=True, slots=True)
class Ends:
    """Who sends an interchange, and to whom. Qualifiers may be ANY, where the network names ids alone."""

    sender_qualifier: str
    sender_id: str
    receiver_qualifier: str
    receiver_id: str
    standard: str = X12

    @property
    def route(self) -> str:
        """Sender and receiver as one text: control numbers count along it, in each standard by themselves."""
        sender, receiver = (
            name if qualifier == ANY or not (qualifier or self.standard == X12) else f"{qualifier}:{name}"
            for qualifier, name in (
                (self.sender_qualifier, self.sender_id),
                (self.receiver_qualifier, self.receiver_id),
            )
        )
        before = f"{EDIFACT} " if self.standard == EDIFACT else ""
        return f"{before}{sender}/{receiver}"[:_LONGEST_ROUTE]

    def reversed(self) -> Ends:
        """The way back."""
        return Ends(
            self.receiver_qualifier, self.receiver_id, self.sender_qualifier, self.sender_id, standard=self.standard
        )


def ends_of(interchange: x12.Interchange) -> Ends:
    """From ISA05 to ISA08."""
    isa = interchange.isa
    values = [isa.get(element).strip() if isa is not None else "" for element in (5, 6, 7, 8)]
    return Ends(*(storable(value, _LONGEST_ID) for value in values))


def edifact_ends_of(interchange: edifact.Interchange) -> Ends:
    """From UNB 0004 to 0007."""
    (sender, sender_qualifier), (receiver, receiver_qualifier) = interchange.sender, interchange.receiver
    return Ends(
        storable(sender_qualifier, _LONGEST_ID),
        storable(sender, _LONGEST_ID),
        storable(receiver_qualifier, _LONGEST_ID),
        storable(receiver, _LONGEST_ID),
        standard=EDIFACT,
    )


def ends_agreed(agreement: Agreement) -> Ends:
    """Between whom the agreement's documents go."""
    return Ends(
        agreement.sender_qualifier,
        agreement.sender_id,
        agreement.receiver_qualifier,
        agreement.receiver_id,
        standard=agreement.standard,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """How an interchange says whether it is test or live."""

    stream: Stream | None
    as_it_stands: str
    """As "ISA15 T"; "" where the network says it."""
    fault: str = ""
    """Why nobody can tell which it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What is known about a received set before it is checked."""

    intake: TransactionSet.Intake
    """TAKEN, or why it is held."""
    agreement: Agreement | None = None
    partner: TradingPartner | None = None
    guide: Guide | None = None
    options: AcknowledgmentOptions = field(default_factory=AcknowledgmentOptions)
    sentence: str = ""
    """Why it is held, and what to do."""


class Directory:
    """The agreements of one network, looked up once for each pair of ids."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._known: dict[Ends, list[Agreement]] = {}
        self._resolved: dict[tuple[Ends, str, tuple[str, str], str], Resolution] = {}

    def agreements(self, ends: Ends, direction: str) -> list[Agreement]:
        """Active agreements on a route. For `out` the ends are still those of what comes in."""
        return [a for a in self._on(ends) if a.direction == direction]

    def any_agreement(self, ends: Ends, stream: str) -> Agreement | None:
        """An agreement on the route for this stream, to answer by: one for what comes in before one for what goes
        out."""
        fitting = [a for a in self._on(ends) if a.stream == stream]
        return min(fitting, key=lambda a: (a.direction != Direction.IN, a.pk), default=None)

    def resolve(self, interchange: x12.Interchange, group: x12.FunctionalGroup, set_id: str) -> Resolution:
        """Partner and agreement of a set, by ISA and GS ids, its type and ISA15."""
        ends, usage = ends_of(interchange), _usage(interchange)
        gs = group.gs
        ids = (gs.get(2).strip(), gs.get(3).strip()) if gs is not None else ("", "")
        key = (ends, usage, ids, set_id)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(ends, set_id, marked=_marked_in_x12(usage), ids=ids)
        return self._resolved[key]

    def resolve_edifact(self, interchange: edifact.Interchange, message: edifact.Message) -> Resolution:
        """Partner and agreement of a message, by UNB ids, its type and UNB 0035."""
        ends, test = edifact_ends_of(interchange), interchange.test
        key = (ends, test, ("", ""), message.type)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(ends, message.type, marked=_marked_in_edifact(test), ids=None)
        return self._resolved[key]

    def resolve_message(self, sender_id: str, receiver_id: str, set_id: str, *, stream: str) -> Resolution:
        """Partner and agreement of a document that the network handed over without an envelope of the partner's."""
        known = next((one for one in Stream if one == stream), None)
        marked = _Marked(stream=known, as_it_stands="", fault="The network does not say whether it is test or live")
        return self._resolve(Ends(ANY, sender_id, ANY, receiver_id), set_id, marked=marked, ids=None)

    def _on(self, ends: Ends) -> list[Agreement]:
        if ends not in self._known:
            back = ends.reversed()
            inbound = _of(self.network, Direction.IN, ends)
            self._known[ends] = [*inbound, *_of(self.network, Direction.OUT, back)]
        return self._known[ends]

    def _resolve(self, ends: Ends, set_id: str, *, marked: _Marked, ids: tuple[str, str] | None) -> Resolution:
        partner, stream = _only_partner(self._on(ends)), marked.stream
        document_type = MESSAGES[set_id].document_type if set_id in MESSAGES else set_id
        if partner is None and not self._on(ends):
            return _held(Intake.UNAGREED, self._stranger(ends))
        if stream is None:
            sentence = f"{marked.fault}: it was not processed. Ask the sender which it is."
            return _held(Intake.QUARANTINED, sentence, partner)
        if set_id in ACKNOWLEDGMENTS | ADVICE:
            return Resolution(intake=Intake.TAKEN, partner=partner)
        typed = [
            a
            for a in self.agreements(ends, Direction.IN)
            if a.document_type == document_type and (ids is None or _fits_group(a, ids))
        ]
        found = _narrowed([a for a in typed if a.stream == stream])
        if len(found) == 1:
            return _by_agreement(found[0])
        if found:
            names = " and ".join(sorted({str(a.partner) for a in found}))
            return _held(
                Intake.UNAGREED, f"The ids {ends.route} are those of {names}: correct their agreements.", partner
            )
        if typed:
            other, mark = typed[0], f" ({marked.as_it_stands})" if marked.as_it_stands else ""
            return _held(
                Intake.QUARANTINED,
                f"It is marked {stream}{mark}, but {set_id} is agreed with {other.partner} for "
                f"{other.stream} only: it was not processed. Ask the sender, or agree on {stream} as well.",
                other.partner,
            )
        whom = partner or f"the sender {ends.route.partition('/')[0]}"
        return _held(
            Intake.UNAGREED,
            f"There is no agreement with {whom} about receiving {set_id or 'sets without an id'} over {self.network}. "
            "Add one and receive the interchange again, or tell the sender.",
            partner,
        )

    def _stranger(self, ends: Ends) -> str:
        sentence = f"Nobody with the ids {ends.route} is known on {self.network}."
        near = Agreement.objects.filter(
            network=self.network,
            active=True,
            direction=Direction.IN,
            sender_id=ends.sender_id,
            standard=ends.standard,
        ).select_related("partner")[:1]
        for agreement in near:
            sentence += f" {agreement.partner} is agreed as {ends_agreed(agreement).route}."
        return sentence + " Correct the ids of the agreement, or add one, and receive the interchange again."


def _of(network: Network, direction: str, ends: Ends) -> list[Agreement]:
    rows = Agreement.objects.filter(
        network=network,
        active=True,
        direction=direction,
        sender_id=ends.sender_id,
        receiver_id=ends.receiver_id,
        standard=ends.standard,
    )
    if ends.sender_qualifier != ANY:
        rows = rows.filter(sender_qualifier=ends.sender_qualifier)
    if ends.receiver_qualifier != ANY:
        rows = rows.filter(receiver_qualifier=ends.receiver_qualifier)
    return list(rows.select_related("partner", "network").order_by("pk"))


def _usage(interchange: x12.Interchange) -> str:
    return interchange.isa.get(15).strip() if interchange.isa is not None else ""


def _marked_in_x12(usage: str) -> _Marked:
    fault = f"ISA15 is {usage!r}, neither P nor T" if usage else "ISA15 does not say whether it is test or live"
    return _Marked(stream=STREAMS.get(usage), as_it_stands=f"ISA15 {usage}", fault=fault)


def _marked_in_edifact(test: str) -> _Marked:
    said = f"UNB 0035 {test}" if test else "no UNB 0035"
    fault = f"UNB 0035 is {test!r}, neither 1 (test) nor left out"
    return _Marked(stream=EDIFACT_STREAMS.get(test), as_it_stands=said, fault=fault)


def _only_partner(agreements: Sequence[Agreement]) -> TradingPartner | None:
    partners = {a.partner_id: a.partner for a in agreements}
    return next(iter(partners.values())) if len(partners) == 1 else None


def _fits_group(agreement: Agreement, ids: tuple[str, str]) -> bool:
    wanted = (agreement.group_sender_id, agreement.group_receiver_id)
    return all(not want or want == have for want, have in zip(wanted, ids, strict=True))


def _narrowed(agreements: list[Agreement]) -> list[Agreement]:
    """Those that name the group's ids, before those that take any."""
    if len(agreements) < 2:
        return agreements
    named = max(bool(a.group_sender_id) + bool(a.group_receiver_id) for a in agreements)
    return [a for a in agreements if bool(a.group_sender_id) + bool(a.group_receiver_id) == named]


def _held(intake: TransactionSet.Intake, sentence: str, partner: TradingPartner | None = None) -> Resolution:
    return Resolution(intake=intake, partner=partner, sentence=sentence)


def _by_agreement(agreement: Agreement) -> Resolution:
    try:
        guide, options = agreement.partner_guide(), agreement.acknowledgment_options()
    except (GuideError, ValueError) as error:
        sentence = f"The agreement '{agreement}' cannot be used: {error} Correct it and receive the interchange again."
        return _held(Intake.UNAGREED, sentence, agreement.partner)
    return Resolution(intake=Intake.TAKEN, agreement=agreement, partner=agreement.partner, guide=guide, options=options)
