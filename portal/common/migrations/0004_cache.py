"""The table of the shared cache, which counts failed logins over all processes and hosts."""

from __future__ import annotations

from django.core.management import call_command
from django.db import migrations


def create(apps, editor):
    call_command("createcachetable", database=editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("common", "0003_beats")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
