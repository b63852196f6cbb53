"""What a description is compiled to, so that checking a document is fast; built on first use and kept."""

from __future__ import annotations

from functools import lru_cache

from edi.x12.compiled.grammar import Grammar, Place
from edi.x12.compiled.patterns import SEPARATOR, segment_pattern
from edi.x12.guides import Guide, definition_for
from edi.x12.maps.model import Note, SegmentDef

_KEPT_PRESENCES = 4096


class SegmentCheck:
    """The fast check of one segment definition; ``accepts`` says yes, or "look closer"."""

    __slots__ = ("definition", "match", "notes", "pads", "presences", "size")

    def __init__(self, definition: SegmentDef, *, component: str, repetition: str, charset: str) -> None:
        self.definition = definition
        self.size = len(definition.elements)
        pattern = segment_pattern(definition, component=component, repetition=repetition, charset=charset)
        self.match = pattern.fullmatch
        self.pads = [SEPARATOR * (self.size - count + 1) for count in range(self.size + 1)]
        """What to put behind ``count`` elements (of which ``count - 1`` separators stand already)."""
        self.notes: tuple[Note, ...] = definition.notes
        self.presences: set[bytes] = set()
        """Patterns of present and absent elements that keep all notes."""

    def remember(self, presence: bytes) -> None:
        """Keep a pattern of present elements that was found to be good."""
        if len(self.presences) < _KEPT_PRESENCES:
            self.presences.add(presence)


class CompiledSet:
    """Grammar and segment checks of one transaction set, for one pair of component and repetition separators."""

    def __init__(self, grammar: Grammar, *, component: str, repetition: str, charset: str = "") -> None:
        self.grammar = grammar
        self.charset = charset
        self._separators = component, repetition
        self._by_definition: dict[int, SegmentCheck] = {}
        self.checks: list[SegmentCheck | None] = [None] * len(grammar.places)

    def check_of(self, place: Place) -> SegmentCheck:
        """The segment check of ``place``, compiled now if need be."""
        check = self.checks[place.index]
        if check is None:
            definition = place.use.segment
            check = self._by_definition.get(id(definition))
            if check is None:
                component, repetition = self._separators
                check = SegmentCheck(definition, component=component, repetition=repetition, charset=self.charset)
                self._by_definition[id(definition)] = check
            self.checks[place.index] = check
        return check


@lru_cache(maxsize=256)
def compiled_grammar(version: str, set_id: str, guide: Guide | None) -> Grammar | None:
    """The automaton of a set, or None when the version or the set is not described."""
    definition = definition_for(version, set_id, guide)
    return None if definition is None else Grammar(definition)


@lru_cache(maxsize=512)
def compiled_set(version: str, set_id: str, guide: Guide | None, component: str, repetition: str) -> CompiledSet | None:
    """Everything to check a set with, or None when the version or the set is not described."""
    grammar = compiled_grammar(version, set_id, guide)
    if grammar is None:
        return None
    charset = "" if guide is None else guide.charset
    return CompiledSet(grammar, component=component, repetition=repetition, charset=charset)
