"""Texts that people read and that stand in declarations, not in calls of gettext: what systems and flows declare, the
choices of the models, what actions are called. `manage.py messages` puts them into the catalogue, where `spoken` finds
them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps

import portal.customer.urls  # noqa: F401 – with it every action is there
from integrations.flows.contract import FlowSpec
from integrations.flows.registry import all_flows
from integrations.services.offers import list_words
from integrations.systems.contract import Setting, System
from integrations.systems.registry import all_systems
from portal.site import PersonAction

APPS = ("tenants", "edi", "integrations", "notices")
"""Whose models have choices that people see."""


SHOWN_VALUES = (
    # what networks call the state of a document
    *("valid", "invalid", "sent", "delivered", "failed", "accepted", "rejected"),
    # what a delivery does, and what was done to it
    *("send", "cancel", "recall", "approved", "dismissed", "edited", "exported", "forced", "refused", "reopened"),
    *("replayed", "settled", "snoozed", "woken", "opened", "resolved"),
    # what a dry run would do
    *("create", "change", "nothing", "not_yet", "wait", "keep"),
    *("supplier", "customer"),
    # what began a run
    *("schedule", "person", "webhook", "command"),
)
"""Values that are shown as they are stored, because their words are these."""


def declared_texts() -> list[str]:
    """Each text once, in order. Names of systems are names: they are the same in every language."""
    found = {
        *(text for system in all_systems().values() for text in _of_system(system)),
        *(text for flow in all_flows().values() for text in _of_flow(flow)),
        *_of_models(),
        *SHOWN_VALUES,
        *(list_words(f"{system.key}.{name}") for system in all_systems().values() for name in system.offers),
        *(text for action in _actions(PersonAction) for text in _of_action(action)),
    }
    return sorted(text for text in found if any(letter.isalpha() for letter in text))


def _of_system(system: System) -> Iterator[str]:
    yield from _of_settings(system.settings)


def _of_flow(flow: FlowSpec) -> Iterator[str]:
    yield from (flow.label, flow.starts)
    yield from (operation.label for operation in flow.operations)
    yield from _of_settings(flow.settings)
    for naming in flow.names.values():
        yield from (naming.label, naming.help)
    if flow.rules is not None:
        yield from (flow.rules.what, flow.rules.intro)
        yield from _of_settings((*flow.rules.when, *flow.rules.then))


def _of_settings(settings: Iterable[Setting]) -> Iterator[str]:
    for setting in settings:
        yield from (setting.label, setting.help)
        yield from (label for _, label in setting.choices)


def _actions(base: type[PersonAction]) -> Iterator[type[PersonAction]]:
    for action in base.__subclasses__():
        yield action
        yield from _actions(action)


def _of_action(action: type[PersonAction]) -> Iterator[str]:
    if action.__module__.startswith("integrations."):
        yield from (str(getattr(action, name, "")) for name in ("label", "sentence", "button"))


def _of_models() -> Iterator[str]:
    for name in APPS:
        for model in apps.get_app_config(name).get_models():
            for field in model._meta.get_fields():
                choices: Any = getattr(field, "choices", None) or ()
                yield from (str(label) for value, label in choices if value and field.name != "language")
