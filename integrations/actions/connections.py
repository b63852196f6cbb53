"""What a person does to connections: the live test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from integrations.models import Connection
from integrations.services import connections as services
from portal.site import Done, PersonAction, person


class TestConnection(PersonAction):
    """The live test. It reads only, so nothing is asked before."""

    name, label, many, confirm = "test", "Test connection", False, False
    form = forms.Form

    def perform(self, request: HttpRequest, rows: QuerySet[Connection], data: Mapping[str, Any]) -> Done:
        connection = Connection.objects.select_related("tenant").get(pk=rows.get().pk)
        steps = services.check_connection(connection, actor=person(request))
        failed = [s for s in steps if not s.ok]
        if failed or not steps:
            return Done(
                "",
                _("%(connection)s does not work: %(problem)s")
                % {"connection": connection, "problem": failed[0].detail if failed else _("nothing could be tested.")},
            )
        return Done(_("%(connection)s works: all %(n)s steps passed.") % {"connection": connection, "n": len(steps)})
