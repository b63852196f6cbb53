"""What people see of kept bytes: pretty-printed, X12 and EDIFACT with the names of segments and elements, personal and
bank data masked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from edi.edifact.reading import decode_by_syntax, looks_like_edifact
from edi.viewing import InterchangeView, view
from edi.x12.decode import decode
from integrations.services.marking import Marked, mark
from portal.common.personal import IN_TEXT, PERSONAL
from portal.common.personal import masked_field as masked_field
from portal.common.redaction import MASK, mask_json

SHOWN = 400_000
"""Bytes that are prepared for a page; the rest is cut, and the page says so."""
SEGMENTS_SHOWN = 2_000

_FILE = re.compile(rb'"([A-Za-z0-9+/]{2000,}={0,2})"')
"""A file inside of JSON, as base64."""
_OF_PERSONS = frozenset({"name", "title", "value"})
"""What belongs to a person where it stands under a contact."""
Kind = Literal["json", "x12", "edifact", "text", "pruned", "empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Kept bytes, ready for a page."""

    kind: Kind
    size: int = 0
    text: str = ""
    """Of X12 or EDIFACT that came inside of JSON: the JSON around it."""
    view: InterchangeView | None = None
    """X12 and EDIFACT, segment by segment."""
    masked: int = 0
    """Values that are hidden."""
    cut: bool = False
    marked: Marked | None = None
    """`text` with the value that a problem is about."""


@dataclass(slots=True)
class _Mask:
    """Hides values, unless everything may be seen, and counts what it hid."""

    everything: bool
    hidden: int = 0

    def hide(self, value: str, *, by: str = MASK) -> str:
        if self.everything or not value:
            return value
        self.hidden += 1
        return by


def show(data: bytes | None, *, everything: bool = False, about: str = "") -> Shown:
    """What a page shows of `data`: None is pruned by retention, X12 and EDIFACT are taken apart, JSON is indented,
    anything else is text.

    Personal and bank data is masked unless `everything`: then the caller has left a trace in the audit trail
    (`reveal`). Secrets (passwords, tokens) are masked always. `about`: the path of the value that is to be marked.
    """
    if data is None:
        return Shown(kind="pruned")
    if not data:
        return Shown(kind="empty")
    readable = _without_files(data)
    cut, begin = len(readable) > SHOWN, readable[:SHOWN]
    text = (decode_by_syntax(begin) if looks_like_edifact(begin) else decode(begin)).text
    mask = _Mask(everything)
    taken_apart = _show_edi(text, mask, size=len(data), cut=cut)
    if taken_apart is not None:
        return taken_apart
    try:
        value = json.loads(text)
    except ValueError:
        return Shown(
            kind="text",
            size=len(data),
            text=text if everything else _hide_in_text(text, mask),
            masked=mask.hidden,
            cut=cut,
        )
    embedded = _embedded_edi(value)
    if embedded is not None:
        around, inner = embedded
        shown = _show_edi(inner, mask, size=len(data), cut=cut)
        if shown is not None:
            wrapped = json.dumps(_hide_in_json(mask_json(around), mask), indent=2, ensure_ascii=False)
            return replace(shown, text=wrapped, masked=mask.hidden)
    hidden = _hide_in_json(mask_json(value), mask)
    indented = json.dumps(hidden, indent=2, ensure_ascii=False)
    return Shown(
        kind="json", size=len(data), text=indented, masked=mask.hidden, cut=cut, marked=mark(hidden, about, indent=2)
    )


def _without_files(data: bytes) -> bytes:
    """JSON with the size of a file in the place of each: as text it tells nobody anything, and it may be a scan with
    what belongs to a person."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return data
    return _FILE.sub(lambda found: b'"(a file of %d kB)"' % (len(found[1]) * 3 // 4096 + 1), data)


def _show_edi(text: str, mask: _Mask, *, size: int, cut: bool) -> Shown | None:
    """X12 or EDIFACT segment by segment; None where the text is neither."""
    is_edifact = looks_like_edifact(text[:400].encode("utf-8", "replace"))
    if not is_edifact and not re.match(r"\s*(ISA|GS\W|ST\W)", text):
        return None
    found = view(text, max_rows=SEGMENTS_SHOWN, hides_personal=not mask.everything)
    mask.hidden += found.masked
    kind: Kind = "edifact" if is_edifact else "x12"
    return Shown(kind=kind, size=size, view=found, masked=mask.hidden, cut=cut) if found.readable else None


def _embedded_edi(value: Any) -> tuple[dict[str, Any], str] | None:
    """An object that carries an X12 or EDIFACT text in one of its members: the object without it, and the text."""
    if not isinstance(value, dict):
        return None
    begins = re.compile(r"\s*(ISA\W|UNA\W|UNB\W)")
    name = next((k for k, v in value.items() if isinstance(v, str) and begins.match(v)), None)
    return ({**value, name: "…"}, str(value[name])) if name is not None else None


def without_personal(value: Any) -> Any:
    """A JSON value with what belongs to a person or opens a bank account masked, and secrets too."""
    return _hide_in_json(mask_json(value), _Mask(everything=False))


def _hide_in_json(value: Any, mask: _Mask, *, path: tuple[str, ...] = ()) -> Any:
    """`path` are the names that lead to the value: all under `bankAccount` is hidden, and a `name` under `contact`."""
    if isinstance(value, dict):
        return {k: _hide_in_json(v, mask, path=(*path, str(k))) for k, v in value.items()}
    if isinstance(value, list):
        return [_hide_in_json(v, mask, path=path) for v in value]
    if value is None or isinstance(value, bool) or value in ("", MASK) or not _is_personal(path):
        return value
    return mask.hide(str(value)) if not mask.everything else value


def _is_personal(path: tuple[str, ...]) -> bool:
    if any(PERSONAL.search(name) for name in path):
        return True
    if not path:
        return False
    last, above = path[-1].lower(), [name.lower() for name in path[:-1]]
    if last == "lines" and above[-1:] == ["address"]:
        return True
    return last in _OF_PERSONS and any("contact" in name for name in above)


def _hide_in_text(text: str, mask: _Mask) -> str:
    return IN_TEXT.sub(lambda found: mask.hide(found[0]), text)
