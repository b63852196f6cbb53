"""Change lists that stay fast at a million rows: nothing is counted whole, and pages are found by key, not by
offset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from portal.site.filters import ChoiceFilter

COUNTED = 10_000
"""Rows that a list counts at most; beyond, it says so and asks for a narrower filter."""
KEY_DIGITS = 18
"""Digits that every primary key has room for."""
OLDER, NEWER = "_before", "_after"

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator


class CappedPaginator(_Paginator):
    """Counts no further than COUNTED, so that the cost of a page does not grow with the table."""

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNTED)

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        return rows.order_by()[: COUNTED + 1].count() if isinstance(rows, QuerySet) else len(rows)

    @property
    def is_more(self) -> bool:
        return self._counted > COUNTED


@dataclass(frozen=True, slots=True)
class Chip:
    """A narrowing that came with a link, and the address of the list without it."""

    text: str
    without: str


class StaffChangeList(ChangeList):
    """A list with its filters as tabs and selects above it, and pages of a capped count."""

    keyset = False

    @property
    def tabs(self) -> list[ChoiceFilter]:
        return [f for f in self._own_filters if f.as_tabs]

    @property
    def selects(self) -> list[ChoiceFilter]:
        return [f for f in self._own_filters if not f.as_tabs]

    @property
    def _own_filters(self) -> list[ChoiceFilter]:
        return [f for f in self.filter_specs if isinstance(f, ChoiceFilter)]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters that the form of selects must carry on."""
        in_form = {f.parameter_name for f in self.selects} | {"q", PAGE_VAR, OLDER, NEWER}
        return [(name, value) for name, value in self.params.items() if name not in in_form]

    @property
    def chips(self) -> list[Chip]:
        """What a link narrowed the list to, beside its own filters."""
        own = {f.parameter_name for f in self._own_filters} | {"q", "o", PAGE_VAR, OLDER, NEWER}
        return [
            Chip(f"{self._named(name)}: {value}", self.get_query_string(remove=[name]))
            for name, value in self.params.items()
            if name not in own
        ]

    def _named(self, parameter: str) -> str:
        name, _, lookup = parameter.partition("__")
        try:
            label = str(getattr(self.opts.get_field(name), "verbose_name", name))
        except FieldDoesNotExist:
            label = name
        return label + {"gte": " from", "lt": " before"}.get(lookup, "")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query or self.chips or any(f.value() != f.default for f in self._own_filters))

    @property
    def filter_query(self) -> str:
        """The narrowing as a query string, by which an action finds the same rows again."""
        return self.get_query_string(remove=[PAGE_VAR]).removeprefix("?")

    @property
    def summary(self) -> str:
        """How many rows there are, as far as it is known."""
        paginator = self.paginator
        if isinstance(paginator, CappedPaginator) and paginator.is_more:
            return f"More than {COUNTED:,} {self.opts.verbose_name_plural}; narrow the list to see the rest."
        count = self.result_count
        return f"{count:,} {self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural}"


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """One page of a list that is newest first, by primary key."""

    rows: list[Any]
    newer: int | None
    """The key that the page of newer rows is found by; None when there is none."""
    older: int | None


def keyset_page(rows: QuerySet[Any], *, before: int | None, after: int | None, size: int) -> KeysetPage:
    """The rows older than the key `before`, or newer than `after`: the last page costs what the first one costs."""
    if after is not None:
        page = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        has_newer, has_older = len(page) > size, True
        page = page[:size][::-1]
    else:
        older = rows if before is None else rows.filter(pk__lt=before)
        page = list(older.order_by("-pk")[: size + 1])
        has_newer, has_older = before is not None, len(page) > size
        page = page[:size]
    return KeysetPage(page, page[0].pk if has_newer and page else None, page[-1].pk if has_older and page else None)


class Newest(StaffChangeList):
    """Newest first, by primary key. A page is found by the key of its neighbour, so the last page costs what the
    first one costs."""

    keyset = True

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self._before, self._after = row_key(request.GET.get(OLDER)), row_key(request.GET.get(NEWER))
        super().__init__(request, *args, **kwargs)
        for name in (OLDER, NEWER):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        return {k: v for k, v in found.items() if k not in (OLDER, NEWER)}

    def get_query_string(self, new_params: dict[str, Any] | None = None, remove: Iterable[str] | None = None) -> str:
        text: str = super().get_query_string(new_params, [*(remove or []), OLDER, NEWER])
        return text

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        size = self.list_per_page
        found = keyset_page(self.queryset, before=self._before, after=self._after, size=size)
        self.result_list = found.rows
        self.result_count = len(found.rows)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = CappedPaginator(found.rows, size)
        self._neighbours = (found.newer, found.older)

    @property
    def newest_href(self) -> str:
        return "" if self._before is None and self._after is None else self.get_query_string()

    @property
    def newer_href(self) -> str:
        return self._href(NEWER, self._neighbours[0])

    @property
    def older_href(self) -> str:
        return self._href(OLDER, self._neighbours[1])

    def _href(self, name: str, pk: int | None) -> str:
        if pk is None:
            return ""
        query = self.get_query_string().removeprefix("?")
        return f"?{query}&{name}={pk}" if query else f"?{name}={pk}"

    @property
    def summary(self) -> str:
        if self.older_href or self.newer_href:
            return f"{self.result_count} {self.opts.verbose_name_plural} on this page, newest first"
        return (
            f"{self.result_count} {self.opts.verbose_name if self.result_count == 1 else self.opts.verbose_name_plural}"
        )


def row_key(value: str | None) -> int | None:
    """A primary key out of an address; None for what is none."""
    return int(value) if value and value.isdecimal() and len(value) <= KEY_DIGITS else None
