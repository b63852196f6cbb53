"""A transaction set as an automaton: from each place, where each segment leads, and what was skipped on the way.

Places are the segment uses of the set, in order. ``Place.moves`` holds the ways found so far; a way is searched once
(``Grammar.move``) and kept, so walking a document costs one dictionary look-up a segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edi.x12.maps.model import UNLIMITED, Loop, Node, SegmentDef, SegmentUse, SetDef

SELF, ENTER, REPEAT, ON = range(4)
"""Kinds of move: the same place again; into a loop; the loop again; on to a later place."""


@dataclass(slots=True, eq=False)
class Place:
    """One segment use of a set. ``moves`` by tag; a tag that leads nowhere from here is not in it."""

    index: int
    use: SegmentUse
    loop: LoopPlace
    depth_index: int
    """Position among the children of its loop; 0 is the trigger."""
    moves: dict[str, Move] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """``"PO1"``."""
        return self.use.segment.tag


@dataclass(slots=True, eq=False)
class LoopPlace:
    """A loop of the set, or (``parent`` None) the set itself."""

    index: int
    id: str
    mandatory: bool
    repeat: int
    parent: LoopPlace | None
    depth_index: int
    children: list[Place | LoopPlace] = field(default_factory=list)
    tags: frozenset[str] = frozenset()
    """Tags of the segments that stand directly in it."""
    is_forbidden: bool = False

    @property
    def trigger(self) -> Place:
        """The segment that starts it."""
        first = self.children[0]
        return first if isinstance(first, Place) else first.trigger


@dataclass(slots=True, eq=False)
class Move:
    """A way from one place to ``target``; ``missing`` are the mandatory segments that it skips."""

    target: Place
    kind: int
    missing: tuple[Place, ...]
    is_plain: bool
    """True where nothing has to be counted or reported."""


class Grammar:
    """The automaton of one transaction set. Read by many threads at once: filling ``moves`` twice does no harm."""

    def __init__(self, definition: SetDef) -> None:
        self.definition = definition
        self.places: list[Place] = []
        self.loops: list[LoopPlace] = []
        self.root = self._loop(Loop("", True, 1, definition.nodes), None, 0)
        self.start = self.root.trigger
        self.by_tag: dict[str, list[Place]] = {}
        for place in self.places:
            self.by_tag.setdefault(place.tag, []).append(place)

    def _loop(self, loop: Loop, parent: LoopPlace | None, depth_index: int) -> LoopPlace:
        place = LoopPlace(len(self.loops), loop.id, loop.mandatory, loop.repeat, parent, depth_index)
        place.is_forbidden = loop.forbidden
        self.loops.append(place)
        for index, node in enumerate(loop.children):
            place.children.append(self._node(node, place, index))
        place.tags = frozenset(child.tag for child in place.children if isinstance(child, Place))
        return place

    def _node(self, node: Node, parent: LoopPlace, index: int) -> Place | LoopPlace:
        if isinstance(node, Loop):
            return self._loop(node, parent, index)
        place = Place(len(self.places), node, parent, index)
        self.places.append(place)
        return place

    def segments(self) -> Iterator[SegmentDef]:
        """Definitions of all places."""
        return (place.use.segment for place in self.places)

    def move(self, place: Place, tag: str) -> Move | None:
        """The way from ``place`` by a segment ``tag``, or None when it cannot follow here."""
        known = place.moves.get(tag)
        if known is None and tag in self.by_tag:
            known = self._search(place, tag)
            if known is not None:
                place.moves[tag] = known
        return known

    def _search(self, place: Place, tag: str) -> Move | None:
        if place.tag == tag and place.depth_index > 0:
            return Move(place, SELF, (), place.use.max_use == UNLIMITED)
        missing: list[Place] = []
        loop: LoopPlace | None = place.loop
        index = place.depth_index
        while loop is not None:
            for child in loop.children[index + 1 :]:
                target = child if isinstance(child, Place) else child.trigger
                if target.tag == tag:
                    return self._arrive(child, target, missing)
                if child.mandatory if isinstance(child, LoopPlace) else child.use.mandatory:
                    missing.append(target)
            if loop.parent is not None and loop.trigger.tag == tag:
                return Move(loop.trigger, REPEAT, tuple(missing), False)
            index, loop = loop.depth_index, loop.parent
        return None

    @staticmethod
    def _arrive(child: Place | LoopPlace, target: Place, missing: list[Place]) -> Move:
        if isinstance(child, LoopPlace):
            return Move(target, ENTER, tuple(missing), False)
        return Move(target, ON, tuple(missing), not missing and not target.use.forbidden)

    def reachable_loops(self, place: Place) -> Iterator[LoopPlace]:
        """Loops whose trigger may follow ``place``: those inside and behind it, the loop again, and so on outwards."""
        loop: LoopPlace | None = place.loop
        index = place.depth_index
        while loop is not None:
            yield from (child for child in loop.children[index + 1 :] if isinstance(child, LoopPlace))
            if loop.parent is not None:
                yield loop
            index, loop = loop.depth_index, loop.parent

    def earlier(self, place: Place, tag: str) -> Place | None:
        """The place of ``tag`` that was passed already in the loops around ``place``, innermost first."""
        loop: LoopPlace | None = place.loop
        while loop is not None:
            for child in loop.children:
                if isinstance(child, Place) and child.tag == tag:
                    return child
                if isinstance(child, LoopPlace) and child.trigger.tag == tag:
                    return child.trigger
            loop = loop.parent
        return None
