"""Whether the segments of a message stand where its type has a place for them."""

from __future__ import annotations

from edi.edifact.directory import SEGMENTS, STRUCTURES, Group, Node
from edi.edifact.segments import Message, Segment
from edi.x12.findings import Finding


def check_structure(message: Message) -> list[Finding]:
    """One finding for each segment that has no place, that stands too often or that is missing.

    Raises KeyError for a message type that is not described.
    """
    walk = _Walk(message)
    walk.take(STRUCTURES[message.type], frozenset())
    walk.rest()
    return walk.findings


def first_tags(nodes: tuple[Node, ...]) -> frozenset[str]:
    """The tags with which one of ``nodes`` can begin."""
    return frozenset(node.tag for node in nodes)


_PARTING = "UNS"
_GROUP = 12
"""Segments behind one that was left out that may belong to its group."""


class _Walk:
    """Takes segments greedily, as the standard is made for: at each place a tag has one meaning."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.at = 0
        self.findings: list[Finding] = []
        self.parting = max((i for i, segment in enumerate(message.body) if segment.tag == _PARTING), default=-1)
        self.known = _tags(STRUCTURES[message.type])
        self.has_skipped = False
        """Whether a segment was left out since the last one that was taken: what is missing now may be that one."""
        self.lost_at = -_GROUP
        """Where a segment was left out that may have begun a group."""

    @property
    def tag(self) -> str:
        return self.message.body[self.at].tag if self.at < len(self.message.body) else ""

    def take(self, nodes: tuple[Node, ...], outside: frozenset[str]) -> None:
        """Segments of ``nodes``, in their order. ``outside`` are the tags with which something behind them begins."""
        for place, node in enumerate(nodes):
            later = self._reachable(nodes[place + 1 :], outside)
            count = 0
            while True:
                self._skip_foreign(later | {node.tag})
                if self.tag != node.tag or (count == node.most and node.tag in later):
                    break
                if count == node.most and not self._is_near_lost():
                    self._say_too_often(node)
                count += 1
                self.at += 1
                self.has_skipped = False
                if isinstance(node, Group):
                    self.take(node.nodes, later | {node.tag})
            if node.mandatory and not count and not self.has_skipped:
                self._say_missing(node)

    def _reachable(self, nodes: tuple[Node, ...], outside: frozenset[str]) -> frozenset[str]:
        """The tags that may follow: those of ``nodes`` and what is behind them, but never beyond a UNS that is still to
        come. It parts lines and summary, which share tags: an amount that lost its group is no total."""
        if any(node.tag == _PARTING for node in nodes) and self.parting >= self.at:
            end = next(place for place, node in enumerate(nodes) if node.tag == _PARTING)
            return first_tags(nodes[: end + 1])
        return first_tags(nodes) | outside

    def rest(self) -> None:
        """What stands behind the end of the structure."""
        self._skip_foreign(frozenset())

    def _is_near_lost(self) -> bool:
        """Whether what stands here may belong to a group whose beginning was left out, which has been said."""
        return self.at - self.lost_at < _GROUP

    def _skip_foreign(self, expected: frozenset[str]) -> None:
        """Leave out what cannot stand here nor behind. A known segment at a wrong place is left out as well."""
        while self.tag and self.tag not in expected:
            segment, kind = self.message.body[self.at], self.message.type
            if segment.tag in self.known:
                text = f"{segment.tag} cannot stand here in {kind}. It must stand earlier, or one before it is missing."
                if not self._is_near_lost():
                    self._say("segment-order", text, segment, ack="15")
                    self.lost_at = self.at
            elif segment.tag in SEGMENTS:
                self._say("segment-not-in-message", f"{kind} has no segment {segment.tag}.", segment, ack="15")
                self.lost_at = self.at
            else:
                text = (
                    f"{segment.tag!r} is no segment of {kind}. Check how it is spelt, and for a separator in a value."
                )
                self._say("segment-unknown", text, segment, ack="15")
                self.lost_at = self.at
            self.at += 1
            self.has_skipped = True

    def _say_too_often(self, node: Node) -> None:
        segment = self.message.body[self.at]
        times = "once" if node.most == 1 else f"{node.most} times"
        what = f"The group of {node.tag}" if isinstance(node, Group) else node.tag
        self._say("too-often", f"{what} may stand here {times}; this is one more.", segment, ack="35")

    def _say_missing(self, node: Node) -> None:
        behind = self.message.body[self.at] if self.at < len(self.message.body) else self.message.trailer
        where = f" before the {behind.tag}" if behind is not None else " at the end"
        text = f"{node.tag} ({_name(node.tag)}) is missing{where}."
        self._say("mandatory-missing", text, behind or self.message.header, tag=node.tag, ack="13")

    def _say(self, code: str, text: str, segment: Segment, *, tag: str = "", ack: str) -> None:
        position = self.at + 2
        self.findings.append(
            Finding(
                level="segment",
                code=code,
                message=f"Segment {position}: {text}",
                segment=tag or segment.tag,
                position=position,
                offset=segment.offset,
                set_id=self.message.type,
                set_control=self.message.reference,
                ack_segment_code=ack,
            )
        )


def _tags(nodes: tuple[Node, ...]) -> frozenset[str]:
    inner = (_tags(node.nodes) for node in nodes if isinstance(node, Group))
    return first_tags(nodes).union(*inner)


def _name(tag: str) -> str:
    return SEGMENTS[tag].name if tag in SEGMENTS else "segment"
