"""Who is told, what happened, and every try of telling it. The rows are the queue."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q

from integrations.models.flow import Flow
from portal.common.secrets import SecretTextField
from portal.tenants.models import TenantModel


class Kind(models.TextChoices):
    """What is told. The names are a promise to the programs that listen: they never change."""

    DOCUMENT_DELIVERED = "document.delivered", "a document was delivered"
    DELIVERY_FAILED = "delivery.failed", "a delivery failed"
    DELIVERY_IN_DOUBT = "delivery.in_doubt", "the outcome of a delivery is unknown"
    ISSUE_OPENED = "issue.opened", "an issue was opened"
    ISSUE_RESOLVED = "issue.resolved", "an issue is over"
    ACKNOWLEDGED = "acknowledgment.received", "a trading partner acknowledged a document"
    RUN_FAILED = "run.failed", "a read failed"
    TEST = "test", "a test that somebody asked for"


class Subscriber(TenantModel):
    """An address of the customer that is told by webhook, with the secret that proves who tells."""

    name = models.CharField(max_length=100)
    url = models.CharField(max_length=500, help_text="Where it listens, as https://example.com/hooks/ml-connector.")
    kinds = models.JSONField(default=list, blank=True, help_text="What it is told; empty: everything.")
    secret = SecretTextField(editable=False)
    former_secret = SecretTextField(default="", blank=True, editable=False)
    former_until = models.DateTimeField(
        null=True, editable=False, help_text="Until then messages are signed with the former secret too."
    )
    enabled = models.BooleanField(default=True)
    off_reason = models.CharField(max_length=300, blank=True, editable=False, help_text="Why it was switched off.")
    failing_since = models.DateTimeField(null=True, editable=False, help_text="Since when no message has arrived.")
    wait_until = models.DateTimeField(
        null=True, editable=False, help_text="After a try that did not arrive: nothing is sent to it before."
    )
    warned_at = models.DateTimeField(null=True, editable=False, help_text="When its owners were told so.")
    last_success_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="notices_subscriber_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds or kind == Kind.TEST


class Notice(TenantModel):
    """One thing that happened and is told to others: once, by its `key`."""

    kind = models.CharField(max_length=30, choices=Kind)
    key = models.CharField(max_length=100, help_text="What makes it the same: kind, row and moment.")
    subject = models.CharField(max_length=200, help_text="What it is about, as people name it.")
    body = models.JSONField(help_text="What is told: numbers, states and sentences; no personal or bank data.")
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="notices_notice_once")]
        indexes = [models.Index(fields=["tenant", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


def new_wire_id() -> str:
    return f"msg_{secrets.token_urlsafe(18)}"


class Message(TenantModel):
    """A notice for one subscriber. States: `pending` → `sending` (claimed) → `delivered`, or `pending` again after a
    pause, or `failed` when a day of tries is over. `wire_id` stays the same over all tries: by it the subscriber
    knows a message that it has already."""

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        SENDING = "sending", "sending"
        DELIVERED = "delivered", "delivered"
        FAILED = "failed", "failed"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="messages")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="messages")
    wire_id = models.CharField(max_length=40, unique=True, default=new_wire_id, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    queued_at = models.DateTimeField(help_text="Since when it is being tried; a resend begins anew.")
    not_before = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0, help_text="Since then.")
    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    problem = models.CharField(max_length=300, blank=True, help_text="Why the last try did not arrive.")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscriber", "notice"], name="notices_message_once")]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="pending"), name="notices_messages_due"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="notices_message_leases"),
            models.Index(fields=["subscriber", "-id"]),
            models.Index(fields=["tenant", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.wire_id} {self.state}"


class MessageTry(TenantModel):
    """One call for a message. Committed before the call, closed after it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="calls")
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty when no answer came.")
    problem = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True, help_text="Beginning of what it answered.")
    milliseconds = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S}: {self.status or self.problem}"


class Alerting(TenantModel):
    """What a tenant's people are told by mail, and how far the database was looked through for what there is to
    tell. One row a tenant."""

    gathered_until = models.DateTimeField(editable=False)
    mail_to = models.JSONField(default=list, blank=True, help_text="Addresses that get mail; empty: nobody.")
    quiet_from = models.TimeField(null=True, blank=True, help_text="Between these times, by the tenant's zone …")
    quiet_until = models.TimeField(null=True, blank=True, help_text="… mail waits.")
    digest_at = models.TimeField(null=True, blank=True, help_text="When the daily digest goes; empty: none.")
    digest_sent_for = models.DateField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="notices_alerting_of_tenant")]

    def __str__(self) -> str:
        return f"Alerts of {self.tenant_id}"


class Mail(TenantModel):
    """A mail to send: once, by its `key`."""

    key = models.CharField(max_length=100, help_text="As issue:12:opened.")
    to = models.JSONField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    not_before = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True, help_text="It was over before anybody had to know, or gave up.")
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="notices_mail_once")]
        indexes = [
            models.Index(
                fields=["not_before"], condition=Q(sent_at=None, dropped_at=None), name="notices_mails_to_send"
            )
        ]

    def __str__(self) -> str:
        return self.subject


class Expectation(TenantModel):
    """Something that always comes by a time of day: when it does not, that is an issue. Times are the tenant's."""

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, related_name="expectation")
    since = models.TimeField(help_text="From when on it counts; later than the other time: from the day before.")
    by = models.TimeField(help_text="When it must be there, as 07:00.")
    country = models.CharField(
        max_length=2, blank=True, help_text="Country whose business days count, as SE. Empty: every day."
    )
    checked_for = models.DateField(null=True, editable=False, help_text="The last day that was looked at.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.flow_id} by {self.by:%H:%M}"
