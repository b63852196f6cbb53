"""`edi validate`, `edi show` and `edi build`: X12 on the command line. None of them needs a database."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from edi.documents.edifact import MessageSpec
from edi.documents.registry import SetSpec
from edi.documents.rendering import renderings
from edi.edifact import writer as edifact
from edi.edifact.reading import decode_by_syntax, looks_like_edifact
from edi.management import building
from edi.management.findings import CLEAN, LISTED, UNREADABLE, Checked, Line, check_file, in_words, not_opened
from edi.management.outline import outline
from edi.viewing import view
from edi.x12.charset import CharsetPolicy
from edi.x12.decode import decode
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.errors import InvalidEnvelope
from edi.x12.guides import Guide, GuideError, check_guide, guide_from
from edi.x12.reader import read
from edi.x12.segments import Separators
from edi.x12.writer import Written

_SYNTAX: dict[str, Literal["UNOA", "UNOB", "UNOC", "UNOY"]] = {
    "basic": "UNOA",
    "extended": "UNOB",
    "latin-1": "UNOC",
    "utf-8": "UNOY",
}
"""EDIFACT's character sets by ours."""

_EPILOG = "Exit codes: 0 nothing found, 1 findings (warnings too), 2 unreadable or wrong usage. '-' is standard input."


class Command(BaseCommand):
    help = "Checks, shows and writes X12 and EDIFACT files: edi validate FILE…, edi show FILE, edi build FILE.json"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        below = parser.add_subparsers(dest="what", required=True)
        check = below.add_parser("validate", help="Check files and say what to correct.", epilog=_EPILOG)
        check.add_argument("files", nargs="+", metavar="FILE")
        check.add_argument("--json", action="store_true", help="One JSON array, one object a file.")
        check.add_argument("--guide", metavar="FILE", help="A partner's guide (JSON) to check by as well.")
        check.add_argument("--no-warnings", action="store_true", help="Leave warnings out: only errors count.")
        check.add_argument("--all", action="store_true", help=f"List all findings, not only {LISTED} a file.")
        show = below.add_parser("show", help="Print segments and elements with their names and meanings.")
        show.add_argument("file", metavar="FILE")
        show.add_argument("--json", action="store_true", help="The X12 sets as JSON (x12-json-1), one array.")
        show.add_argument("--compact", action="store_true", help="One line a segment.")
        show.add_argument("--guide", metavar="FILE", help="A partner's guide (JSON) to check by as well.")
        self._add_build(below.add_parser("build", help="Write a canonical document (JSON) as X12 or EDIFACT."))

    def _add_build(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.json")
        parser.add_argument("--set", default="", help="850 … or ORDERS …; else what the file says.")
        parser.add_argument("--sender", default="ZZ:SENDER", help="Qualifier and id, default ZZ:SENDER.")
        parser.add_argument("--receiver", default="ZZ:RECEIVER", help="Qualifier and id, default ZZ:RECEIVER.")
        parser.add_argument("--x12-version", default="004010", help="GS08, default 004010.")
        parser.add_argument("--live", action="store_true", help="ISA15 P instead of T.")
        parser.add_argument("--interchange-number", type=int, default=1, help="ISA13, default 1.")
        parser.add_argument("--group-number", type=int, default=1, help="GS06, default 1.")
        parser.add_argument("--set-number", default="0001", help="ST02, default 0001.")
        parser.add_argument("--date", type=_moment, help="Of the envelopes, as 2026-05-04T08:00; default now (UTC).")
        parser.add_argument(
            "--separators", default="*~>^", help="Element, segment, component and repetition, default *~>^"
        )
        parser.add_argument("--no-line-breaks", action="store_true", help="All in one line.")
        parser.add_argument(
            "--charset", default="extended", choices=["basic", "extended", "latin-1", "utf-8"], help="Default extended."
        )
        parser.add_argument(
            "--reject-letters",
            action="store_true",
            help="Refuse letters outside the charset instead of replacing them.",
        )
        parser.add_argument("--bare", action="store_true", help="Only ST to SE, without envelopes.")
        parser.add_argument("--output", metavar="FILE", type=Path, help="Write the exact bytes there.")

    def handle(self, *args: Any, **options: Any) -> None:
        handler = {"validate": self._validate, "show": self._show, "build": self._build}[options["what"]]
        code = handler(options)
        if code:
            sys.exit(code)

    # --- validate

    def _validate(self, options: dict[str, Any]) -> int:
        guide = _guide(options["guide"])
        checked = [_check(name, guide, warnings=not options["no_warnings"]) for name in options["files"]]
        if options["json"]:
            self.stdout.write(msgspec.json.encode([one.as_data() for one in checked]).decode())
        else:
            self._say(checked, limit=sys.maxsize if options["all"] else LISTED)
        return max((one.exit_code for one in checked), default=CLEAN)

    def _say(self, checked: list[Checked], *, limit: int) -> None:
        for number, one in enumerate(checked):
            if number:
                self.stdout.write("")
            self._print(in_words(one, limit=limit))
        if len(checked) > 1:
            good = sum(one.ok for one in checked)
            self.stdout.write(f"\n{good} of {len(checked)} files have nothing to correct.")

    # --- show

    def _show(self, options: dict[str, Any]) -> int:
        guide = _guide(options["guide"])
        try:
            data = _bytes(options["file"])
        except OSError as error:
            raise _not_opened(options["file"], error) from error
        text = (decode_by_syntax(data) if looks_like_edifact(data) else decode(data)).text
        if options["json"]:
            sets = list(renderings(read(text).interchanges))
            self.stdout.write(json.dumps(sets, indent=2, ensure_ascii=False))
            return CLEAN if sets else UNREADABLE
        shown = view(text, guide=guide, max_rows=len(text) + 1)
        self._print(outline(shown, compact=options["compact"]))
        return CLEAN if shown.readable else UNREADABLE

    # --- build

    def _build(self, options: dict[str, Any]) -> int:
        try:
            spec, document, choices = building.read_input(_bytes(options["file"]), options["set"])
        except OSError as error:
            raise _not_opened(options["file"], error) from error
        except building.BadInput as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        try:
            written: Written | edifact.Written
            if isinstance(spec, MessageSpec):
                written = self._edifact(spec, document, choices, options)
            else:
                written = self._x12(spec, document, choices, options)
        except (building.BadInput, InvalidEnvelope, edifact.InvalidHeader) as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        except building.NotBuilt as error:
            reasons = "\n".join(f"  {reason}" for reason in error.reasons)
            raise CommandError(f"The {spec.name.lower()} cannot be sent as it is:\n{reasons}", returncode=1) from error
        errors = [finding for finding in view(written.text).findings if finding.is_error]
        for finding in errors:
            self.stderr.write(finding.message)
        if options["output"] is not None:
            options["output"].write_bytes(written.data)
        else:
            self.stdout.write(written.text, ending="")
        return 1 if errors else 0

    def _x12(self, spec: SetSpec, document: Any, choices: dict[str, Any], options: dict[str, Any]) -> Written:
        written = building.build(
            spec,
            document,
            choices,
            envelope=_envelope(options),
            numbers=building.Numbers(
                interchange=options["interchange_number"], group=options["group_number"], tset=options["set_number"]
            ),
            written_at=options["date"] or timezone.now(),
            bare=options["bare"],
        )
        for change in written.changes:
            self.stderr.write(f"{change.segment}{change.element:02}: '{change.before}' was written '{change.after}'")
        return written

    def _edifact(
        self, spec: MessageSpec, document: Any, choices: dict[str, Any], options: dict[str, Any]
    ) -> edifact.Written:
        sender, receiver = _id(options["sender"]), _id(options["receiver"])
        header = edifact.Header(
            sender=sender[1],
            sender_qualifier="ZZZ" if sender[0] == "ZZ" else sender[0],
            receiver=receiver[1],
            receiver_qualifier="ZZZ" if receiver[0] == "ZZ" else receiver[0],
            syntax=_SYNTAX[options["charset"]],
            is_test=not options["live"],
            line_break="" if options["no_line_breaks"] else "\n",
        )
        written = building.build_edifact(
            spec,
            document,
            choices,
            header=header,
            reference=str(options["interchange_number"]),
            written_at=options["date"] or timezone.now(),
        )
        for before, after in written.changes:
            self.stderr.write(f"'{before}' was written '{after}'")
        return written

    def _print(self, lines: Iterable[Line]) -> None:
        styles = {"error": self.style.ERROR, "warning": self.style.WARNING, "good": self.style.SUCCESS}
        for line in lines:
            style = styles.get(line.mark)
            self.stdout.write(style(line.text) if style is not None else line.text)


def _check(name: str, guide: Guide | None, *, warnings: bool) -> Checked:
    try:
        return check_file(name, _bytes(name), guide=guide, warnings=warnings)
    except OSError as error:
        return not_opened(name, error.strerror or str(error))


def _not_opened(name: str, error: OSError) -> CommandError:
    return CommandError(f"{name} cannot be opened: {error.strerror}.", returncode=UNREADABLE)


def _bytes(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _guide(name: str | None) -> Guide | None:
    if name is None:
        return None
    try:
        guide = guide_from(
            {"name": Path(name).stem, **msgspec.json.decode(Path(name).read_bytes(), type=dict[str, Any])}
        )
    except OSError as error:
        raise _not_opened(name, error) from error
    except (msgspec.DecodeError, GuideError) as error:
        raise CommandError(f"{name}: {error}", returncode=UNREADABLE) from error
    problems = check_guide(guide)
    if problems:
        raise CommandError(f"{name}: {' '.join(problems)}", returncode=UNREADABLE)
    return guide


def _envelope(options: dict[str, Any]) -> EnvelopeSpec:
    """Raises InvalidEnvelope for ids and separators that cannot work."""
    marks = options["separators"]
    if len(marks) not in (3, 4):
        raise InvalidEnvelope("Name three or four separators: element, segment, component, repetition.")
    version = options["x12_version"]
    sender, receiver = _id(options["sender"]), _id(options["receiver"])
    return EnvelopeSpec(
        sender_qualifier=sender[0],
        sender_id=sender[1],
        receiver_qualifier=receiver[0],
        receiver_id=receiver[1],
        usage="P" if options["live"] else "T",
        version=version,
        separators=Separators(
            element=marks[0],
            segment=marks[1],
            component=marks[2],
            repetition=marks[3:] if version >= "00402" else "",
        ),
        line_break="" if options["no_line_breaks"] else "\n",
        charset=CharsetPolicy(
            charset=options["charset"], policy="reject" if options["reject_letters"] else "transliterate"
        ),
    )


def _id(text: str) -> tuple[str, str]:
    qualifier, colon, number = text.partition(":")
    return (qualifier, number) if colon else ("ZZ", text)


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
