"""The page on which rules of a flow are edited and tried: the same for the portal and the staff."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from integrations import rule_files
from integrations.flows.contract import Choices, RuleTable, Tried
from integrations.models import Flow, MappingVersion
from integrations.rule_files import Change
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
    changes: list[Change] | None = None
    """What saving would change, where the rules come from a file or an earlier version; None: they were entered."""
    came_from: str = ""
    """Which file or version that is."""
    versions: list[MappingVersion]
    """Earlier ones whose rules can be taken again."""
    file: HttpResponse | None = None
    """The rules as a file, where that was asked for."""


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
        versions=services.versions_with_rules(flow, table),
    )
    if entered is None:
        if "csv" in request.GET:
            page.file = _file(flow, table)
        return page
    if how in ("import", "version"):
        _take(request, page)
        return page
    if not page.rules.is_valid():
        page.problems = (_("A rule cannot be used as it was entered: see below."), *page.rules.non_form_errors())
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


def _take(request: HttpRequest, page: RulesPage) -> None:
    """Puts the rules of a file, or of an earlier version, into the form, and says what saving them would change. What
    is wrong with the file is said line by line; the form then shows the rules as they are."""
    flow, table = page.flow, page.table
    now = services.rules_of(flow, table)
    sent = request.FILES.get("file")
    if request.POST.get("how") == "version":
        number = request.POST.get("version", "")
        found = services.rules_of_version(flow, table, int(number)) if number.isdecimal() and len(number) < 9 else None
        page.came_from = _("version %(n)s") % {"n": number}
        problems = [] if found is not None else [_("There is no version %(n)s.") % {"n": number[:20]}]
    elif sent is None:
        found, problems = None, [_("Choose a file first.")]
    else:
        found, problems = rule_files.read(table, sent.read(rule_files.MOST_BYTES + 1))
        page.came_from = str(sent.name)
    if found is None or problems:
        page.problems = tuple(problems)
        page.rules = formset_of(table, now)
        return
    page.rules = formset_of(table, found)
    page.changes = rule_files.changes(table, now, found)


def _file(flow: Flow, table: RuleTable) -> HttpResponse:
    text = rule_files.written(table, services.rules_of(flow, table))
    # With a mark of order, so that spreadsheets know that it is UTF-8.
    response = HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    name = f"{flow.full_key}-rules-version-{flow.mapping_version}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
