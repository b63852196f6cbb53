"""Brings the catalogues up to date with what templates, Python and declarations say, and compiles them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages

from portal.customer.declared import declared_texts

IGNORED = (".venv", "tests", "bench", "var", "integrations/sandbox", "templates/admin", "templates/staff")
"""What no customer sees, or what is not ours."""
IN_ORDER = ["--sort-output", "--no-location"]
"""So that a moved line changes nothing in a catalogue."""


class Command(makemessages.Command):
    help = "Update and compile the catalogues of locale/ (needs GNU gettext)."
    msgmerge_options = [*makemessages.Command.msgmerge_options, *IN_ORDER, "--no-fuzzy-matching"]
    msguniq_options = [*makemessages.Command.msguniq_options, *IN_ORDER]
    msgattrib_options = [*makemessages.Command.msgattrib_options, *IN_ORDER]
    xgettext_options = [*makemessages.Command.xgettext_options, *IN_ORDER]

    def handle(self, *args: Any, **options: Any) -> None:
        languages = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        declared = settings.BASE_DIR / "declared_texts.py"
        lines = [f"gettext_noop({text!r})  # noqa\n" for text in declared_texts()]
        options |= {"locale": languages, "ignore_patterns": [*IGNORED], "no_location": True, "no_obsolete": True}
        declared.write_text("".join(lines), encoding="utf-8")
        try:
            super().handle(*args, **options)
        finally:
            declared.unlink()
        call_command("compilemessages", locale=languages, ignore_patterns=IGNORED, verbosity=0)
