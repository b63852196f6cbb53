"""`evidence`: signed bundles of what is kept of a document: making one, verifying one, the key that signs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scope, scopes_disabled

from integrations.models import Delivery
from integrations.services import evidence
from portal.audit import bundle, signing


class Command(BaseCommand):
    help = "Exports the evidence of a document as a signed bundle, or verifies one."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("key", help="Prints the public key: give it to who verifies bundles.")
        export = what.add_parser("export", help="Writes the bundle of a delivery's document.")
        export.add_argument("delivery", type=int, help="Its number.")
        export.add_argument("file", type=Path, help="Where to; what is there already is not overwritten.")
        export.add_argument("--whole-seals", action="store_true", help="Every line under its seals too.")
        verify = what.add_parser("verify", help="Ends with an error unless the bundle is as it was signed.")
        verify.add_argument("file", type=Path)
        verify.add_argument("--key", type=Path, help="The public key to believe. Default: this installation's.")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["what"]:
            case "key":
                pem = signing.public_key()
                self.stdout.write(f"{pem}SHA-256 of it: {signing.fingerprint(pem)}")
            case "export":
                self._export(options["delivery"], options["file"], whole_seals=options["whole_seals"])
            case _:
                self._verify(options["file"], options["key"])

    def _export(self, pk: int, file: Path, *, whole_seals: bool) -> None:
        with scopes_disabled():
            row = Delivery.objects.select_related("tenant", "flow", "integration", "record").filter(pk=pk).first()
        if row is None:
            raise CommandError(f"There is no delivery {pk}.")
        with scope(tenant=row.tenant):
            packed = evidence.export(row, actor=None, whole_seals=whole_seals)
        try:
            with file.open("xb") as target:
                target.write(packed)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{file}: {len(packed)} bytes.")

    def _verify(self, file: Path, key: Path | None) -> None:
        try:
            packed = file.read_bytes()
            pem = key.read_text() if key is not None else signing.public_key()
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        if faults := bundle.faults(packed, key=pem):
            raise CommandError(" ".join(faults))
        self.stdout.write(f"{file}: as it was signed with key {signing.fingerprint(pem)}.")
