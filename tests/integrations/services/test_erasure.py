"""A person's data is erased where it can be, and the report says of the rest why it stays. The trail still verifies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.test import Client
from django_scopes import scope, scopes_disabled

from integrations.models import OPEN_STATES, Delivery, Exchange, Payload, State, WebhookEvent
from integrations.notices.models import Mail
from integrations.services import erasure
from integrations.services.erasure_policy import IN_USE, SEALED, columns
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from portal.tenants.models import Membership, Role, Tenant, TenantModel, User
from tests.integrations.admin.house import PASSWORD, PERSONAL, House, build_house

MAIL, IBAN, PHONE = PERSONAL
WHY = "request 17"


@pytest.fixture
def house(db: None) -> Iterator[House]:
    with scopes_disabled():
        built = build_house()
        Delivery.objects.filter(state__in=OPEN_STATES).update(state=State.DELIVERED, lease_until=None)
        yield built


def holders(tenant: Tenant, text: str) -> list[str]:
    """Columns of a tenant in which the text stands, whatever they are."""
    found = []
    for model in apps.get_models():
        if issubclass(model, TenantModel):
            for field in model._meta.local_concrete_fields:
                for value in model._base_manager.filter(tenant=tenant).values_list(field.name, flat=True):
                    shown = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    if text in shown:
                        found.append(f"{model._meta.label}.{field.name}")
    return sorted(set(found))


def erased(house: House, *texts: str, reason: str = WHY) -> erasure.Report:
    with scope(tenant=house.tenant):
        return erasure.erase(house.tenant, texts, reason=reason, actor=house.staff)


def test_a_person_is_erased_and_hashes_numbers_and_the_other_company_stay(house: House) -> None:
    Exchange.objects.filter(pk=house.exchange.pk).update(
        problem=f"refused by {MAIL}", url=f"https://x.example/?m={MAIL}"
    )
    Mail.objects.create(
        tenant=house.tenant, key="k", to=[MAIL], subject="s", text="t", not_before=db_now(), created_at=db_now()
    )
    theirs = Payload.objects.create(
        tenant=house.other, sha256="a" * 64, size=3, data=MAIL.encode(), created_at=db_now()
    )
    assert len(holders(house.tenant, MAIL)) >= 4
    hashes = set(Payload.objects.values_list("tenant", "sha256", "size"))
    numbers = list(Delivery.objects.order_by("pk").values_list("business_number", "operation_key"))
    report = erased(house, MAIL, PHONE, IBAN)
    assert [holders(house.tenant, text) for text in PERSONAL] == [[], [], []]
    assert not report.stays
    assert {"emptied", "removed", "replaced"} <= {found.done for found in report.changed}
    assert set(Payload.objects.values_list("tenant", "sha256", "size")) == hashes
    assert list(Delivery.objects.order_by("pk").values_list("business_number", "operation_key")) == numbers
    house.exchange.refresh_from_db()
    assert (house.exchange.problem, house.exchange.pruned) == ("refused by [erased]", True)
    theirs.refresh_from_db()
    assert theirs.data == MAIL.encode()
    assert erased(house, MAIL, PHONE, IBAN).changed == [], "once more there is nothing left"


def test_the_trail_still_verifies_and_what_it_says_is_reported_as_staying(house: House) -> None:
    with transaction.atomic():
        trail.record(trail.event(house.tenant, "x.y", f"{MAIL} was called.", object_type="tenant", object_id=1))
    trail.seal_events(house.tenant)
    report = erased(house, MAIL)
    trail.seal_events(house.tenant)
    assert trail.verify(house.tenant).intact
    stayed = AuditEvent.objects.get(action="x.y")
    assert [(f.where, f.row, f.why) for f in report.stays] == [("audit.AuditEvent.summary", stayed.pk, SEALED)]
    line = AuditEvent.objects.get(action="person.erased")
    assert line.actor == house.staff
    assert MAIL not in f"{line.summary} {line.details} {report.as_json()}"
    assert len(line.details["report_sha256"]) == 64


def test_a_legal_hold_refuses_it(house: House) -> None:
    Tenant.objects.filter(pk=house.tenant.pk).update(legal_hold="dispute 4")
    before = holders(house.tenant, MAIL)
    with pytest.raises(ValidationError, match="legal hold"):
        erased(house, MAIL)
    assert holders(house.tenant, MAIL) == before
    assert not AuditEvent.objects.filter(action="person.erased").exists()


def test_what_an_open_delivery_needs_stays_until_it_is_closed(house: House) -> None:
    Delivery.objects.filter(pk=house.failed.pk).update(state=State.FAILED)
    report = erased(house, MAIL, PHONE, IBAN)
    assert IN_USE in {found.why for found in report.stays}
    house.failed.record.payload.refresh_from_db()
    assert house.failed.record.payload.data is not None
    Delivery.objects.filter(pk=house.failed.pk).update(state=State.DISMISSED)
    assert not erased(house, MAIL, PHONE, IBAN).stays


def test_numbers_are_found_with_and_without_gaps_and_names_alone(house: House) -> None:
    body = {"a": "SE45 5000 0000 0583 9825 7466", "b": "Anna  Lindqvist", "c": "Joanna Lindqvister", "d": "Åsa Öberg"}
    rows = [
        Payload.objects.create(
            tenant=house.tenant, sha256=name * 64, size=1, data=json.dumps({name: text}).encode(), created_at=db_now()
        )
        for name, text in body.items()
    ]
    erased(house, IBAN, "Anna Lindqvist", "Åsa Öberg")
    kept = [Payload.objects.get(pk=row.pk).data is not None for row in rows]
    assert kept == [False, False, True, False]


def test_the_account_of_a_member_is_made_nameless(house: House) -> None:
    person = User.objects.create_user("anna", "anna@bruket.example", PASSWORD, first_name="Anna")
    Membership.objects.create(tenant=house.tenant, user=person, role=Role.VIEWER)
    browser = Client()
    browser.force_login(person)
    report = erased(house, "Anna@Bruket.example")
    person.refresh_from_db()
    assert (person.email, person.first_name, person.is_active) == (f"erased-{person.pk}@erased.invalid", "", False)
    assert not Membership.objects.filter(user=person).exists()
    assert browser.get(f"/t/{house.tenant.slug}/").status_code == 302
    assert {f.done for f in report.changed} == {"removed", "made nameless"}


def test_an_account_that_is_needed_elsewhere_or_owns_alone_stays(house: House) -> None:
    person = User.objects.create_user("anna", "anna@bruket.example", PASSWORD)
    for tenant in (house.tenant, house.other):
        Membership.objects.create(tenant=tenant, user=person, role=Role.VIEWER)
    report = erased(house, person.email)
    person.refresh_from_db()
    assert person.is_active
    assert [m.tenant_id for m in Membership.objects.filter(user=person)] == [house.other.pk]
    assert "another company" in report.stays[0].why
    Membership.objects.filter(tenant=house.tenant).exclude(user=house.customer).delete()
    assert "only owner" in " ".join(f.why for f in erased(house, house.customer.email).stays)
    assert Membership.objects.filter(tenant=house.tenant, user=house.customer).exists()


@pytest.mark.parametrize(
    ("texts", "reason", "said"),
    [
        ((), WHY, "Say by which"),
        (("ann",), WHY, "too short"),
        ((MAIL,), "", "Say why"),
        ((MAIL,), f"of {MAIL}", "Say why"),
    ],
)
def test_it_is_refused_without_texts_or_a_reason(house: House, texts: tuple[str, ...], reason: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        erased(house, *texts, reason=reason)


def test_every_column_that_may_say_something_of_a_person_is_decided() -> None:
    """A new column is searched by itself; bytes that cannot be emptied belong to rows that go whole."""
    decided = {(column.model, column.name): column for column in columns()}
    for model in apps.get_models():
        if issubclass(model, TenantModel):
            for field in model._meta.local_concrete_fields:
                if isinstance(field, models.BinaryField):
                    column = decided[model, field.name]
                    assert field.null or column.treatment == "removed", column.label
    assert all(column.why for column in decided.values() if column.treatment == "stays")
    assert decided[WebhookEvent, "body"].treatment == "removed"


def test_the_command_plans_first_and_writes_the_report(house: House, tmp_path: Path) -> None:
    texts, file = tmp_path / "texts", tmp_path / "report.json"
    texts.write_text(f"{MAIL}\n\n{PHONE}\n")
    before = holders(house.tenant, MAIL)
    said = StringIO()
    call_command("erase_person", tenant=house.tenant.slug, texts=str(texts), report=file, stdout=said)
    assert "nothing was changed" in said.getvalue()
    assert holders(house.tenant, MAIL) == before
    planned = json.loads(file.read_text())
    call_command("erase_person", tenant=house.tenant.slug, texts=str(texts), report=file, reason=WHY, yes=True)
    assert json.loads(file.read_text())["changed"] == planned["changed"]
    assert holders(house.tenant, MAIL) == []
    with pytest.raises(CommandError, match="Say why"):
        call_command("erase_person", tenant=house.tenant.slug, texts=str(texts), yes=True)
