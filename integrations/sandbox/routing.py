"""Routes of a simulator: the decorator, and a matcher that can ignore the case of a path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

_PLACEHOLDER = re.compile(r"<(?:(?P<converter>[a-z]+):)?(?P<name>[a-zA-Z_]\w*)>")
_PATTERNS = {"string": r"[^/]+", "default": r"[^/]+", "int": r"\d+", "path": r".+?"}
_WEIGHTS = {"int": 1, "string": 2, "default": 2, "path": 3}
_ATTRIBUTE = "_sandbox_routes"


@dataclass(frozen=True, slots=True)
class Route:
    """One declared route. `open` routes need no credentials (token endpoints, discovery)."""

    method: str
    rule: str
    open: bool = False
    label: str = ""


def route(method: str, rule: str, *, open: bool = False, label: str = "") -> Callable[[Any], Any]:
    """Declare the decorated method as the handler of `method` `rule`.

    Rules use werkzeug's syntax: `<name>`, `<int:name>`, `<path:name>`. May be stacked.
    """

    def mark(handler: Any) -> Any:
        declared: list[Route] = getattr(handler, _ATTRIBUTE, [])
        setattr(handler, _ATTRIBUTE, [*declared, Route(method=method.upper(), rule=rule, open=open, label=label)])
        return handler

    return mark


def routes_of(simulator: object) -> Iterator[tuple[Route, Callable[..., Any]]]:
    """Every (route, bound handler) declared on the class of `simulator` and its bases."""
    for name in dir(type(simulator)):
        declared = getattr(getattr(type(simulator), name, None), _ATTRIBUTE, None)
        if declared:
            for entry in declared:
                yield entry, getattr(simulator, name)


@dataclass(frozen=True, slots=True)
class _Compiled:
    weight: tuple[int, ...]
    pattern: re.Pattern[str]
    converters: dict[str, str]
    route: Route
    handler: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Match:
    """A handler with the values of its placeholders."""

    route: Route
    handler: Callable[..., Any]
    arguments: dict[str, Any]


class Router:
    """Finds the handler of a raw (still percent-encoded) path; fixed segments win over placeholders."""

    def __init__(self, simulator: object, *, ignore_case: bool) -> None:
        flags = re.IGNORECASE if ignore_case else 0
        self._compiled = sorted(
            (_compile(entry, handler, flags) for entry, handler in routes_of(simulator)), key=_weight
        )

    def match(self, method: str, raw_path: str) -> Match | set[str]:
        """The match, or the set of methods the path knows: empty means that the path is unknown."""
        allowed: set[str] = set()
        wanted = "GET" if method == "HEAD" else method
        for compiled in self._compiled:
            if wanted != compiled.route.method and compiled.route.method in allowed:
                continue
            found = compiled.pattern.fullmatch(raw_path)
            if found is None:
                continue
            if compiled.route.method != wanted:
                allowed.add(compiled.route.method)
                continue
            arguments: dict[str, Any] = {}
            for name, value in found.groupdict().items():
                text = unquote(value)
                arguments[name] = int(text) if compiled.converters[name] == "int" else text
            return Match(compiled.route, compiled.handler, arguments)
        return allowed


def _weight(compiled: _Compiled) -> tuple[int, ...]:
    return compiled.weight


def _compile(entry: Route, handler: Callable[..., Any], flags: int) -> _Compiled:
    converters: dict[str, str] = {}
    segments: list[str] = []
    weight: list[int] = []
    for segment in entry.rule.strip("/").split("/"):
        heaviest, position, pieces = 0, 0, []
        for found in _PLACEHOLDER.finditer(segment):
            converter, name = found["converter"] or "default", found["name"]
            converters[name] = converter
            heaviest = max(heaviest, _WEIGHTS[converter])
            pieces += [re.escape(segment[position : found.start()]), f"(?P<{name}>{_PATTERNS[converter]})"]
            position = found.end()
        pieces.append(re.escape(segment[position:]))
        segments.append("".join(pieces))
        weight.append(heaviest)
    pattern = re.compile("/" + "/".join(segments) + "/?", flags)
    weight.append(4)  # more segments after a <path:...> are more special than their absence
    return _Compiled(tuple(weight), pattern, converters, entry, handler)
