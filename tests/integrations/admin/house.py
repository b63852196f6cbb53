"""A small house for the tests of the staff pages: two tenants, a row of everything, and secrets that must show
nowhere."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.test import Client
from django.utils import timezone

from edi.models import Agreement, ControlNumber, Interchange, PartnerNumber, TradingPartner, TransactionSet
from integrations.models import (
    AccessToken,
    Attempt,
    Breaker,
    Connection,
    Delivery,
    Exchange,
    Feed,
    Flow,
    Integration,
    Issue,
    Link,
    Operation,
    Payload,
    RateBudget,
    Record,
    Run,
    State,
)
from integrations.notices import signing
from integrations.notices.models import Kind, Message, Notice, Subscriber
from integrations.services import operations
from integrations.services.connections import save_connection
from integrations.services.feeds import save_integration
from portal.audit import trail
from portal.common.installation import beat
from portal.tenants.models import ApiKey, Membership, Role, Tenant, User

PASSWORD = "correct horse 9"
SECRETS = (
    "visma-secret-value-1",
    "orderful-secret-value-2",
    "cleo-secret-value-3",
    "token-secret-value-4",
    "header-secret-5",
)
"""None of these may ever stand in a page."""
PERSONAL = ("anna.lindqvist@kund.example", "SE4550000000058398257466", "+46 8 555 12 34")
"""Stand in kept bytes; shown only to somebody who says why."""

ORDER = {
    "orderNumber": "500123",
    "supplierContact": {"name": "Anna Lindqvist", "email": PERSONAL[0], "phone1": PERSONAL[2]},
    "bankAccount": {"iban": PERSONAL[1]},
    "lines": [{"inventory": "SKU3", "orderQty": 40}],
}
X12 = f"""ISA*00*          *00*          *ZZ*BRUKET         *ZZ*BERGSTROM      *261120*0804*U*00401*000000412*0*T*>~
GS*PO*BRUKET*BERGSTROM*20261120*0804*412*X*004010~
ST*850*0001~
BEG*00*SA*500123**20261101~
PER*BD*Anna Lindqvist*TE*{PERSONAL[2]}*EM*{PERSONAL[0]}~
PO1*1*40*EA*12.50**BP*SKU3~
CTT*1~
SE*6*0001~
GE*1*412~
IEA*1*000000412~
"""


@dataclass(slots=True)
class House:
    """The rows that tests ask for by name."""

    tenant: Tenant
    other: Tenant
    staff: User
    root: User
    customer: User
    visma: Connection
    orderful: Connection
    cleo: Connection
    integration: Integration
    flow: Flow
    feed: Feed
    run: Run
    record: Record
    failed: Delivery
    delivered: Delivery
    in_doubt: Delivery
    pending: Delivery
    issue: Issue
    exchange: Exchange
    partner: TradingPartner
    agreement: Agreement
    interchange: Interchange
    sent: TransactionSet
    key: ApiKey
    operation: Operation

    def delivery(self, number: str, state: State, **values: Any) -> Delivery:
        """Another delivery of the flow, with a record of its own."""
        return _delivery(self.tenant, self.flow, _record(self.feed, self.run, number), state, **values)


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def build_house() -> House:
    """Makes all of it. Call it with the scopes disabled."""
    beat("host-1")
    root = User.objects.create_superuser("root", "root@house.example", PASSWORD)
    staff = User.objects.create_user("sara", "sara@house.example", PASSWORD, is_staff=True)
    customer = User.objects.create_user("kund", "kund@house.example", PASSWORD)
    tenant = Tenant.objects.create(slug="bruket", name="Bruket AB")
    other = Tenant.objects.create(slug="grannen", name="Grannen AB")
    Membership.objects.create(tenant=tenant, user=customer, role=Role.OWNER)
    key, _ = ApiKey.issue(tenant=tenant, name="reporting")
    visma, orderful, cleo = _connections(tenant, root)
    integration, _ = save_integration(
        tenant=tenant,
        key="visma-orderful",
        name="Visma with Orderful",
        books=visma,
        partner=orderful,
        enabled=True,
        settings={},
        flows={"purchase-orders": {"enabled": True}},
        actor=root,
    )
    flow = Flow.objects.select_related("integration").get(integration=integration, key="purchase-orders")
    feed = Feed.objects.select_related("connection").get(connection=visma, key="purchase-orders")
    Feed.objects.filter(pk=feed.pk).update(history=[0, 3, 1], read_until=timezone.now())
    partner, agreement = _partner(tenant, orderful)
    now = timezone.now()
    run = Run.objects.create(
        tenant=tenant,
        feed=feed,
        trigger="schedule",
        fence=1,
        pages=1,
        read=7,
        unchanged=3,
        captured=4,
        calls=2,
        started_at=now,
        ended_at=now,
        outcome=Run.Outcome.DONE,
    )
    interchange, sent = _sent(tenant, agreement, partner)
    issue = Issue.objects.create(
        tenant=tenant,
        fingerprint="f" * 64,
        integration=integration,
        flow=flow,
        connection=orderful,
        error_class="unmappable",
        who=Issue.Who.CUSTOMER,
        sentence="Supplier 20311 has no VAT number in Visma",
        remedy="Add it to the supplier in Visma.",
        first_seen_at=now,
        last_seen_at=now,
    )
    record = _record(feed, run, "500123")
    failed = _delivery(tenant, flow, record, State.FAILED, issue=issue, reason=issue.sentence)
    delivered = _delivery(
        tenant,
        flow,
        _record(feed, run, "500124"),
        State.DELIVERED,
        frozen=_payload(tenant, X12.encode()),
        transaction_set=sent,
        closed_at=now,
        purpose="original",
        settings_used={"release": "0.1.0", "mapping_version": 1},
    )
    doubt = _delivery(
        tenant,
        flow,
        _record(feed, run, "500125"),
        State.IN_DOUBT,
        reason="Orderful did not answer in time.",
        evidence=[{"at": now.isoformat(), "found": "not there", "proof": "Not listed.", "tries": 1}],
    )
    pending = _delivery(tenant, flow, _record(feed, run, "500126"), State.PENDING)
    exchange = _exchange(tenant, orderful, delivered)
    Link.objects.create(
        tenant=tenant, integration=integration, entity="supplier", source_id="50001", target_id="V-1", created_at=now
    )
    with transaction.atomic():
        trail.record(
            trail.event(
                tenant,
                "delivery.failed",
                "500123 failed",
                object_type="delivery",
                object_id=failed.pk,
                business_number="500123",
            )
        )
    trail.seal_events(tenant)
    _told(tenant)
    operation = operations.ask_replay(
        tenant,
        operations.Selection(numbers=("no such",)),
        operations.Options(),
        reason="the folder is there",
        actor=staff,
    )
    return House(
        tenant,
        other,
        staff,
        root,
        customer,
        visma,
        orderful,
        cleo,
        integration,
        flow,
        feed,
        run,
        record,
        failed,
        delivered,
        doubt,
        pending,
        issue,
        exchange,
        partner,
        agreement,
        interchange,
        sent,
        key,
        operation,
    )


def _told(tenant: Tenant) -> None:
    """Somebody who is told what happens, and a message to them."""
    now = timezone.now()
    subscriber = Subscriber.objects.create(
        tenant=tenant, name="Own programs", url="https://hooks.example/ml", secret=signing.new_secret(), created_at=now
    )
    notice = Notice.objects.create(
        tenant=tenant,
        kind=Kind.TEST,
        key="test",
        subject="500123",
        body={"number": "500123"},
        happened_at=now,
        created_at=now,
    )
    Message.objects.create(
        tenant=tenant,
        subscriber=subscriber,
        notice=notice,
        state=Message.State.DELIVERED,
        queued_at=now,
        not_before=now,
        created_at=now,
    )


def _connections(tenant: Tenant, root: User) -> tuple[Connection, Connection, Connection]:
    stated: dict[str, dict[str, Any]] = {
        "visma": {"company_id": "1000044", "tenant_id": "t-1", "client_id": "isv_mlc", "client_secret": SECRETS[0]},
        "orderful": {"api_key": SECRETS[1]},
        "cleo": {"base_url": "https://cleo.example.com", "username": "mlc", "password": SECRETS[2]},
    }
    made = []
    for key, values in stated.items():
        row, _ = save_connection(
            tenant=tenant, key=key, system_key=key, name=key.capitalize(), values=values, actor=root
        )
        Breaker.objects.create(tenant=tenant, connection=row)
        made.append(row)
    AccessToken.objects.create(tenant=tenant, connection=made[0], token=SECRETS[3], expires_at=timezone.now())
    RateBudget.objects.create(tenant=tenant, key="k" * 64, label="visma: Visma", allowance=500, used=480)
    return made[0], made[1], made[2]


def _partner(tenant: Tenant, over: Connection) -> tuple[TradingPartner, Agreement]:
    assert over.network is not None
    partner = TradingPartner.objects.create(tenant=tenant, key="bergstrom", name="Bergström & Åkesson AB")
    PartnerNumber.objects.create(tenant=tenant, partner=partner, company="1000044", entity="supplier", number="50001")
    ControlNumber.objects.create(
        tenant=tenant,
        network=over.network,
        route="ZZ:A/ZZ:B",
        direction="out",
        stream="live",
        kind="interchange",
        last=7,
    )
    agreement = Agreement.objects.create(
        tenant=tenant,
        partner=partner,
        document_type="850",
        direction="out",
        stream="live",
        network=over.network,
        sender_id="BRUKET",
        receiver_id="BERGSTROM",
    )
    return partner, agreement


def _sent(tenant: Tenant, agreement: Agreement, partner: TradingPartner) -> tuple[Interchange, TransactionSet]:
    now, body = timezone.now(), X12.encode()
    interchange = Interchange.objects.create(
        tenant=tenant,
        network=agreement.network,
        direction="out",
        stream="live",
        route="ZZ:BRUKET/ZZ:BERGSTROM",
        sender_id="BRUKET",
        receiver_id="BERGSTROM",
        control_number=412,
        text=body,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        created_at=now,
    )
    sent = TransactionSet.objects.create(
        tenant=tenant,
        interchange=interchange,
        agreement=agreement,
        partner=partner,
        set_id="850",
        business_number="500124",
        network_id="tx-1",
        acknowledged="waiting",
        acknowledgment_due_at=now - dt.timedelta(hours=1),
        created_at=now,
    )
    return interchange, sent


def _payload(tenant: Tenant, data: bytes) -> Payload:
    row, _ = Payload.objects.get_or_create(
        tenant=tenant,
        sha256=hashlib.sha256(data).hexdigest(),
        defaults={"size": len(data), "data": data, "created_at": timezone.now()},
    )
    return row


def _record(feed: Feed, run: Run, number: str) -> Record:
    raw = json.dumps({**ORDER, "orderNumber": number}).encode()
    return Record.objects.create(
        tenant=feed.tenant,
        feed=feed,
        run=run,
        source_id=number,
        business_number=number,
        status="Open",
        fingerprint=hashlib.sha256(raw).hexdigest(),
        payload=_payload(feed.tenant, raw),
        takers=1,
        captured_at=timezone.now(),
    )


def _delivery(tenant: Tenant, flow: Flow, record: Record, state: State, **values: Any) -> Delivery:
    now = timezone.now()
    stated: dict[str, Any] = {
        "integration": flow.integration,
        "sink_connection": flow.integration.partner,
        "run": record.run,
        "operation": "send",
        "operation_key": hashlib.sha256(f"{record.pk}".encode()).hexdigest(),
        "lane": f"purchase-order:{record.business_number}",
        "business_number": record.business_number,
        "since": now,
        "not_before": now,
        "created_at": now,
        "tries": 1,
    }
    return Delivery.objects.create(tenant=tenant, flow=flow, record=record, state=state, **{**stated, **values})


def _exchange(tenant: Tenant, connection: Connection, delivery: Delivery) -> Exchange:
    now = timezone.now()
    row = Exchange.objects.create(
        tenant=tenant,
        connection=connection,
        method="POST",
        url=f"https://api.example.com/tx?api_key={SECRETS[4]}",
        request_headers={"Authorization": f"Bearer {SECRETS[4]}", "Accept": "application/json"},
        request_body=json.dumps(ORDER).encode(),
        status=201,
        response_body=json.dumps({"id": 1, "access_token": SECRETS[4]}).encode(),
        started_at=now,
        milliseconds=120,
    )
    attempt = Attempt.objects.create(
        tenant=tenant,
        delivery=delivery,
        number=1,
        fence=1,
        worker="host-1:1",
        started_at=now,
        closed_at=now,
        outcome="delivered",
    )
    attempt.exchanges.add(row)
    return row
