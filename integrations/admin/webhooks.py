"""How a connection's webhooks are, on its page."""

from __future__ import annotations

from integrations.actions.webhooks import key_line
from integrations.models import Connection
from integrations.selectors.webhooks import Heard, heard_of
from integrations.services import webhooks as services
from portal.site import Drawn, Facts, Line, ago

ASKED = "Webhooks, as the system was asked last"


def webhook_sections(row: Connection, *, show_address: bool) -> list[Facts | Drawn]:
    """How news of the connection's system comes: by events, and by polling."""
    heard = heard_of(row)
    if heard is None:
        return []
    zone, endpoint = row.tenant.time_zone, heard.endpoint
    address: object = "none yet: press Make webhook address"
    if endpoint is not None:
        address = services.address_of(endpoint) if show_address else "set; superusers see it"
    lines = [
        Line("Address", address),
        Line("Keys", key_line(heard)),
        Line("Last event", ago(endpoint.last_event_at if endpoint else None, zone=zone)),
        *_events(heard),
        Line("Last poll", ago(heard.polled_at, zone=zone)),
    ]
    if endpoint is not None and endpoint.last_refused_at is not None:
        lines.append(Line("Last refused", ago(endpoint.last_refused_at, zone=zone)))
        lines.append(Line("Because", endpoint.last_refusal))
    found: list[Facts | Drawn] = [Facts(title="Webhooks", lines=lines)]
    if endpoint is not None and endpoint.registration:
        values = {"steps": endpoint.registration, "at": endpoint.registered_at}
        found.append(Drawn(title=ASKED, template="staff/sections/steps.html", values=values))
    return found


def _events(heard: Heard) -> list[Line]:
    """What the newest event was, and how many meant nothing to us."""
    if not heard.newest_state:
        return []
    lines = [Line("It was", f"{heard.newest_kind or 'without a type'}: {heard.newest_state}")]
    if heard.parked:
        kinds = ", ".join(kind or "none" for kind in heard.parked_kinds)
        lines.append(Line("Parked", f"{heard.parked:,} of unknown type: {kinds}"))
    return lines
