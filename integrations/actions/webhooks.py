"""What a person does about a connection's webhooks: make their address, set the keys that sign them, have the system
send them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.models import Connection
from integrations.selectors.webhooks import Heard, endpoint_of
from integrations.services import webhooks as services
from integrations.systems.contract import System, WebhookCall
from integrations.systems.registry import all_systems
from integrations.systems.webhooks import RECEIVERS
from portal.site import Done, Line, PersonAction, Plan, person


class MakeAddress(PersonAction):
    """Makes the address. Nothing is called, and nothing comes before somebody tells it to the system."""

    name, label, many, confirm, superuser = "webhook-address", "Make webhook address", False, False, True
    form = forms.Form

    def offered(self, row: Connection) -> bool:
        return row.system in RECEIVERS and endpoint_of(row) is None

    def perform(self, request: HttpRequest, rows: QuerySet[Connection], data: Mapping[str, Any]) -> Done:
        services.endpoint_of(_whole(rows), actor=person(request))
        return Done(_("The address stands below. Only who knows it can send there."))


class KeysForm(forms.Form):
    keys = forms.CharField(
        label=gettext_lazy("Keys, one a line; a key in PEM has several"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 70, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Visma.net: the signature keys of the subscriptions. Orderful: user:password. "
            "Airbase: the secret of the endpoint, if it has one; without a key events are not "
            "checked. Basware: registering makes one. Adobe Commerce: the shop's public key (PEM, "
            "whole), Adobe's public keys of I/O Events with client-id: and your client id on a "
            "line of its own, or the shared key. While one is being changed, keep the old one "
            "beside the new one; an event may be signed with any of them. They can be written, "
            "but nobody can read them again."
        ),
    )
    keep = forms.BooleanField(
        label=gettext_lazy("Keep the stored ones too"),
        required=False,
        help_text=gettext_lazy("Until the system signs with the new one. Then set the new one alone."),
    )

    def clean_keys(self) -> list[str]:
        return services.keys_in(str(self.cleaned_data["keys"]))


class SetKeys(PersonAction):
    """Replaces the keys, or adds to them while they are changed."""

    name, label, many, superuser = "webhook-keys", "Set webhook keys", False, True
    form = KeysForm

    def offered(self, row: Connection) -> bool:
        return row.system in RECEIVERS

    def plan(self, request: HttpRequest, rows: QuerySet[Connection]) -> Plan:
        row = rows.get()
        known = endpoint_of(row)
        return Plan(
            title=_("Set webhook keys"),
            sentence=_(
                "These keys take the place of all that are stored, unless you keep those. Events that "
                "none of them signed are refused."
            ),
            lines=(Line(_("Connection"), row.name), Line(_("Stored now"), key_line(Heard(endpoint=known)))),
            warning=""
            if row.system not in ("visma", "basware")
            else _("Without a key every event of %(label)s is refused; polling goes on.")
            % {"label": all_systems()[row.system].label},
            button=_("Store them"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Connection], data: Mapping[str, Any]) -> Done:
        endpoint = services.endpoint_of(_whole(rows), actor=person(request))
        stored = services.set_keys(endpoint, data["keys"], actor=person(request), beside_old=bool(data["keep"]))
        return Done(ngettext("%(n)s key stored.", "%(n)s keys stored.", stored) % {"n": stored})


class RegisterWebhooks(PersonAction):
    """Asks the system to send its events to the address."""

    name, label, many, superuser = "webhook-register", "Register webhooks", False, True
    form = forms.Form

    def offered(self, row: Connection) -> bool:
        system = all_systems().get(row.system)
        return system is not None and system.register is not None

    def plan(self, request: HttpRequest, rows: QuerySet[Connection]) -> Plan:
        row = rows.get()
        may = self.offered(row)
        return Plan(
            title=_("Register webhooks"),
            sentence=_(
                "The system is asked by its subscription API to tell us of changes. Visma.net has "
                "removed that API for most customers; then the steps in its developer portal are "
                "shown. Basware tries the address out at once, and signs with a key that is made here."
            ),
            lines=(Line(_("Connection"), row.name),),
            warning=_("A webhook is a hint and no more: whether or not this works, everything is found by polling."),
            refusal="" if may else _("The webhooks of this system are set up in the system itself."),
            button=_("Register"),
        )

    def perform(self, request: HttpRequest, rows: QuerySet[Connection], data: Mapping[str, Any]) -> Done:
        steps = services.register(_whole(rows), actor=person(request))
        failed = [step for step in steps if not step.ok]
        if failed:
            return Done("", _("Not registered: %(detail)s What to do stands below.") % {"detail": failed[0].detail})
        return Done(_("Registered: %(names)s.") % {"names": ", ".join(step.name for step in steps)})


class _Asked(PersonAction):
    """An action that asks the system about its webhooks. Offered where the system can be asked."""

    many, superuser = False, True
    form = forms.Form
    sentence, button = "", ""

    def call_of(self, system: System) -> WebhookCall | None:
        raise NotImplementedError

    def offered(self, row: Connection) -> bool:
        system = all_systems().get(row.system)
        return system is not None and self.call_of(system) is not None

    def plan(self, request: HttpRequest, rows: QuerySet[Connection]) -> Plan:
        row = rows.get()
        return Plan(
            title=str(self.label),
            sentence=self.sentence,
            lines=(Line(_("Connection"), row.name),),
            refusal="" if self.offered(row) else _("The webhooks of this system are set up in the system itself."),
            button=self.button,
        )


class ListWebhooks(_Asked):
    """Which webhooks the system sends, and where."""

    name, label = "webhook-list", "List webhooks"
    sentence, button = "The system is asked which webhooks it sends, and where to. Nothing is changed.", "Ask"

    def call_of(self, system: System) -> WebhookCall | None:
        return system.registered

    def perform(self, request: HttpRequest, rows: QuerySet[Connection], data: Mapping[str, Any]) -> Done:
        steps = services.registered(_whole(rows), actor=person(request))
        mine = [step.name for step in steps if step.ok]
        said = _("Sent here: %(names)s. All that there are stand below.") % {"names": ", ".join(mine)}
        return Done(said) if mine else Done("", _("None is sent here. What there is stands below."))


class RemoveWebhooks(_Asked):
    """Asks the system to send nothing here any more."""

    name, label = "webhook-remove", "Remove webhooks"
    sentence = "The system is asked to send its webhooks here no more. Everything is still found by polling, later."
    button = "Remove"

    def call_of(self, system: System) -> WebhookCall | None:
        return system.unregister

    def perform(self, request: HttpRequest, rows: QuerySet[Connection], data: Mapping[str, Any]) -> Done:
        steps = services.unregister(_whole(rows), actor=person(request))
        failed = [step for step in steps if not step.ok]
        if failed:
            return Done("", _("Not removed: %(detail)s") % {"detail": failed[0].detail})
        return Done(_("No webhooks come here any more."))


def _whole(rows: QuerySet[Connection]) -> Connection:
    return Connection.objects.select_related("tenant").get(pk=rows.get().pk)


def key_line(heard: Heard) -> str:
    """What may be said of the keys."""
    return ", ".join(_("fingerprint %(one)s") % {"one": one} for one in heard.fingerprints) or _("none")


WEBHOOK_ACTIONS = (MakeAddress, RegisterWebhooks, ListWebhooks, RemoveWebhooks, SetKeys)
"""In the order of their use. Superusers' in the admin, the owner's in the customers' portal."""
