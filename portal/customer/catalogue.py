"""Public pages, without a login: what can be connected, and what moves. Drawn from what systems and flows declare."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from integrations.flows.contract import FlowSpec
from integrations.flows.registry import flows_of_pair, pairs
from integrations.systems.contract import Setting, System
from integrations.systems.registry import system
from portal.common.language import spoken
from portal.customer.questions import questions


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems that can be connected."""

    key: str
    books: System
    partner: System
    flows: tuple[FlowSpec, ...]

    @property
    def outward(self) -> list[FlowSpec]:
        return [f for f in self.flows if f.direction == "out"]

    @property
    def inward(self) -> list[FlowSpec]:
        return [f for f in self.flows if f.direction == "in"]


def pair_called(key: str) -> Pair | None:
    """The pair, as visma-cleo; None for one that there is not."""
    if key not in pairs():
        return None
    books, _, partner = key.partition("-")
    flows = sorted(flows_of_pair(key), key=lambda f: (f.rank, f.label))
    return Pair(key, system(books), system(partner.replace("-", "_")), tuple(flows))


def catalogue(request: HttpRequest) -> HttpResponse:
    found = [pair_called(key) for key in pairs()]
    return TemplateResponse(request, "customer/catalogue.html", {"pairs": [p for p in found if p is not None]})


def pair(request: HttpRequest, pair: str) -> HttpResponse:
    row = pair_called(pair)
    if row is None:
        raise Http404
    context = {
        "pair": row,
        "sides": [(s, needed(s)) for s in (row.books, row.partner)],
        "others": related(row),
        "questions": questions(row.key, row.books, row.partner, row.flows),
    }
    return TemplateResponse(request, "customer/catalogue_pair.html", context)


def related(row: Pair) -> list[tuple[Pair, list[str]]]:
    """The other pairs, each with what both move; those with the most in common first."""
    own = {f.entity for f in row.flows}
    others = [p for key in pairs() if key != row.key and (p := pair_called(key)) is not None]
    found = [(p, list(dict.fromkeys(spoken(f.label) for f in p.flows if f.entity in own))) for p in others]
    return sorted(found, key=lambda one: (-len(one[1]), one[0].key))


def needed(side: System) -> list[Setting]:
    """What must be at hand to connect a system."""
    return [s for s in side.settings if s.required]
