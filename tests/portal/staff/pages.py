"""Every page of the admin, found by asking the site, so that a new page is tested as soon as it is registered."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.db import models
from django.urls import reverse

from edi.models import ControlNumber
from integrations.notices.models import Message, Subscriber
from tests.integrations.admin.house import House

SUPERUSERS_ONLY = "django_q"


def names(model: type[models.Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def lists() -> list[str]:
    """The address of every list."""
    return [reverse(f"admin:{names(model)}_changelist") for model in admin.site._registry]


def row_pages() -> Iterator[str]:
    """The page of each row of each list; of the audit trail, which has many that look alike, of some."""
    for model in admin.site._registry:
        for row in model._default_manager.order_by("-pk")[:6]:
            yield reverse(f"admin:{names(model)}_change", args=[row.pk])


def actions_of_superusers() -> set[str]:
    """The names of the actions that staff is not offered."""
    actions = (action for page in admin.site._registry.values() for action in getattr(page, "person_actions", ()))
    return {action.name for action in actions if action.superuser}


def plans(house: House) -> Iterator[str]:
    """The plan of every action, for the row that it is made for."""
    rows = {
        "integrations_delivery": house.failed.pk,
        "integrations_issue": house.issue.pk,
        "integrations_feed": house.feed.pk,
        "integrations_flow": house.flow.pk,
        "integrations_integration": house.integration.pk,
        "integrations_operation": house.operation.pk,
        "integrations_connection": house.orderful.pk,
        "tenants_tenant": house.tenant.pk,
        "tenants_apikey": house.key.pk,
        "edi_interchange": house.interchange.pk,
        "edi_tradingpartner": house.partner.pk,
        "notices_subscriber": Subscriber.objects.values_list("pk", flat=True)[0],
        "notices_message": Message.objects.values_list("pk", flat=True)[0],
        "edi_controlnumber": ControlNumber.objects.values_list("pk", flat=True)[0],
    }
    for model, page in admin.site._registry.items():
        for action in getattr(page, "person_actions", ()):
            if action.confirm:
                url = reverse(f"admin:{names(model)}_act", args=[action.name])
                yield f"{url}?ids={rows[names(model)]}"


def others() -> list[str]:
    """Pages that belong to no list."""
    return [
        reverse("admin:index"),
        reverse("admin:index") + "?q=500123",
        reverse("admin:audit_verify"),
        reverse("admin:password_change"),
        reverse("admin:jsi18n"),
        reverse("admin:edi_check"),
        reverse("admin:edi_unmapped"),
    ]
