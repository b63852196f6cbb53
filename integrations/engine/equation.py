"""What became of everything that a run read: an equation that adds up in every case."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Subquery, Value, When
from django.utils.translation import gettext_noop

from integrations.models import Delivery, Record, Run, State

WORST_FIRST = (
    State.FAILED,
    State.IN_DOUBT,
    State.WAITING,
    State.PENDING,
    State.SENDING,
    State.ACCEPTED,
    State.DISMISSED,
    State.DELIVERED,
    State.NO_EFFECT,
    State.SUPERSEDED,
)
"""A record that several flows took, or that needs several writes, counts once: by what somebody must know first."""


@dataclass(frozen=True, slots=True)
class Term:
    """One part of what was read."""

    key: str
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Equation:
    """read = the sum of all terms."""

    read: int
    terms: tuple[Term, ...]

    @property
    def adds_up(self) -> bool:
        return self.read == sum(t.number for t in self.terms)

    def of(self, key: str) -> int:
        """The number of one term, 0 for one that is not there."""
        return next((t.number for t in self.terms if t.key == key), 0)


def read_equation(run: Run) -> Equation:
    """Everything that the run read, each item in one term. A replay counts in its original's place.

    Of a run that has not ended, or whose worker died, the items that said nothing new are not known: what it read is
    then what it kept.
    """
    newer = Delivery.objects.filter(
        record=OuterRef("record"), flow=OuterRef("flow"), operation=OuterRef("operation"), pk__gt=OuterRef("pk")
    )
    weights = [When(state=state, then=Value(place)) for place, state in enumerate(WORST_FIRST)]
    worst = (
        Delivery.objects.filter(~Exists(newer), record=OuterRef("pk"))
        .annotate(weight=Case(*weights, output_field=IntegerField()))
        .order_by("weight")
        .values("weight")[:1]
    )
    rows = Record.objects.filter(run=run).annotate(worst=Subquery(worst)).order_by()
    states = dict.fromkeys(WORST_FIRST, 0)
    captured = not_yet = nothing_to_cancel = untaken = 0
    for weight, waits, takers, number in rows.values_list("worst", "not_yet", "takers").annotate(n=Count("pk")):
        captured += number
        if weight is not None:
            states[WORST_FIRST[weight]] += number
        elif waits:
            not_yet += number
        elif takers:
            nothing_to_cancel += number
        else:
            untaken += number
    ended = run.outcome in (Run.Outcome.DONE, Run.Outcome.FAILED)
    history = min(run.history, untaken)
    terms = (
        Term("unchanged", gettext_noop("unchanged"), run.unchanged),
        *(Term(state.value, state.label, number) for state, number in states.items()),
        Term("not_yet", gettext_noop("not yet: their status is to change"), not_yet),
        Term("nothing_to_cancel", gettext_noop("cancelled before they were ever sent"), nothing_to_cancel),
        Term("history", gettext_noop("older than what was there"), history),
        Term("unrouted", gettext_noop("no flow took them"), untaken - history),
    )
    return Equation(run.read if ended else run.unchanged + captured, terms)
