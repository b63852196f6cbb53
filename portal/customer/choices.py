"""Choices for a form, read live from the systems: asked for after the page is there, so that no page waits for them."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from integrations.models import Connection
from integrations.services.offers import Offered, read_offers


def choices(request: HttpRequest, names: Iterable[str], connections: Iterable[Connection]) -> dict[str, object]:
    """What `parts/choices.html` needs: the lists where the address asks for them, else whether there are any."""
    wanted = list(names)
    asked = "choices" in request.GET
    offered: list[Offered] = read_offers(wanted, connections) if asked else []
    return {"choices": offered, "choices_asked": asked, "has_choices": bool(wanted)}
