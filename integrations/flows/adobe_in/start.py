"""From when orders of a shop are posted. What was placed before stands in the books by other hands, and a shipment or a
comment that changes it later is no second sale."""

from __future__ import annotations

import datetime as dt

from integrations.flows.adobe_in.reading import ORDER, posting_flow, zone_of
from integrations.flows.contract import Job, Naming, Needs
from integrations.models import Flow
from integrations.systems.adobe import mapping
from integrations.systems.contract import Setting, Unmappable
from portal.common.clock import moment

SETTING = Setting(
    name="orders_from",
    label="Orders from",
    kind="moment",
    help="A day, as 2026-02-01, or a time, by the clocks of the books. Orders that were placed before are not posted, "
    "whatever happens to them later. Empty: the day that was chosen when the integration went live, else when this "
    "flow was first switched on. Say an earlier one to post what is older, too: read the period again, and send once "
    "more what came to no effect for it. Say a later one where orders were entered by hand while the flow was off.",
)
ON_ACCOUNT = Setting(
    name="on_account",
    label="Payment methods of orders that are delivered before they are paid",
    kind="json",
    default=["purchaseorder", "companycredit", "banktransfer", "checkmo", "cashondelivery"],
    shape=list[str],
    help="Their codes in the shop. An order of before “Orders from” that is cancelled later and was never paid or "
    "authorised is nothing to the books; of these methods somebody may have entered it all the same, so a person is "
    "asked.",
)
STARTS = (
    "Orders that were placed before that day are not posted, whatever happens to them later: the setting “Orders from” "
    "of the flow of orders."
)
"""What the day of going live means."""


def orders_from(job: Job) -> dt.datetime | None:
    """From when on; None where the flow of orders was never live, but for a dry run. Raises Unmappable for a setting
    that is no time."""
    flow = posting_flow(job)
    stated = str((flow.settings or {}).get(SETTING.name) or "").strip() if flow is not None else ""
    live_from = (flow.live_from if flow is not None else None) or job.would_be_live_from
    try:
        found = moment(stated, zone_of(job)) if stated else live_from
    except ValueError as error:
        raise Unmappable(
            f"The setting “{SETTING.label}” says {stated!r}, which is no day or time.",
            remedy="Correct it in the settings of the flow of orders.",
        ) from error
    return found.replace(microsecond=0) if found is not None else None  # the shop's times are whole seconds


def is_before(job: Job, at: dt.datetime | None) -> bool:
    """Whether something of the shop is of a time from which nothing is posted. What says no time is not."""
    start = orders_from(job)
    return start is not None and at is not None and at < start


def may_be_in_the_books(job: Job, payment_method: str) -> bool:
    """Whether an order that we did not post may have been entered by hand: shops cancel orders that nobody pays, and
    nobody enters those."""
    flow = posting_flow(job)
    on_account = ((flow.settings or {}) if flow is not None else {}).get(ON_ACCOUNT.name, ON_ACCOUNT.default)
    return payment_method in on_account or mapping.was_paid_for(job.raw)


def before_in_words(job: Job, at: dt.datetime | None) -> str:
    """As "on 2026-01-03, before 2026-02-01, from when orders are posted (setting “Orders from”)"."""
    start, zone = orders_from(job), zone_of(job)
    if start is None or at is None:
        return ""
    made, begin = at.astimezone(zone), start.astimezone(zone)
    day, when = f"{made:%Y-%m-%d}", f"{begin:%Y-%m-%d}"
    if made.date() == begin.date():
        day, when = f"{made:%Y-%m-%d %H:%M:%S}", f"{begin:%H:%M:%S}"
    elif begin.time() != dt.time():
        when = f"{begin:%Y-%m-%d %H:%M}"
    return f"on {day}, before {when}, from when orders are posted (setting “{SETTING.label}”)"


def wait_for_a_person(job: Job, order_id: str, number: str, placed: dt.datetime | None, *, what: str) -> Needs:
    """What is to be raised where an order that was not posted by us is taken back: somebody says at once which invoice
    it is, or does it by hand."""
    return Needs(
        ORDER,
        order_id,
        words=f"somebody to say which invoice of Visma.net is that of order {number}, placed "
        f"{before_in_words(job, placed)},",
        remedy=f"Say on its page which invoice it is: then {what} becomes a credit note to its customer. Or, if the "
        "order is in the books at all, make the credit note by hand in Visma.net; then dismiss this.",
        deadline=dt.timedelta(0),
    )


def _number_of_invoice(flow: Flow, named: str) -> str:
    if not named.strip():
        raise Unmappable("Say the number of the invoice.")
    return named.strip()


NAMING = Naming(
    label="Invoice of the order in Visma.net",
    help="Its number, as 100123. Credit notes that are made for the order go to the customer of that invoice.",
    offered=lambda flow: [],
    meant=_number_of_invoice,
)
