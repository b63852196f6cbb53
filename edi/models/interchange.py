"""Interchanges, the transaction sets in them, and the files in which they came."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from edi.models.agreement import Agreement
from edi.models.partners import Direction, Network, Stream, TradingPartner
from portal.common.secrets import SealedBytesField, SecretJSONField
from portal.tenants.models import TenantModel


class ReceivedFile(TenantModel):
    """A file (or message) as it came over a network. Its content stays here where its interchanges do not hold all of
    it: what is not X12, several interchanges, text around them."""

    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=255, help_text="What the network calls it: path, transaction id.")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    encoding = models.CharField(max_length=20, blank=True, help_text="As which it was read; empty when it was not.")
    interchange_count = models.PositiveIntegerField(default=0)
    content = SealedBytesField(null=True, help_text="The bytes, until retention prunes them.")
    problems = SecretJSONField(null=True, help_text="What could not be processed, a sentence each.")
    times = models.PositiveIntegerField(default=1, help_text="How often these bytes came.")
    received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "sha256"], name="edi_file_once")]
        indexes = [models.Index(fields=["tenant", "-id"], name="edi_file_newest")]

    def __str__(self) -> str:
        return self.name


class Interchange(TenantModel):
    """One interchange, as it was written or as it came in."""

    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="interchanges")
    direction = models.CharField(max_length=3, choices=Direction)
    stream = models.CharField(max_length=4, choices=Stream)
    standard = models.CharField(max_length=7, choices=Agreement.Standard, default=Agreement.Standard.X12)
    usage = models.CharField(
        max_length=1,
        blank=True,
        help_text="ISA15 as received; what is neither P nor T is test. Of EDIFACT UNB 0035: 1 for test, or nothing.",
    )
    route = models.CharField(max_length=100)
    sender_id = models.CharField(max_length=35)
    receiver_id = models.CharField(max_length=35)
    control_number = models.PositiveBigIntegerField(
        null=True, help_text="ISA13, or UNB 0020 where it is a number; empty where the network writes the envelope."
    )
    reference = models.CharField(max_length=14, blank=True, help_text="UNB 0020 as it stands; empty in X12.")
    group_control_number = models.PositiveBigIntegerField(null=True)
    text = SealedBytesField(null=True, help_text="The bytes, until retention prunes them.")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    file = models.ForeignKey(ReceivedFile, null=True, blank=True, on_delete=models.PROTECT, related_name="interchanges")
    times = models.PositiveIntegerField(default=1, help_text="How often these bytes came.")
    reuses = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reused_by",
        help_text="The interchange that came with the same control number and other content.",
    )
    error_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    findings = SecretJSONField(null=True, help_text="The first findings about its envelopes.")
    answered_by = models.ForeignKey(
        "TransactionSet",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="answered_interchanges",
        help_text="The TA1 or CONTRL that we wrote for it.",
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "route", "stream", "control_number"],
                condition=Q(direction="out", control_number__isnull=False),
                name="edi_control_number_once",
            ),
            models.UniqueConstraint(
                fields=["network", "sha256"], condition=Q(file__isnull=False), name="edi_interchange_stored_once"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"]),
            models.Index(fields=["tenant", "sha256"], name="edi_interchange_by_hash"),
            models.Index(
                fields=["network", "route", "direction", "stream", "control_number"], name="edi_interchange_by_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.sender_id} → {self.receiver_id}"

    @property
    def number(self) -> str:
        """Its control number, as it is written; words where the network writes the envelope."""
        if self.reference:
            return self.reference
        return f"{self.control_number:09d}" if self.control_number is not None else "(network's envelope)"


class TransactionSet(TenantModel):
    """One document within an interchange, with what became of it and what the other side said about it."""

    class Acknowledged(models.TextChoices):
        NOT_EXPECTED = "not_expected", "not expected"
        WAITING = "waiting", "waiting"
        ACCEPTED = "accepted", "accepted"
        WITH_ERRORS = "with_errors", "accepted with errors"
        REJECTED = "rejected", "rejected"
        OVERDUE = "overdue", "overdue"

    class Intake(models.TextChoices):
        TAKEN = "taken", "taken"
        REFUSED = "refused", "refused: it has errors"
        QUARANTINED = "quarantined", "held: test data on a live route, or live data on a test route"
        NUMBER_REUSED = "number_reused", "held: its control number came before with other content"
        UNAGREED = "unagreed", "held: nothing is agreed about it"

    class Response(models.TextChoices):
        ACCEPTED = "accepted", "accepted"
        CHANGED = "changed", "accepted with changes"
        REJECTED = "rejected", "rejected"
        RECEIVED = "received", "received, not decided yet"
        HELD = "held", "held"

    interchange = models.ForeignKey(Interchange, on_delete=models.PROTECT, related_name="sets")
    agreement = models.ForeignKey(Agreement, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    partner = models.ForeignKey(TradingPartner, null=True, blank=True, on_delete=models.SET_NULL, related_name="sets")
    set_id = models.CharField(
        max_length=6,
        help_text="ST01, or UNH 0065 (ORDERS); TA1 for an interchange acknowledgment, which is sent like a set.",
    )
    group_control_number = models.PositiveBigIntegerField(
        null=True, help_text="GS06 of its functional group; of a message of ours the number in its UNH."
    )
    control_number = models.CharField(max_length=14, blank=True, help_text="ST02, or UNH 0062.")
    position = models.PositiveIntegerField(default=1, help_text="Its place among the sets of the interchange.")
    purpose = models.CharField(max_length=12, blank=True)
    business_number = models.CharField(max_length=100, blank=True)
    network_id = models.CharField(
        max_length=100, blank=True, help_text="The network's own id of this document: transaction id, file name."
    )
    network_status = models.JSONField(
        default=dict, blank=True, help_text="What the network says of it: validation, delivery, acknowledgment."
    )
    acknowledged = models.CharField(max_length=12, choices=Acknowledged, default=Acknowledged.NOT_EXPECTED)
    acknowledgment_due_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    verdict_noted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When we learned of it; the network may know it for longer."
    )
    response = models.CharField(
        max_length=10, choices=Response, blank=True, help_text="What the partner decided about it (855, 865, ORDRSP)."
    )
    responded_at = models.DateTimeField(null=True, blank=True)
    intake = models.CharField(
        max_length=14, choices=Intake, blank=True, help_text="What became of a received set; empty for one of ours."
    )
    error_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    findings = SecretJSONField(null=True, help_text="The first findings about it.")
    digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what a received set says, without numbers."
    )
    repeats = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="repeated_by",
        help_text="The earlier received set that says the same.",
    )
    answered_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="answers",
        help_text="The 997 or CONTRL that we wrote for it.",
    )
    passed_on_at = models.DateTimeField(
        null=True, blank=True, help_text="When a received document, or an acknowledgment of ours, went on to its flow."
    )
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "business_number"]),
            models.Index(fields=["tenant", "network_id"]),
            models.Index(
                fields=["acknowledgment_due_at"], condition=Q(acknowledged="waiting"), name="edi_waiting_for_997"
            ),
            models.Index(
                fields=["verdict_noted_at"], condition=Q(verdict_noted_at__isnull=False), name="edi_set_verdict_noted"
            ),
            models.Index(
                fields=["tenant", "partner", "set_id"], condition=Q(acknowledged="overdue"), name="edi_set_overdue"
            ),
            models.Index(fields=["tenant", "group_control_number"], name="edi_set_by_group"),
            models.Index(fields=["tenant", "digest"], condition=~Q(digest=""), name="edi_set_by_digest"),
            models.Index(
                fields=["tenant", "-id"],
                condition=Q(intake__in=["refused", "quarantined", "number_reused", "unagreed"]),
                name="edi_set_not_taken",
            ),
            models.Index(
                fields=["interchange", "id"],
                condition=Q(passed_on_at=None, intake="taken") & ~Q(set_id__in=["997", "999", "CONTRL"]),
                name="edi_set_to_pass_on",
            ),
            models.Index(
                fields=["interchange", "id"],
                condition=Q(passed_on_at=None, intake="", set_id__in=["997", "TA1", "CONTRL"]),
                name="edi_answer_to_send",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.set_id} {self.business_number}"

    @property
    def way(self) -> str:
        """How it got to the partner, or from him to us, as "Orderful, by AS2, in EDIFACT": the network, and what people
        entered in the agreement. The format is that of our own bytes where we write the envelope."""
        agreed, came = self.agreement, self.interchange
        by = _("by %(transport)s") % {"transport": agreed.transport} if agreed is not None and agreed.transport else ""
        written = came.standard if came.control_number is not None or came.reference else ""
        if not written or written == Agreement.Standard.X12:
            written = (agreed.partner_format if agreed is not None else "") or written
        return ", ".join(
            part
            for part in (str(came.network), by, _("in %(written)s") % {"written": written} if written else "")
            if part
        )
