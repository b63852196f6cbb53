"""The page on which rules of a flow are edited and tried: the same for the portal and the staff."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from integrations.flows.contract import Choices, RuleTable, Tried
from integrations.models import Flow
from integrations.rule_forms import RuleFormSet, formset_of
from integrations.services import rules as services
from portal.tenants.models import User


@dataclass(slots=True, kw_only=True)
class RulesPage:
    """What the page shows."""

    flow: Flow
    table: RuleTable
    rules: RuleFormSet
    seen: str
    """The mapping version that the person began with."""
    number: str = ""
    """Of the record that the rules are tried on."""
    numbers: list[str]
    """Some that can be chosen."""
    tried: Tried | None = None
    problems: tuple[str, ...] = ()
    live: bool = False
    """Whether what can be chosen was read from both systems."""
    offered: tuple[tuple[str, Choices], ...] = ()
    """By the names of the fields."""
    untold: tuple[str, ...] = ()
    """What could not be read of it."""
    saved: bool = False


def rules_page(request: HttpRequest, flow: Flow, actor: User) -> RulesPage | None:
    """GET: the rules. POST: reads what can be chosen (`how` = read), tries what was entered (try), or saves it. None
    for a flow without rules."""
    found = services.table_of(flow)
    if found is None:
        return None
    spec, table = found
    entered = request.POST if request.method == "POST" else None
    how = request.POST.get("how", "")
    live = bool(table.offers) and (how == "read" or (how == "try" and request.POST.get("live") == "1"))
    known = services.offered(flow) if live else services.Offered(choices={}, problems=())
    page = RulesPage(
        flow=flow,
        table=table,
        rules=formset_of(table, services.rules_of(flow, table), entered, known.choices),
        live=live,
        offered=tuple(known.choices.items()),
        untold=known.problems,
        seen=request.POST.get("seen", str(flow.mapping_version)),
        number=request.POST.get("number", "").strip(),
        numbers=services.newest_numbers(flow, spec),
    )
    if entered is None:
        return page
    if not page.rules.is_valid():
        page.problems = ("A rule cannot be used as it was entered: see below.", *page.rules.non_form_errors())
        return page
    try:
        if how == "try":
            entered_rules = page.rules.rules()
            page.tried = services.try_rules(flow, entered_rules, page.number)
            page.rules = formset_of(table, entered_rules, None, known.choices)  # numbered as they were tried
        elif how == "read":
            page.rules = formset_of(table, page.rules.rules(), None, known.choices)
        else:
            seen = int(page.seen) if page.seen.isdecimal() else -1
            services.save_rules(flow, page.rules.rules(), seen=seen, actor=actor)
            page.saved = True
    except ValidationError as error:
        page.problems = tuple(error.messages)
    return page


def has_rules(flow: Flow) -> bool:
    """Whether there is such a page."""
    return services.table_of(flow) is not None
