"""Questions that people ask before they connect two systems. What can be told from what systems and flows declare "
"is told
from there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.flows.contract import FlowSpec
from integrations.systems.contract import System


@dataclass(frozen=True, slots=True)
class Question:
    asked: str | Promise
    answer: str | Promise


OF_PAIRS: dict[str, tuple[Question, ...]] = {
    "visma-cleo": (
        Question(
            gettext_lazy("In which format do my trading partners get documents?"),
            gettext_lazy(
                "As each one wants them: X12 004010 or 005010, EDIFACT D.96A, or JSON. It stands in the agreement "
                "with "
                "the trading partner, as do folder, ids and delimiters."
            ),
        ),
        Question(
            gettext_lazy("What comes back?"),
            gettext_lazy(
                "Acknowledgments, order responses and ship notices. They stand beside the document that they "
                "answer; one "
                "that does not come in time is an issue."
            ),
        ),
    ),
    "visma-orderful": (
        Question(
            gettext_lazy("Can I test with a trading partner before it is real?"),
            gettext_lazy(
                "Yes. Integrations and agreements have a stream, test or live. Everything begins as test, and going "
                "live "
                "is a step of its own for each trading partner."
            ),
        ),
        Question(
            gettext_lazy("What if a trading partner changes an order (860)?"),
            gettext_lazy(
                "Above a threshold that you choose a person approves it first. The order in the books is changed "
                "only "
                "where nobody touched the same fields meanwhile, and the partner gets an answer (865)."
            ),
        ),
    ),
    "visma-airbase": (
        Question(
            gettext_lazy("What becomes of a payment that was approved in Airbase?"),
            gettext_lazy(
                "A supplier payment in the books, found again by its stamp, released if you want it so, and its "
                "number "
                "reported to Airbase. The same payment is never booked twice."
            ),
        ),
        Question(
            gettext_lazy("Which account is it paid from?"),
            gettext_lazy(
                "The one that Airbase names, else the one that you choose from the cash accounts in your books, "
                "else the "
                "supplier's own."
            ),
        ),
    ),
    "visma-basware": (
        Question(
            gettext_lazy("When does an invoice count as delivered?"),
            gettext_lazy(
                "Not when Basware has taken the call, but when it says that the record was processed. What it "
                "refuses "
                "later comes back to its record as an issue."
            ),
        ),
        Question(
            gettext_lazy("Do attachments go along?"),
            gettext_lazy(
                "Those of supplier invoices, in the file types that you choose. What is left out is told, with the "
                "reason."
            ),
        ),
    ),
    "visma-adobe-commerce": (
        Question(
            gettext_lazy("How are accounts and VAT codes of web orders found?"),
            gettext_lazy(
                "By rules that you edit on a page of their own and try on a real order: it says which rule decided "
                "what."
            ),
        ),
        Question(
            gettext_lazy("Is anything changed in the shop?"),
            gettext_lazy(
                "Orders get comments, or an entry of an attribute of yours: what became of their invoice. Prices, "
                "stock and "
                "customers are left alone."
            ),
        ),
    ),
}
"""What is particular to a pair."""


def questions(key: str, books: System, partner: System, flows: Iterable[FlowSpec]) -> list[Question]:
    """The questions of a pair, those particular to it first."""
    names = {"books": books.label, "partner": partner.label}
    return [
        *OF_PAIRS.get(key, ()),
        Question(_("How soon does a change arrive?"), _how_soon(books, partner, list(flows))),
        Question(
            _("Does trying it out change anything?"),
            _(
                "No. The live test, the preview on real records and the dry run read in %(books)s and %(partner)s, "
                "and write "
                "in neither."
            )
            % names,
        ),
        Question(
            _("What happens to what is there already?"),
            _(
                "You choose the day from which on changes count, and how many documents of one read go without "
                "being asked "
                "about. A period before can be read later, by itself."
            ),
        ),
        Question(
            _("Can something be sent twice?"),
            _(
                "A document whose arrival is not known is looked for at the other side before anything is sent "
                "again. What "
                "cannot be told from there is decided by a person, never by guess."
            ),
        ),
        Question(
            _("What if a record cannot be sent?"),
            _(
                "It is an issue that says what is wrong with which record, what to do, and who. Other records go on. "
                "Corrected at its source, it goes by itself; it can also be edited and sent again."
            ),
        ),
        Question(
            _("Who sees personal and bank data?"),
            _("It is masked for everybody. Operators can show it, with a reason that stands in the activity."),
        ),
        Question(
            _("What if I want to stop?"),
            _(
                "Any flow can be paused, and sending stopped as a whole. What changes is captured on, and goes, in "
                "its order, "
                "when you go on."
            ),
        ),
    ]


def _how_soon(books: System, partner: System, flows: list[FlowSpec]) -> str:
    """By what the feeds of the flows declare; the schedule can be changed."""
    lines = []
    for side, system in (("books", books), ("partner", partner)):
        feeds = {f.feed: system.feed(f.feed) for f in flows if f.source == side}
        often = [feed.interval for feed in feeds.values() if not feed.cron]
        by_clock = any(feed.cron for feed in feeds.values())
        if often:
            lines.append(_("%(name)s is read %(often)s.") % {"name": system.label, "often": _often(min(often))})
        if by_clock:
            lines.append(_("Some of %(name)s is read at set times of day.") % {"name": system.label})
    lines.append(_("Schedules can be changed, and webhooks make it quicker where a system has them."))
    return " ".join(lines)


def _often(interval: dt.timedelta) -> str:
    minutes = max(1, int(interval.total_seconds() // 60))
    said: str = ngettext("every %d minute at most", "every %d minutes at most", minutes)
    return said % minutes
