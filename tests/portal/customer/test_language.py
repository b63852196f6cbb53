"""The language of the pages: who chooses it, what stays English for machines, and whether the Swedish is whole."""

from __future__ import annotations

import gettext
import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.test import Client
from django.urls import reverse

from portal.customer.declared import declared_texts
from portal.tenants.models import User
from tests.integrations.admin.house import House, client_of
from tests.portal.customer.conftest import Customers
from tests.portal.customer.pages import every_page
from tests.portal.customer.test_every_page import LIVE

FOLDER = Path(settings.LOCALE_PATHS[0]) / "sv" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")


@dataclass(slots=True)
class Message:
    """One entry of a catalogue as it stands in the file."""

    flags: str = ""
    msgctxt: str = ""
    msgid: str = ""
    plural: str = ""
    texts: dict[int, str] | None = None


def catalogue() -> list[Message]:
    """What django.po says, without GNU gettext: a machine that runs the tests has none."""
    found: list[Message] = []
    for block in (FOLDER / "django.po").read_text(encoding="utf-8").split("\n\n"):
        one = Message(texts={})
        key, parts = "", {}
        for line in block.splitlines():
            if line.startswith("#,"):
                one.flags += line
            elif line.startswith('"'):
                parts[key] += unquoted(line)
            elif line and not line.startswith("#"):
                key, _, text = line.partition(" ")
                parts[key] = unquoted(text)
        one.msgctxt, one.msgid, one.plural = (parts.get(k, "") for k in ("msgctxt", "msgid", "msgid_plural"))
        one.texts = {int((re.findall(r"\d", k) or ["0"])[0]): v for k, v in parts.items() if k.startswith("msgstr")}
        if one.msgid:
            found.append(one)
    return found


def unquoted(text: str) -> str:
    escapes = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
    return re.sub(r"\\(.)", lambda m: escapes[m[1]], text.strip()[1:-1])


# --- Choosing


def test_the_browser_is_asked_then_its_choice_counts_then_the_persons(customers: Customers) -> None:
    anybody = Client(headers={"accept-language": "sv"})
    assert 'lang="sv"' in anybody.get(reverse("catalogue")).content.decode()
    assert 'lang="en"' in Client().get(reverse("catalogue")).content.decode()
    answer = anybody.post(reverse("language"), {"language": "en", "next": reverse("catalogue")})
    assert answer["Location"] == reverse("catalogue")
    assert 'lang="en"' in anybody.get(reverse("account_login")).content.decode()
    assert anybody.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_a_members_choice_is_kept_with_the_person_and_holds_elsewhere(house: House, customers: Customers) -> None:
    home = reverse("customer:home", args=[house.tenant.slug])
    here = client_of(customers.viewer)
    assert 'lang="en"' in here.get(home).content.decode()
    here.post(reverse("language"), {"language": "sv", "next": home})
    elsewhere = client_of(User.objects.get(pk=customers.viewer.pk))
    page = elsewhere.get(home).content.decode()
    assert '<html lang="sv">' in page
    assert "Dokument" in page
    assert "Documents" not in page


def test_choosing_needs_a_post_a_token_and_a_language_that_is_spoken(customers: Customers) -> None:
    assert Client().get(reverse("language")).status_code == 405
    assert Client(enforce_csrf_checks=True).post(reverse("language"), {"language": "sv"}).status_code == 403
    client = client_of(customers.viewer)
    answer = client.post(reverse("language"), {"language": "xx", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    assert User.objects.get(pk=customers.viewer.pk).language == ""


def test_every_page_offers_the_other_language_and_leads_back(house: House, owner: Client) -> None:
    for name, url, _view in every_page(house):
        answer = None if name in LIVE else owner.get(url)
        if answer is None or answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        text = answer.getvalue().decode()
        assert 'name="language" value="sv"' in text, url
        assert f'name="next" value="{url}"' in text, url


# --- The catalogue


def test_every_text_is_translated_and_none_is_a_guess() -> None:
    found = catalogue()
    assert len(found) > 1000
    assert [m.msgid for m in found if not all(m.texts.values()) or not m.texts] == []
    assert [m.msgid for m in found if "fuzzy" in m.flags] == []
    assert [m.msgid for m in found if m.plural and set(m.texts) != {0, 1}] == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    """A plural form may say "one" in words; nothing else may leave a value out, and none may ask for more."""
    wrong = []
    for one in catalogue():
        wanted = set(PLACEHOLDER.findall(one.msgid)) | set(PLACEHOLDER.findall(one.plural))
        for number, text in one.texts.items():
            given = set(PLACEHOLDER.findall(text))
            if not given <= wanted or (given != wanted and not (one.plural and number == 0)):
                wrong.append(one.msgid)
    assert wrong == []


def test_the_compiled_catalogue_says_what_the_text_says() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    told = {}
    for one in catalogue():
        key = f"{one.msgctxt}\x04{one.msgid}" if one.msgctxt else one.msgid
        told |= {(key, n): t for n, t in one.texts.items()} if one.plural else {key: one.texts[0]}
    assert {k: v for k, v in compiled._catalog.items() if k} == told, "run `make messages`"


def test_what_systems_flows_and_models_declare_is_in_the_catalogue() -> None:
    assert set(declared_texts()) - {m.msgid for m in catalogue()} == set(), "run `make messages`"
