"""The language of the pages: who chooses it, what stays English for machines, and whether the Swedish is whole."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import get_language

from integrations.flows.registry import pairs
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


def test_a_reader_leaves_no_language_behind(db: None) -> None:
    """A thread that answered somebody in Swedish goes on in English: what it stores next is read by others."""
    Client(headers={"accept-language": "sv"}).get(reverse("catalogue"))
    assert get_language() == settings.LANGUAGE_CODE


def test_machines_and_the_admin_are_answered_in_english(customers: Customers) -> None:
    swede = Client(headers={"accept-language": "sv"})
    assert swede.get("/api/v1/connections/").headers["Content-Language"] == "en"
    assert swede.get("/admin/").headers["Content-Language"] == "en"


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


def test_what_templates_and_python_tag_is_in_the_catalogue() -> None:
    """Read with a small reader, not with GNU gettext: texts of a new page must be translated before it is shown."""
    known = {m.msgid for m in catalogue()}
    tagged = (*tagged_in_templates(), *tagged_in_python())
    missing = {f"{path.name}: {text}" for path, text in tagged if text not in known}
    assert not missing, f"{missing}: run `make messages`, then translate what is new"


def tagged_in_templates() -> Iterator[tuple[Path, str]]:
    for path in templates():
        text = path.read_text(encoding="utf-8")
        for _quote, said in re.findall(r"""{% translate (["'])(.+?)\1""", text):
            yield path, said.replace("%", "%%")
        for options, body in re.findall(r"{% blocktranslate([^%]*)%}(.*?){% endblocktranslate %}", text, re.DOTALL):
            for part in re.split(r"{% plural %}", body)[:1]:
                said = part.replace("%", "%%")
                said = " ".join(line.strip() for line in said.strip().splitlines()) if "trimmed" in options else said
                yield path, re.sub(r"{{ (\w+) }}", r"%(\1)s", said)


def tagged_in_python() -> Iterator[tuple[Path, str]]:
    names = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
    for folder in ("portal", "integrations", "edi"):
        for path in Path(settings.BASE_DIR, folder).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            if "gettext" not in source or "sandbox" in path.parts:
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                    for said in node.args[:1]:
                        if isinstance(said, ast.Constant) and isinstance(said.value, str):
                            yield path, said.value


# --- Templates

FOLDERS = ("customer", "account", "allauth", "usersessions", "rules")
SAME_EVERYWHERE = {"ml-connector", "EDI", "UTC", "ms", "https://", "mlc_"}
READ_BY_PEOPLE = {"alt", "title", "placeholder", "aria-label"}


def templates() -> list[Path]:
    root = Path(settings.BASE_DIR, "templates")
    found = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*"))]
    return [path for path in found if path.suffix in (".html", ".txt")]


class Visible(HTMLParser):
    """The texts that people read: between tags, and in some attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.numbers: list[str] = []
        self.inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        self.texts += [value for name, value in attrs if name in READ_BY_PEOPLE and value]
        self.numbers += [value for name, value in attrs if value and name in MEASURES]
        if tag in ("input", "img", "br", "link", "meta", "hr"):
            self.inside.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in ("input", "img", "br", "link", "meta", "hr"):
            self.inside.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style", "pre", "code"} & set(self.inside):
            self.texts.append(data)


MEASURES = {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "width", "height", "viewbox", "datetime", "points"}


def test_templates_say_nothing_that_cannot_be_translated() -> None:
    found = {path.name: texts for path in templates() if (texts := untagged(path.read_text(encoding="utf-8")))}
    assert found == {}, found


def untagged(text: str) -> list[str]:
    """What people read of a template although it stands outside of the tags that translate."""
    text = re.sub(r"{% (blocktranslate|comment).*?{% end\1 %}|{% block width %}\w+", "", text, flags=re.DOTALL)
    text = re.sub(r"{{.*?}}", "\0", re.sub(r"{%.*?%}|{#.*?#}", "", text, flags=re.DOTALL), flags=re.DOTALL)
    said = [part.strip(" \n–·:,") for one in Visible(text).texts for part in one.split("\0")]
    return [one for one in said if re.search(r"[^\W\d_]{2}", one) and one not in SAME_EVERYWHERE]


def test_the_reader_of_templates_sees_what_is_not_tagged() -> None:
    assert untagged('<p>{% translate "Known" %} {{ value }} left</p><b title="Also">1</b>') == ["left", "Also"]


# --- Pages


def test_every_page_is_in_swedish_and_its_measures_are_not(house: House, customers: Customers) -> None:
    """No text of a page is one that the catalogue has in Swedish, and what browsers calculate with has no comma."""
    english = {m.msgid for m in catalogue() if m.texts[0] != m.msgid and "%" not in m.msgid}
    swedish = {text for m in catalogue() for text in m.texts.values()}
    User.objects.filter(pk=customers.owner.pk).update(language="sv")
    client = client_of(User.objects.get(pk=customers.owner.pk))
    pages = [url for name, url, _view in every_page(house) if name not in LIVE]
    others = ["mfa_index", "account_change_password", "usersessions_list", "catalogue"]
    pages += [reverse(name) for name in others] + [reverse("catalogue_pair", args=[key]) for key in pairs()]
    left, commas = {}, {}
    for url in pages:
        answer = client.get(url)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        page = Visible(answer.getvalue().decode())
        said = {" ".join(text.split()) for text in page.texts}
        if found := {text for text in said if text in english and text not in swedish} - STORED:
            left[url] = found
        if wrong := [value for value in page.numbers if re.search(r"\d,\d", value)]:
            commas[url] = wrong
    assert left == {}, left
    assert commas == {}


STORED = {"Accept", "Name", "Open", "Purchase order (850)", "processing"}
"""What rows hold, and what the standard calls its segments, where it reads like a text of ours."""
