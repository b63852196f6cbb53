"""`config apply` and `config export`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django_scopes import scopes_disabled

from edi.models import Agreement, TradingPartner
from integrations.models import Connection, Feed, Flow
from portal.audit.models import AuditEvent
from portal.tenants.models import Membership, Tenant, User

SMALL = """
tenants:
  - slug: bruket
    name: Bruket AB
    members:
      - {email: anna@bruket.example, role: owner, name: Anna Ek, password: "${PASSWORD}"}
    connections:
      - key: visma
        system: visma
        settings:
          company_id: "1"
          tenant_id: t
          client_id: c
          client_secret: "${SECRET}"
      - {key: cleo, system: cleo, settings: {base_url: "https://bruket.cleo.example", username: u, password: p}}
    agreement_defaults: {direction: out, stream: test, sender: "ZZ:BRUKETT"}
    trading_partners:
      - key: stal
        name: Stål AB
        numbers: [{company: "1", supplier: "50001"}]
        agreements:
          - {document: "850", network: cleo, receiver: "ZZ:STALT", settings: {folder: /up}}
    integrations:
      - key: visma-cleo
        visma: visma
        partner: cleo
        settings: {stream: test, company: {name: Bruket AB}}
        flows:
          purchase-orders: {}
"""


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "mycket-hemligt")
    monkeypatch.setenv("PASSWORD", "correct horse 9")


def applied(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> str:
    file = folder / "tenants.yaml"
    file.write_text(text, encoding="utf-8")
    call_command("config", "apply", str(file))
    return capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.usefixtures("secrets")
class TestApply:
    def test_all_of_it(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert "0 as they were" in applied(tmp_path, SMALL, capsys)
        with scopes_disabled():
            assert Connection.objects.get(key="visma").secrets == {"client_secret": "mycket-hemligt"}
            assert "client_secret" not in Connection.objects.get(key="visma").settings
            agreement = Agreement.objects.get()
            assert (agreement.sender_id, agreement.receiver_id, agreement.network.key) == ("BRUKETT", "STALT", "cleo")
            assert Feed.objects.get().key == "purchase-orders"
            assert set(Flow.objects.filter(enabled=True).values_list("key", flat=True)) == {"purchase-orders"}
            assert User.objects.get().check_password("correct horse 9")
            assert Membership.objects.get().role == "owner"

    def test_twice_changes_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        applied(tmp_path, SMALL, capsys)
        with scopes_disabled():
            events = AuditEvent.objects.count()
            assert applied(tmp_path, SMALL, capsys).startswith("0 changed")
            assert AuditEvent.objects.count() == events

    def test_a_change_is_one_change(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        applied(tmp_path, SMALL, capsys)
        out = applied(tmp_path, SMALL.replace("name: Stål AB", "name: Nya Stål AB"), capsys)
        assert "changed: trading partner bruket/stal" in out
        assert "1 changed" in out

    @pytest.mark.parametrize(
        ("old", "new", "line", "reason"),
        [
            ("system: visma", "sytem: visma", 9, "sytem"),
            ("system: visma", "system: vizma", 9, "no system called 'vizma'"),
            ('company_id: "1"', "company_id: [1]", 11, "Company id"),
            ("client_id: c", "client_idd: c", 13, "client_idd"),
            ("tenant_id: t\n", "\n", 8, "tenant_id"),
            ("role: owner", "role: boss", 6, "boss"),
            ("network: cleo", "network: elsewhere", 22, "elsewhere"),
            ('receiver: "ZZ:STALT"', 'receiver: "ZZ:AN-ID-THAT-IS-TOO-LONG"', 22, "1 to 15"),
            (
                "{folder: /up}",
                "{folder: /up, orderful_api: v5}",
                22,
                "'orderful_api' is 'v5', which is none of auto, v4",
            ),
            ("purchase-orders: {}", "purchase-orderz: {}", 29, "purchase-orderz"),
            ("partner: cleo", "partner: visma", 24, "visma"),
            ("${SECRET}", "${NOT_THERE}", 14, "NOT_THERE"),
            ("name: Bruket AB\n    members", "name: Bruket AB\n    name: Again\n    members", 5, "stands twice"),
            ("slug: bruket", "slug: [bruket", 4, ""),
            ("name: Bruket AB\n    members", "name: &n Bruket AB\n    time_zone: *n\n    members", 5, "aliases"),
        ],
    )
    def test_a_mistake_is_named_with_its_line_and_nothing_is_applied(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: int, reason: str
    ) -> None:
        assert old in SMALL
        with pytest.raises(CommandError) as error:
            applied(tmp_path, SMALL.replace(old, new, 1), capsys)
        assert f"line {line}:" in str(error.value)
        assert reason in str(error.value)
        assert "Nothing was applied" in str(error.value)
        assert "mycket-hemligt" not in str(error.value)
        with scopes_disabled():
            assert not Tenant.objects.exists()
            assert not User.objects.exists()

    @pytest.mark.parametrize(
        ("flow", "setting", "wrong", "says"),
        [
            ("purchase-orders", "statuses", "[Open, Opne]", ["'Opne' is none of Hold,", "Open", "Closed"]),
            ("purchase-orders", "statuses", "Open", ["'Open' is no list of texts"]),
            ("supplier-invoices", "statuses", "[Released]", ["'Released' is none of", "visma-cleo.supplier-invoices"]),
            ("supplier-invoices", "document_types", "[CreditNote]", ["'CreditNote' is none of Invoice, CreditAdj"]),
            ("supplier-invoices", "tell_payment", "sometimes", ["(tell_payment)", "'sometimes' is not true or false"]),
            ("trading-partners", "required", "[street, town]", ["'town' is none of name, street, postal_code"]),
            ("suppliers", "folder", "[a]", ["(folder)", "is not text"]),
        ],
    )
    def test_a_flow_setting_that_cannot_be_is_named_with_its_value_and_what_it_may_be(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], flow: str, setting: str, wrong: str, says: list[str]
    ) -> None:
        """Two flows have settings of the same name: the line is that of the one that is wrong."""
        given = {
            "purchase-orders": {"statuses": "[Open]"},
            "supplier-invoices": {"statuses": "[Open]", "document_types": "[Invoice]", "tell_payment": "false"},
            "trading-partners": {"required": "[]"},
            "suppliers": {"folder": "up"},
        }

        def text() -> str:
            lines = []
            for key, stated in given.items():
                lines += [f"{key}:", "  settings:", *(f"    {name}: {value}" for name, value in stated.items())]
            return SMALL.replace("          purchase-orders: {}\n", "".join(f"          {one}\n" for one in lines))

        applied(tmp_path, text(), capsys)
        given[flow][setting] = wrong
        with pytest.raises(CommandError) as error:
            applied(tmp_path, text(), capsys)
        for said in (f"({setting})", *says):
            assert said in str(error.value)
        lines = text().splitlines()
        number = int(str(error.value).partition("line ")[2].partition(":")[0])
        assert lines[number - 1].strip() == f"{setting}: {wrong}"
        above = [line.strip() for line in lines[:number] if line.startswith(" " * 10) and line[10] != " "]
        assert above[-1] == f"{flow}:"

    def test_a_file_that_is_not_there(self) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("config", "apply", "nowhere.yaml")


@pytest.mark.django_db
@pytest.mark.usefixtures("secrets")
class TestExport:
    def test_what_is_exported_can_be_applied_and_changes_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        applied(tmp_path, SMALL, capsys)
        call_command("config", "export", "--tenant", "bruket")
        text = capsys.readouterr().out
        assert "mycket-hemligt" not in text
        assert "correct horse" not in text
        assert "Stål AB" in text
        assert applied(tmp_path, text, capsys).startswith("0 changed")
        with scopes_disabled():
            assert Connection.objects.get(key="visma").secrets == {"client_secret": "mycket-hemligt"}

    def test_the_demo_survives_export(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:8899")
        monkeypatch.setenv("DEMO_PASSWORD", "correct horse 9")
        call_command("config", "apply", str(settings.BASE_DIR / "demo" / "tenants.yaml"))
        with scopes_disabled():
            partners = TradingPartner.objects.count()
        capsys.readouterr()
        call_command("config", "export")
        text = capsys.readouterr().out
        assert len(yaml.safe_load(text)["tenants"]) == 4
        assert sum(len(t["trading_partners"]) for t in yaml.safe_load(text)["tenants"]) == partners
        assert applied(tmp_path, text, capsys).startswith("0 changed")
