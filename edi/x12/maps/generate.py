"""Write a version of the standard as a folder of pyx12 maps: ``python -m edi.x12.maps.generate 004010 FOLDER``.

The folder holds maps.xml, codes.xml, dataele.xml, the control map and one map a transaction set, and is passed to pyx12
as ``map_path``. The maps are flat (no heading and detail wrappers) and closed code lists are external, not
``valid_codes``: with those, pyx12 answers a wrong first code with "segment not found" and a cascade.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from edi.x12.maps import VERSIONS, standard
from edi.x12.maps.envelope import CONTROL_ELEMENTS, CONTROL_SEGMENTS
from edi.x12.maps.model import (
    UNLIMITED,
    CodeList,
    CompositeUse,
    Element,
    Node,
    SegmentDef,
    SegmentUse,
    SetDef,
    Standard,
    Use,
    read_elements,
    read_segments,
)

_ISA12 = {"004010": "00401", "005010": "00501"}
"""The interchange versions that pyx12 reads."""

_VARIANTS = {"004010": ("004010", "004010VICS", "004010UCS"), "005010": ("005010", "005010VICS", "005010UCS")}
"""GS08 values that get a line in maps.xml: pyx12 compares them as they are."""


def write_maps(described: Standard, folder: Path) -> list[Path]:
    """Write all files for ``described`` into ``folder`` (which must exist) and return them, in a fixed order."""
    isa12 = _ISA12[described.version]
    files = {
        "maps.xml": _maps_xml(described, isa12),
        "codes.xml": _codes_xml(described),
        "dataele.xml": _dataele_xml(described),
        f"x12.control.{isa12}.xml": _control_xml(described, isa12),
    }
    for definition in described.sets.values():
        files[map_name(described.version, definition.set_id)] = _set_xml(definition, described)
    paths = []
    for name, text in files.items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def map_name(version: str, set_id: str) -> str:
    """File name of the map of one transaction set."""
    return f"{set_id}.{version}.xml"


def _maps_xml(described: Standard, isa12: str) -> str:
    lines = [f"<maps>\n  <version icvn={quoteattr(isa12)}>"]
    for definition in described.sets.values():
        name = map_name(described.version, definition.set_id)
        lines += [
            f'    <map vriic="{variant}" fic="{definition.functional_id}" abbr="{definition.set_id}">{name}</map>'
            for variant in _VARIANTS[described.version]
        ]
    lines.append(f'    <map vriic="" fic="" abbr="X12">x12.control.{isa12}.xml</map>\n  </version>\n</maps>')
    return _document(lines)


def _codes_xml(described: Standard) -> str:
    lines = ["<codesets>"]
    for element in described.elements.values():
        if element.codes is None or not element.codes.closed:
            continue
        lines.append(f"  <codeset>\n    <id>{_codeset(element)}</id>\n    <name>{escape(element.name)}</name>")
        lines.append(f"    <data_ele>{element.number}</data_ele>\n    <version>")
        lines += [f"      <code>{escape(code)}</code>" for code in element.codes.meanings]
        lines.append("    </version>\n  </codeset>")
    lines.append("</codesets>")
    return _document(lines)


def _dataele_xml(described: Standard) -> str:
    elements = {**described.elements, **_control_elements(described.version)}
    lines = ["<data_elements>"]
    lines += [
        f'  <data_ele ele_num="{element.number}" data_type="{element.type}" min_len="{element.min}" '
        f'max_len="{element.max}" name={quoteattr(element.name)}/>'
        for element in elements.values()
    ]
    lines.append("</data_elements>")
    return _document(lines)


def _control_elements(version: str) -> dict[str, Element]:
    """pyx12 reads from ISA12 which characters the version allows."""
    return read_elements(CONTROL_ELEMENTS, {"I11": CodeList({_ISA12[version]: ""}, closed=True)})


def _control_segments(described: Standard) -> dict[str, SegmentDef]:
    elements = {**described.elements, **_control_elements(described.version)}
    return read_segments(CONTROL_SEGMENTS, elements, described.composites)


def _control_xml(described: Standard, isa12: str) -> str:
    lines = [f'<transaction xid="{isa12}">\n  <name>X12 control segments</name>']
    lines += _around(described, [])
    lines.append("</transaction>")
    return _document(lines)


def _set_xml(definition: SetDef, described: Standard) -> str:
    lines = [f'<transaction xid="{definition.set_id}">\n  <name>{escape(definition.name)}</name>']
    body = [
        '    <loop xid="ST_LOOP" type="explicit">',
        *_head("Transaction set", mandatory=True, position=20, times=UNLIMITED, tag="repeat", indent=6),
        *_nodes(definition.nodes, 6),
        "    </loop>",
    ]
    lines += _around(described, body)
    lines.append("</transaction>")
    return _document(lines)


def _around(described: Standard, body: list[str]) -> Iterator[str]:
    control = _control_segments(described)
    yield '  <loop xid="ISA_LOOP" type="explicit">'
    yield from _head("Interchange", mandatory=True, position=1, times=UNLIMITED, tag="repeat", indent=4)
    yield from _segment(SegmentUse(control["ISA"], True, 1), 10, 4)
    yield '    <loop xid="GS_LOOP" type="explicit">'
    yield from _head("Functional group", mandatory=True, position=20, times=UNLIMITED, tag="repeat", indent=6)
    yield from _segment(SegmentUse(control["GS"], True, 1), 10, 6)
    yield from body
    yield from _segment(SegmentUse(control["GE"], True, 1), 30, 6)
    yield "    </loop>"
    yield from _segment(SegmentUse(control["TA1"], False, UNLIMITED), 30, 4)
    yield from _segment(SegmentUse(control["IEA"], True, 1), 40, 4)
    yield "  </loop>"


def _nodes(nodes: tuple[Node, ...], indent: int) -> Iterator[str]:
    for number, node in enumerate(nodes, start=1):
        position = number * 10
        if isinstance(node, SegmentUse):
            yield from _segment(node, position, indent)
            continue
        pad = " " * indent
        yield f'{pad}<loop xid="{node.id}">'
        yield from _head(
            f"{node.id} loop",
            mandatory=node.mandatory,
            position=position,
            times=node.repeat,
            tag="repeat",
            indent=indent + 2,
            forbidden=node.forbidden,
        )
        yield from _nodes(node.children, indent + 2)
        yield f"{pad}</loop>"


def _segment(use: SegmentUse, position: int, indent: int) -> Iterator[str]:
    pad = " " * indent
    segment = use.segment
    yield f'{pad}<segment xid="{segment.tag}">'
    yield from _head(
        segment.name,
        mandatory=use.mandatory,
        position=position,
        times=use.max_use,
        tag="max_use",
        indent=indent + 2,
        forbidden=use.forbidden,
    )
    for note in segment.notes:
        yield f"{pad}  <syntax>{note}</syntax>"
    for place, element in enumerate(segment.elements, start=1):
        yield from _element(element, f"{segment.tag}{place:02}", place, indent + 2)
    yield f"{pad}</segment>"


def _element(use: Use, label: str, place: int, indent: int) -> Iterator[str]:
    pad = " " * indent
    element = use.element
    usage = _usage(mandatory=use.mandatory, forbidden=use.forbidden)
    head = f"<name>{escape(element.name)}</name><usage>{usage}</usage><seq>{place:02}</seq>"
    if isinstance(use, CompositeUse):
        yield f'{pad}<composite xid="{label}"><data_ele>{element.number}</data_ele>{head}<refdes>{label}</refdes>'
        for number, component in enumerate(use.element.components, start=1):
            yield from _element(component, f"{label}-{number:02}", number, indent + 2)
        yield f"{pad}</composite>"
        return
    yield f'{pad}<element xid="{label}"><data_ele>{element.number}</data_ele>{head}{_codes(use.element)}</element>'


def _codes(element: Element) -> str:
    if element.codes is None or not element.codes.closed:
        return ""
    if element.number.startswith("I"):
        inline = "".join(f"<code>{code}</code>" for code in element.codes.meanings)
        return f"<valid_codes>{inline}</valid_codes>"
    return f'<valid_codes external="{_codeset(element)}"/>'


def _codeset(element: Element) -> str:
    return f"de{element.number}"


def _head(
    name: str, *, mandatory: bool, position: int, times: int, tag: str, indent: int, forbidden: bool = False
) -> Iterator[str]:
    pad = " " * indent
    most = "&gt;1" if times == UNLIMITED else str(times)
    yield f"{pad}<name>{escape(name)}</name>"
    yield f"{pad}<usage>{_usage(mandatory=mandatory, forbidden=forbidden)}</usage>"
    yield f"{pad}<pos>{position:03}</pos>"
    yield f"{pad}<{tag}>{most}</{tag}>"


def _usage(*, mandatory: bool, forbidden: bool) -> str:
    return "N" if forbidden else "R" if mandatory else "S"


def _document(lines: list[str]) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the folder that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m edi.x12.maps.generate", description=__doc__.splitlines()[0])
    parser.add_argument("version", choices=VERSIONS)
    parser.add_argument("folder", type=Path, help="written to; made when it does not exist")
    chosen = parser.parse_args(arguments)
    described = standard(chosen.version)
    assert described is not None  # noqa: S101 - argparse checked it
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for path in write_maps(described, chosen.folder):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
