"""What `edi build` does: a canonical document, as JSON, written as an interchange."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec

from edi.documents.building import BuildOptions, BuildRefused
from edi.documents.edifact import MESSAGES, EdifactOptions, MessageSpec
from edi.documents.registry import SETS, SetSpec
from edi.edifact import writer as edifact
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.errors import X12Error
from edi.x12.writer import OutgoingGroup, OutgoingSet, Written, write_interchange, write_set


class NotBuilt(Exception):
    """The document cannot be written; `reasons` are sentences."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


class BadInput(Exception):
    """The JSON is no document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    interchange: int
    group: int
    tset: str


def read_input(data: bytes, set_id: str) -> tuple[SetSpec | MessageSpec, Any, dict[str, Any]]:
    """The set or message, the document and the build options of the JSON: either `{"set": "850", "document": {…},
    "options": {…}}` or the document alone with `set_id` (850, or ORDERS for EDIFACT). Raises BadInput."""
    try:
        content = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise BadInput(f"This is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise BadInput("The JSON is not an object.")
    is_wrapped = "document" in content
    wanted = set_id or (str(content.get("set", "")) if is_wrapped else "")
    spec: SetSpec | MessageSpec | None = SETS.get(wanted) or MESSAGES.get(wanted)
    if spec is None:
        known = ", ".join((*SETS, *MESSAGES))
        raise BadInput(f'Which transaction set is it? Say --set with one of {known}, or "set" in the file.')
    options = content.get("options", {}) if is_wrapped and content.get("set", wanted) == wanted else {}
    if not isinstance(options, dict):
        raise BadInput('"options" is not an object.')
    try:
        document = msgspec.convert(content["document"] if is_wrapped else content, spec.document, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"This is no {spec.name.lower()}: {error}.") from error
    return spec, document, options


def build(
    spec: SetSpec,
    document: Any,
    options: dict[str, Any],
    *,
    envelope: EnvelopeSpec,
    numbers: Numbers,
    written_at: dt.datetime,
    bare: bool = False,
) -> Written:
    """The interchange, or with `bare` only the transaction set. Raises NotBuilt with every reason, BadInput for options
    that there are none of."""
    version = "005010" if envelope.version.startswith("005") else "004010"
    try:
        build_options = msgspec.convert({**options, "version": version}, BuildOptions, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"The options cannot be used: {error}.") from error
    try:
        segments = spec.build(document, build_options)
        outgoing = OutgoingSet(set_id=spec.set_id, control_number=numbers.tset, segments=segments)
        if bare:
            return write_set(outgoing, envelope)
        group = OutgoingGroup(control_number=numbers.group, sets=[outgoing])
        return write_interchange(envelope, [group], control_number=numbers.interchange, written_at=written_at)
    except BuildRefused as error:
        raise NotBuilt(error.reasons) from error
    except X12Error as error:
        raise NotBuilt((str(error),)) from error


def build_edifact(
    spec: MessageSpec,
    document: Any,
    options: dict[str, Any],
    *,
    header: edifact.Header,
    reference: str,
    written_at: dt.datetime,
) -> edifact.Written:
    """The EDIFACT interchange. Raises NotBuilt with every reason, BadInput for options that there are none of, and
    InvalidHeader."""
    try:
        chosen = msgspec.convert(options, EdifactOptions, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"The options cannot be used: {error}.") from error
    try:
        message = edifact.OutgoingMessage(type=spec.kind, reference="1", segments=spec.build(document, chosen))
    except BuildRefused as error:
        raise NotBuilt(error.reasons) from error
    return edifact.write_interchange(header, [message], reference=reference, written_at=written_at)
