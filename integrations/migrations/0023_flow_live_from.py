from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import migrations, models


def note_when_they_went_live(apps: Any, schema_editor: Any) -> None:
    """Flows that have sent something, or are switched on: the start that was chosen when their integration went live,
    as the trail of its tenant says; else when it was made."""
    Flow, Delivery = apps.get_model("integrations", "Flow"), apps.get_model("integrations", "Delivery")
    events = apps.get_model("audit", "AuditEvent").objects.filter(action="integration.live", object_type="integration")
    for flow in Flow.objects.select_related("integration"):
        integration = flow.integration
        is_on = flow.enabled and integration.enabled
        if not is_on and not Delivery.objects.filter(flow_id=flow.pk).exists():
            continue
        said = events.filter(tenant_id=flow.tenant_id, object_id=str(integration.pk)).values_list("details", flat=True)
        starts = [dt.datetime.fromisoformat(details["start"]) for details in said if details.get("start")]
        flow.live_from = min([integration.created_at, *starts])
        flow.save(update_fields=["live_from"])


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_signing_key"),
        ("integrations", "0022_kill_switch_of_a_side"),
    ]

    operations = [
        migrations.AddField(
            model_name="flow",
            name="live_from",
            field=models.DateTimeField(
                editable=False,
                help_text="The start that was chosen when its integration went live, else when it was first switched on "
                "in one that is live. Empty: it never was.",
                null=True,
            ),
        ),
        migrations.RunPython(note_when_they_went_live, migrations.RunPython.noop),
    ]
