"""What is agreed with a trading partner: how its documents are addressed, written, checked and acknowledged."""

from __future__ import annotations

from typing import Any

import msgspec
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from edi.documents.building import BuildOptions
from edi.documents.edifact import MESSAGE_OF
from edi.edifact.writer import Header
from edi.models import edifact
from edi.models.partners import Direction, Network, Stream, TradingPartner, interchange_id
from edi.x12.acknowledge import AcknowledgmentOptions
from edi.x12.charset import CharsetPolicy
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.errors import InvalidEnvelope
from edi.x12.guides import Guide, GuideError, check_guide, guide_from
from edi.x12.segments import Separators
from portal.tenants.models import TenantModel

_REPETITION_FROM = "00402"
Characters = CharsetPolicy
"""The agreement has a class of that name for its own field."""


class Agreement(TenantModel):
    """What is agreed with a trading partner for one document type in one direction."""

    class Standard(models.TextChoices):
        X12 = "X12", "X12"
        EDIFACT = "EDIFACT", "EDIFACT (D.96A)"

    class Syntax(models.TextChoices):
        UNOA = "UNOA", "UNOA: capitals, digits, few signs"
        UNOB = "UNOB", "UNOB: ASCII"
        UNOC = "UNOC", "UNOC: ISO 8859-1"
        UNOY = "UNOY", "UNOY: UTF-8"

    class DocumentType(models.TextChoices):
        ORDER = "850", "850 Purchase Order"
        ORDER_RESPONSE = "855", "855 Purchase Order Acknowledgment"
        SHIP_NOTICE = "856", "856 Ship Notice"
        ORDER_CHANGE = "860", "860 Purchase Order Change"
        CHANGE_RESPONSE = "865", "865 Purchase Order Change Acknowledgment"
        INVOICE = "810", "810 Invoice"

    class Payload(models.TextChoices):
        X12 = "x12", "X12 text"
        JSON = "json", "JSON rendering of the set"

    class Charset(models.TextChoices):
        BASIC = "basic", "X12 basic (capitals, digits, few signs)"
        EXTENDED = "extended", "X12 extended (ASCII)"
        LATIN_1 = "latin-1", "ISO 8859-1"
        UTF_8 = "utf-8", "UTF-8"

    class CharsetPolicy(models.TextChoices):
        TRANSLITERATE = "transliterate", "Write Å as A, Ø as O …"
        REJECT = "reject", "Refuse the document"

    class Versions(models.TextChoices):
        REPLACE = "replace", "Replace (05)"
        CHANGE = "change", "Change (04)"

    class SeparatorPolicy(models.TextChoices):
        REPLACE = "replace", "Replace it by a space"
        REJECT = "reject", "Refuse the document"

    class Transport(models.TextChoices):
        AS2 = "AS2", "AS2"
        SFTP = "SFTP", "SFTP"
        VAN = "VAN", "VAN"
        HTTP = "HTTP", "HTTP"

    class PartnerFormat(models.TextChoices):
        X12 = "X12", "X12"
        EDIFACT = "EDIFACT", "EDIFACT"

    class AcknowledgmentPolicy(models.TextChoices):
        ALWAYS = "always", "Always"
        ASKED = "asked", "Where the sender asks for it (EDIFACT: UNB 0031)"
        ON_ERRORS = "on_errors", "Only where something is wrong"
        NEVER = "never", "Never"

    partner = models.ForeignKey(TradingPartner, on_delete=models.CASCADE, related_name="agreements")
    document_type = models.CharField(max_length=3, choices=DocumentType)
    direction = models.CharField(max_length=3, choices=Direction)
    stream = models.CharField(max_length=4, choices=Stream, default=Stream.TEST)
    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="agreements")
    active = models.BooleanField(default=True)

    standard = models.CharField(
        max_length=7,
        choices=Standard,
        default=Standard.X12,
        help_text="In EDIFACT an 850 is ORDERS, an 855 ORDRSP, an 856 DESADV, an 860 ORDCHG, an 810 INVOIC.",
    )
    sender_qualifier = models.CharField(
        max_length=4, blank=True, default="ZZ", help_text="ISA05, or UNB 0007: 14 for a GLN, ZZZ, or none."
    )
    sender_id = models.CharField(max_length=35, validators=[interchange_id])
    receiver_qualifier = models.CharField(max_length=4, blank=True, default="ZZ")
    receiver_id = models.CharField(max_length=35, validators=[interchange_id])
    group_sender_id = models.CharField(
        max_length=15, blank=True, help_text="GS02; the interchange's sender id when empty."
    )
    group_receiver_id = models.CharField(
        max_length=15, blank=True, help_text="GS03; the interchange's receiver id when empty."
    )

    version = models.CharField(max_length=12, default="004010", help_text="GS08, as 004010 or 005010.")
    payload = models.CharField(max_length=4, choices=Payload, default=Payload.X12)
    element_separator = models.CharField(max_length=1, default="*")
    segment_terminator = models.CharField(max_length=1, default="~")
    component_separator = models.CharField(max_length=1, default=">")
    repetition_separator = models.CharField(max_length=1, default="^", help_text="Written from 005010 on (ISA11).")
    line_breaks = models.BooleanField(default=True, help_text="A new line after each segment.")
    separator_policy = models.CharField(max_length=10, choices=SeparatorPolicy, default=SeparatorPolicy.REPLACE)
    charset = models.CharField(max_length=10, choices=Charset, default=Charset.EXTENDED)
    syntax = models.CharField(
        "characters", max_length=4, choices=Syntax, default=Syntax.UNOC, help_text="UNB 0001. UNOC has å, ä and ö."
    )
    service_characters = models.CharField(
        max_length=6,
        default=edifact.USUAL_MARKS,
        help_text="As UNA states them: component, element, decimal mark, release, a space, segment.",
    )
    association = models.CharField(
        max_length=6, blank=True, help_text="UNH 0057, where the partner wants one: EAN008 for EANCOM."
    )
    charset_policy = models.CharField(max_length=14, choices=CharsetPolicy, default=CharsetPolicy.TRANSLITERATE)
    guide = models.JSONField(
        default=dict,
        blank=True,
        help_text="What the partner asks beyond the standard, as differences: "
        '{"segments": [{"path": "REF", "required": true}], "elements": [{"path": "N1/N103", "codes": ["92"]}]}. '
        "Empty: the standard.",
    )
    versions = models.CharField(
        max_length=8,
        choices=Versions,
        default=Versions.REPLACE,
        help_text="How a later version of a sent document goes out.",
    )
    acknowledgment_hours = models.PositiveSmallIntegerField(
        default=24, help_text="Hours until a missing 997 or CONTRL is overdue; 0 when none is expected."
    )
    requests_ta1 = models.BooleanField(
        "asks for a TA1", default=False, help_text="ISA14: whether the partner is to answer the interchange as well."
    )
    acknowledgment_policy = models.CharField(
        max_length=10,
        choices=AcknowledgmentPolicy,
        default=AcknowledgmentPolicy.ALWAYS,
        help_text="When we acknowledge what this partner sends: 997, and TA1 where the partner asks for one; CONTRL in "
        "EDIFACT.",
    )
    unique_numbers = models.BooleanField(
        "numbers are used once",
        default=True,
        help_text="Whether an interchange is held when its control number (ISA13, UNB 0020) came before with other "
        "content. Off for partners who do not count.",
    )
    transport = models.CharField(
        "way to the partner",
        max_length=20,
        blank=True,
        choices=Transport,
        help_text="How the network reaches the partner. For people: the network itself knows.",
    )
    partner_format = models.CharField(
        "format at the partner",
        max_length=10,
        blank=True,
        choices=PartnerFormat,
        help_text="In what the partner has the document, where the network translates. For people.",
    )
    settings = models.JSONField(
        default=dict,
        blank=True,
        help_text='Further choices: of the network, as the folder at Cleo; "build", "letters" and "acknowledgment" as '
        "the documentation lists them.",
    )

    class Meta:
        constraints = [
            # The same document must not go to the same partner over two networks.
            models.UniqueConstraint(
                fields=["partner", "document_type", "direction", "stream"],
                condition=Q(active=True),
                name="edi_one_network_per_document",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "network", "document_type", "direction"]),
            models.Index(fields=["network", "sender_id", "receiver_id"], name="edi_agreement_by_ids"),
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.set_id} {self.direction}, {self.stream}"

    def clean(self) -> None:
        """What the fields must say together. Raises ValidationError with a sentence for each field."""
        wrong: dict[str, list[str]] = {}
        for check in (self._check_tenant, self._check_writing, self._check_settings, self._check_guide):
            for field, sentence in check():
                wrong.setdefault(field, []).append(sentence)
        if not wrong:
            for field, sentence in self._check_route():
                wrong.setdefault(field, []).append(sentence)
        if wrong:
            raise ValidationError(wrong)

    @property
    def way(self) -> str:
        """How a document gets to the partner, as "Orderful, by AS2, in EDIFACT"."""
        by = _("by %(transport)s") % {"transport": self.transport} if self.transport else ""
        written_in = self.Standard.EDIFACT if self.is_edifact else self.partner_format
        written = _("in %(written)s") % {"written": written_in} if written_in else ""
        return ", ".join(part for part in (str(self.network), by, written) if part)

    @property
    def is_edifact(self) -> bool:
        return self.standard == self.Standard.EDIFACT

    @property
    def set_id(self) -> str:
        """What the document is called on the wire: 850, or ORDERS."""
        return MESSAGE_OF.get(self.document_type, self.document_type) if self.is_edifact else self.document_type

    @property
    def sender(self) -> str:
        """As ZZ:NORDLOGISTIK; in EDIFACT an id may stand alone, behind a colon where it holds one."""
        return _end(self.sender_qualifier, self.sender_id)

    @property
    def receiver(self) -> str:
        return _end(self.receiver_qualifier, self.receiver_id)

    @property
    def usage(self) -> str:
        """ISA15: P for live, T for test."""
        return "P" if self.stream == Stream.LIVE else "T"

    def text_separators(self) -> Separators:
        """The separators of what is written, with the repetition separator from the version on that has one."""
        return Separators(
            element=self.element_separator,
            segment=self.segment_terminator,
            component=self.component_separator,
            repetition=self.repetition_separator if self.version >= _REPETITION_FROM else "",
        )

    def envelope(self) -> EnvelopeSpec:
        """How an X12 interchange from the sender to the receiver is written. Raises InvalidEnvelope where the
        agreement's ids, version, separators or characters cannot work."""
        characters = self.characters()
        return EnvelopeSpec(
            sender_qualifier=self.sender_qualifier,
            sender_id=self.sender_id,
            receiver_qualifier=self.receiver_qualifier,
            receiver_id=self.receiver_id,
            group_sender=self.group_sender_id,
            group_receiver=self.group_receiver_id,
            version=self.version,
            usage="P" if self.usage == "P" else "T",
            acknowledgment_requested=self.requests_ta1,
            separators=self.text_separators(),
            line_break="\n" if self.line_breaks else "",
            charset=characters,
            separator_replacement=" " if self.separator_policy == self.SeparatorPolicy.REPLACE else None,
        )

    def header(self) -> Header:
        """How an EDIFACT interchange is written. Raises InvalidHeader where the agreement's ids, service characters or
        letters cannot work."""
        return edifact.header_of(self)

    def characters(self) -> Characters:
        """Which characters the partner takes, and what becomes of others. Raises InvalidEnvelope."""
        try:
            if self.is_edifact:
                return edifact.characters_of(self)
            return CharsetPolicy(
                charset=self.charset,  # type: ignore[arg-type]
                policy=self.charset_policy,  # type: ignore[arg-type]
                overrides=dict(self.setting("letters")),
            )
        except (TypeError, ValueError) as error:
            raise InvalidEnvelope(f'The setting "letters" cannot be used: {error}') from error

    def acknowledgment_options(self) -> AcknowledgmentOptions:
        """How what this partner sends is judged and answered. Raises ValueError for wrong settings."""
        wanted = self.setting("acknowledgment")
        if not isinstance(wanted, dict) or "separators" in wanted:
            raise ValueError(
                '"acknowledgment" is not an object of list_accepted, errors, note_warnings, partial and so on'
            )
        unknown = sorted(set(wanted) - set(AcknowledgmentOptions.__struct_fields__))
        if unknown:
            raise ValueError(f'"acknowledgment" has no setting {", ".join(unknown)}')
        options = msgspec.convert(wanted, AcknowledgmentOptions)
        return msgspec.structs.replace(options, separators=self.text_separators())

    def partner_guide(self) -> Guide | None:
        """The partner's guide, None where the standard is enough. Raises GuideError when the data is no guide."""
        if not self.guide:
            return None
        if not isinstance(self.guide, dict):
            raise GuideError("A guide is an object.")
        name = f"{self.partner} {self.document_type}"
        known: dict[str, Any] = {"name": name, "set_id": self.document_type, "version": self.version}
        return guide_from({**known, **self.guide})

    def setting(self, name: str) -> Any:
        """One of the further choices; an empty object where it is not made."""
        return self.settings.get(name, {}) if isinstance(self.settings, dict) else {}

    # --- checks: (field, sentence). What is about a field that forms may leave out is said about the whole.

    def _check_tenant(self) -> list[tuple[str, str]]:
        if not (self.partner_id and self.network_id) or self.partner.tenant_id == self.network.tenant_id:
            return []
        return [("network", f"{self.network} belongs to another tenant than {self.partner}.")]

    def _check_writing(self) -> list[tuple[str, str]]:
        if self.is_edifact:
            return edifact.faults(self)
        if self.acknowledgment_policy == self.AcknowledgmentPolicy.ASKED:
            return [("acknowledgment_policy", "Nobody can ask for a 997 in X12: choose always, on errors or never.")]
        separators = [self.element_separator, self.segment_terminator, self.component_separator]
        if self.version >= _REPETITION_FROM:
            separators.append(self.repetition_separator)
        if len(set(separators)) != len(separators) or any(s.isalnum() or s in ("", " ") for s in separators):
            return [("element_separator", "The separators must differ and be neither letters, digits nor spaces.")]
        try:
            self.envelope()
        except InvalidEnvelope as error:
            return [("version" if "version" in str(error) else "sender_id", str(error))]
        return []

    def _check_settings(self) -> list[tuple[str, str]]:
        if not isinstance(self.settings, dict):
            return [("settings", "The settings are an object.")]
        found: list[tuple[str, str]] = []
        try:
            self.acknowledgment_options()
        except ValueError as error:
            found.append(("settings", f"{error}."))
        if self.is_edifact:
            return found
        try:
            msgspec.convert(self.setting("build"), BuildOptions)
        except ValueError as error:
            found.append(("settings", f'The setting "build" cannot be used: {error}.'))
        return found

    def _check_guide(self) -> list[tuple[str, str]]:
        if self.is_edifact:
            return []
        try:
            guide = self.partner_guide() if self.partner_id else None
        except GuideError as error:
            return [(NON_FIELD_ERRORS, f"Guide: {error}")]
        return [] if guide is None else [(NON_FIELD_ERRORS, f"Guide: {sentence}") for sentence in check_guide(guide)]

    def _check_route(self) -> list[tuple[str, str]]:
        if (self.sender_qualifier, self.sender_id) == (self.receiver_qualifier, self.receiver_id):
            return [("receiver_id", "Sender and receiver are the same.")]
        if not (self.active and self.direction == Direction.IN and self.network_id and self.partner_id):
            return []
        same = Agreement.objects.filter(
            network_id=self.network_id,
            document_type=self.document_type,
            direction=Direction.IN,
            stream=self.stream,
            standard=self.standard,
            active=True,
            sender_qualifier=self.sender_qualifier,
            sender_id=self.sender_id,
            receiver_qualifier=self.receiver_qualifier,
            receiver_id=self.receiver_id,
            group_sender_id=self.group_sender_id,
        ).exclude(partner_id=self.partner_id)
        other = same.select_related("partner").first()
        if other is None:
            return []
        sentence = f"{other.partner} sends its {self.document_type} with the same ids: nobody could tell whose it is."
        return [("sender_id", sentence)]


def _end(qualifier: str, number: str) -> str:
    return f"{qualifier}:{number}" if qualifier or ":" in number else number
