"""A second opinion from pyx12, on the same description: accept or reject, and its list of errors.

Not pyx12's own ``x12n_document``: that accepts whole sets that it has skipped, drops what follows an empty segment, and
raises on a missing GS. This driver walks pyx12's map model over a transaction set that our reader has found, so nothing
can be skipped, and turns every exception into an error. It is for tests and for doubt, not for traffic: it takes about
twenty times as long as ``edi.x12.validate``.

Where the two opinions are known to differ, ``difference`` says by which rule.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pyx12.map_walker
import pyx12.params
import pyx12.segment
from pyx12.errors import EngineError
from pyx12.map_if import load_map_file

from edi.x12.findings import Finding
from edi.x12.maps import standard
from edi.x12.maps.generate import map_name, write_maps
from edi.x12.segments import Segment, Separators, TransactionSet

DEFAULT_SEPARATORS = Separators()


class Opinion(msgspec.Struct, frozen=True):
    """One error of pyx12. ``code`` is AK304 for a segment, AK403 for an element (``element`` > 0)."""

    position: int
    segment: str
    element: int
    code: str
    text: str


class Verdict(msgspec.Struct, frozen=True):
    """What pyx12 says about one transaction set."""

    opinions: tuple[Opinion, ...]

    @property
    def accepted(self) -> bool:
        """True when pyx12 has nothing to say, apart from unnecessary spaces (a warning for us)."""
        return not any(not is_style(opinion) for opinion in self.opinions)


def is_style(opinion: Opinion) -> bool:
    """pyx12 rejects trailing spaces; for us they are a warning: they change no meaning, and real senders pad."""
    return "unnecessary trailing spaces" in opinion.text


def difference(tset: TransactionSet, findings: Sequence[Finding], verdict: Verdict) -> str:
    """Why our ``findings`` and pyx12's ``verdict`` differ: the name of a rule, ``""`` when none explains it.

    ``repeated-trigger``: when a loop's trigger follows itself, pyx12 does not look for the mandatory segments of the
    repeat that ends. ``sign-only``: pyx12 takes ``-`` for a number. ``repetition``: it takes the repetition separator
    for data. ``letters``: it knows no letters beyond ASCII, and ``^`` and the backquote only from 005010 on.
    """
    ours = [finding for finding in findings if finding.is_error and finding.level != "meaning"]
    theirs = [opinion for opinion in verdict.opinions if not is_style(opinion)]
    if ours and not theirs:
        rules = {_why_only_ours(tset, finding) for finding in ours}
    elif theirs and not ours:
        rules = {_why_only_theirs(tset, opinion) for opinion in theirs}
    else:
        return ""
    return rules.pop() if len(rules) == 1 else ""


def _why_only_ours(tset: TransactionSet, finding: Finding) -> str:
    segments = tset.segments
    if finding.code == "mandatory-missing" and finding.position > 1:
        before, after = segments[finding.position - 2 : finding.position]
        return "repeated-trigger" if before.tag == after.tag else ""
    if finding.code == "not-a-number" and finding.value == "-":
        return "sign-only"
    return "repetition" if finding.code == "separator-in-data" else ""


def _why_only_theirs(tset: TransactionSet, opinion: Opinion) -> str:
    value = tset.segments[opinion.position - 1].get(opinion.element)
    is_foreign = not value.isascii() or "^" in value or "`" in value
    return "letters" if opinion.code == "6" and is_foreign else ""


def judge(tset: TransactionSet, version: str, *, separators: Separators = DEFAULT_SEPARATORS) -> Verdict:
    """Structure and elements of ``tset`` by pyx12 with our maps of ``version``.

    An unknown version or set is a rejection, as is an exception inside pyx12.
    """
    described = standard(version)
    if described is None or tset.set_id not in described.sets:
        return Verdict((Opinion(1, "ST", 1, "", f"no map for {version} {tset.set_id}"),))
    try:
        return Verdict(tuple(_walk(tset, described.version, separators)))
    except (EngineError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        return Verdict((Opinion(1, "ST", 0, "", f"pyx12 failed: {type(error).__name__}: {error}"),))


def _walk(tset: TransactionSet, version: str, separators: Separators) -> list[Opinion]:
    root = _map(version, tset.set_id)
    node = root.getnodebypath("/ISA_LOOP/GS_LOOP/ST_LOOP/ST")
    walker = pyx12.map_walker.walk_tree()
    walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP/ST_LOOP", "/ISA_LOOP/GS_LOOP/ST_LOOP/ST")
    opinions: list[Opinion] = []
    segments = [*tset.body] if tset.se is None else [*tset.body, tset.se]
    _check_elements(node, _segment(tset.st, separators), 1, opinions)
    for position, segment in enumerate(segments, start=2):
        data = _segment(segment, separators)
        found, _, _, errors = walker.walk_errors(node, data, position, position, None)
        for error in errors:
            missing = error.seg_data.get_seg_id() if error.seg_data is not None else segment.tag
            opinions.append(Opinion(position, missing, 0, error.err_cde, error.err_str))
        if found is not None:
            node = found
            _check_elements(found, data, position, opinions)
    return opinions


def _check_elements(node: Any, data: pyx12.segment.Segment, position: int, opinions: list[Opinion]) -> None:
    _, errors = node.is_valid_errors(data)
    for error in errors:
        digits = str(error.refdes or "")[len(data.get_seg_id()) :][:2]  # "N403"; a number for relational notes
        element = int(digits) if digits.isdecimal() else 0
        opinions.append(Opinion(position, data.get_seg_id(), element, error.err_cde, error.err_str))


def _segment(segment: Segment, separators: Separators) -> pyx12.segment.Segment:
    """The segment as pyx12 holds it, with control characters in the place of separators that data cannot contain."""
    parts = [segment.tag, *segment.elements]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    component = separators.component or "\x1f"
    return pyx12.segment.Segment("\x1d".join(parts), "\x1c", "\x1d", component)


@cache
def _map(version: str, set_id: str) -> Any:
    """The map of one set; loaded once, and only read by pyx12 afterwards."""
    params = pyx12.params.ParamsBase()
    return load_map_file(map_name(version, set_id), params, str(_folder(version)))


@cache
def _folder(version: str) -> Path:
    """A folder with the maps of ``version``, written once a process and removed at its end."""
    described = standard(version)
    assert described is not None  # noqa: S101 - judge() checked it
    folder = Path(_temporary().name) / version
    folder.mkdir()
    write_maps(described, folder)
    return folder


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="x12-maps-")
