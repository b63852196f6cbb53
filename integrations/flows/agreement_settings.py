"""Settings of an agreement that flows go by: what they may be. Others belong to EDI itself (`edi.models`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edi.models import Agreement
from integrations.systems.contract import Unmappable

CHOICES = {
    "orderful_api": ("auto", "v4", "v3"),
    "quantity_in": ("auto", "ordered", "left"),
    "change_notes": ("ask", "show"),
}
"""By which of its two APIs Orderful is given a document; in what a partner's order change states quantities; whether a
person answers a change that has notes, or they are merely shown because the partner writes the same into each. The
first is the default."""


def problems(settings: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong, by the name of the setting; {} where nothing is."""
    return {
        name: f"'{name}' is {settings[name]!r}, which is none of {', '.join(choices)}."
        for name, choices in CHOICES.items()
        if name in settings and settings[name] not in choices
    }


def choice(agreement: Agreement | None, name: str) -> str:
    """What an agreement says, or the default. Raises Unmappable for what cannot be."""
    settings = (agreement.settings or {}) if agreement is not None else {}
    wrong = problems(settings).get(name)
    if wrong:
        raise Unmappable(
            f"The agreement '{agreement}' has a wrong setting: {wrong}", remedy="Correct the agreement's settings."
        )
    return str(settings.get(name, CHOICES[name][0]))
