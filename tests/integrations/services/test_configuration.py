"""Configuration as text: what `config apply` is not asked for by its own tests."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django_scopes import scopes_disabled

from edi.models import Agreement
from integrations.models import Connection, Feed, Integration
from integrations.services.configuration.applying import Applied, apply
from integrations.services.configuration.exporting import export
from integrations.services.configuration.loading import ConfigurationError, Source, load
from integrations.services.connections import check_values, save_connection
from integrations.systems.adobe.settings import Options
from portal.audit.models import AuditEvent
from portal.tenants.models import Tenant
from tests.support.world import PASSWORD, entry_of

ENVIRONMENT = {"SANDBOX_URL": "http://127.0.0.1:8899", "DEMO_PASSWORD": PASSWORD}


@pytest.fixture
def entry() -> dict[str, Any]:
    return entry_of("kasityopuoti")


def put(entry: dict[str, Any], folder: Path) -> Applied:
    file = folder / "tenants.yaml"
    file.write_text(yaml.safe_dump({"tenants": [entry]}, allow_unicode=True), encoding="utf-8")
    return apply(*load(file, environment=ENVIRONMENT))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"strem": "test"}, "strem"),
        ({"stream": "production"}, "production"),
        ({"company": {"nome": "Bruket AB"}}, "nome"),
        ({"company": "Bruket AB"}, "company"),
    ],
)
def test_wrong_settings_of_an_integration_are_named_and_nothing_is_applied(
    entry: dict[str, Any], tmp_path: Path, wrong: dict[str, Any], says: str
) -> None:
    entry["integrations"][1]["settings"] |= wrong
    with pytest.raises(ConfigurationError) as caught:
        put(entry, tmp_path)
    assert says in str(caught.value)
    assert caught.value.line is not None
    with scopes_disabled():
        assert not Tenant.objects.exists()


@pytest.mark.django_db
def test_what_the_file_does_not_name_stays_as_it_is(entry: dict[str, Any], tmp_path: Path) -> None:
    put(entry, tmp_path)
    del entry["integrations"][1]
    del entry["connections"][2]["settings"]["password"]
    applied = put(entry, tmp_path)
    assert applied.changes == []
    with scopes_disabled():
        assert Integration.objects.count() == 2
        assert Connection.objects.get(key="cleo").secrets == {"password": "Sandbox-Cleo-1"}


@pytest.mark.django_db
def test_no_secret_is_exported_and_what_is_exported_changes_nothing(entry: dict[str, Any], tmp_path: Path) -> None:
    put(entry, tmp_path)
    with scopes_disabled():
        secrets = [value for c in Connection.objects.all() for value in c.secrets.values()]
        lines = AuditEvent.objects.count()
    text = export()
    assert len(secrets) == 3
    assert not [s for s in (*secrets, PASSWORD) if s in text]
    again = put(yaml.safe_load(text)["tenants"][0], tmp_path)
    assert again.changes == []
    with scopes_disabled():
        assert AuditEvent.objects.count() == lines


@pytest.mark.django_db
def test_a_number_belongs_to_one_trading_partner(entry: dict[str, Any], tmp_path: Path) -> None:
    entry["trading_partners"][1]["numbers"] = deepcopy(entry["trading_partners"][0]["numbers"])
    with pytest.raises(ConfigurationError, match="belongs to trading partner sup80001 already"):
        put(entry, tmp_path)


@pytest.mark.django_db
def test_the_same_document_over_two_networks_is_refused(entry: dict[str, Any], tmp_path: Path) -> None:
    partner = entry["trading_partners"][0]
    partner["agreements"].append({**partner["agreements"][0], "network": "orderful"})
    with pytest.raises(ConfigurationError) as caught:
        put(entry, tmp_path)
    assert caught.value.line is not None


def test_references_may_have_a_default() -> None:
    source = Source("a: ${NOT_THERE:-fallback}\nb: ${THERE:-x}", file="x.yaml", environment={"THERE": "value"})
    assert source.value == {"a": "fallback", "b": "value"}


# --- Schedules


@pytest.mark.django_db
def test_schedules_are_applied_after_the_flows_that_need_the_feeds_and_exported_again(
    entry: dict[str, Any], tmp_path: Path
) -> None:
    wanted = {"cron": ["0 6-18/2 * * *"], "business_days": "FI", "quiet_hours": ["20:00-06:00"]}
    entry["connections"][0]["feeds"] = {"purchase-orders": wanted, "supplier-invoices": {"every_seconds": 600}}
    changes = put(entry, tmp_path).changes
    assert f"schedule {entry['slug']}/visma/purchase-orders" in changes
    assert put(entry, tmp_path).changes == []
    with scopes_disabled():
        feed = Feed.objects.select_related("tenant").get(connection__key="visma", key="purchase-orders")
        assert feed.schedule == wanted
        assert feed.due_at is not None
        assert feed.due_at.astimezone(ZoneInfo("Europe/Helsinki")).minute == 0
        exported = yaml.safe_load(export())["tenants"][0]["connections"][-1]["feeds"]
        assert exported["purchase-orders"] == {"every_seconds": 300, **wanted}
        assert exported["supplier-invoices"] == {"every_seconds": 600}
        said = AuditEvent.objects.filter(action="feed.scheduled").values_list("summary", flat=True)
        assert any("at 0 6-18/2 * * *, on business days of FI" in text for text in said)
    file = tmp_path / "exported.yaml"
    file.write_text(export(), encoding="utf-8")
    assert apply(*load(file, environment=ENVIRONMENT)).changes == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("feeds", "says"),
    [
        ({"purchase-orders": {"cron": ["never"]}}, "cron line 'never'"),
        ({"purchase-orders": {"every_seconds": 1}}, "ten seconds"),
        ({"purchase-odours": {"every_seconds": 60}}, "purchase-odours"),
        ({"customers": {"every_seconds": 60}}, "no flow"),
    ],
)
def test_a_schedule_that_cannot_be_is_named_with_its_line(
    entry: dict[str, Any], tmp_path: Path, feeds: dict[str, Any], says: str
) -> None:
    entry["connections"][0]["feeds"] = feeds
    with pytest.raises(ConfigurationError) as caught:
        put(entry, tmp_path)
    assert says in str(caught.value)
    assert caught.value.line is not None
    with scopes_disabled():
        assert not Tenant.objects.exists()


@pytest.mark.django_db
def test_all_that_is_agreed_comes_through_export_and_apply(entry: dict[str, Any], tmp_path: Path) -> None:
    said = {
        "version": "005010",
        "repetition_separator": "!",
        "guide": {"segments": [{"path": "REF", "required": True}]},
        "requests_ta1": True,
        "acknowledgment_policy": "on_errors",
        "unique_numbers": False,
    }
    entry["trading_partners"][0]["agreements"][0] |= said
    put(entry, tmp_path)
    with scopes_disabled():
        tenant = Tenant.objects.get()
        (agreed,) = Agreement.objects.filter(tenant=tenant, acknowledgment_policy="on_errors")
        assert {name: getattr(agreed, name) for name in said} == said
    exported = yaml.safe_load(export([tenant]))["tenants"][0]
    found = [a for p in exported["trading_partners"] for a in p["agreements"] if a.get("guide")]
    assert [{name: one[name] for name in said} for one in found] == [said]
    exported["members"], exported["connections"] = [], []
    assert put(exported, tmp_path).changes == []
    exported["trading_partners"][0]["agreements"][0]["unique_numbers"] = False
    assert put(exported, tmp_path).changes == [f"trading partner kasityopuoti/{exported['trading_partners'][0]['key']}"]


# --- EDIFACT

IN_EDIFACT: dict[str, Any] = {
    "document": "856",
    "direction": "in",
    "network": "cleo",
    "standard": "EDIFACT",
    "sender": "5790000000012",
    "receiver": "14:7350099123405",
    "syntax": "UNOA",
    "service_characters": "|+.? '",
    "association": "EAN008",
    "acknowledgment_policy": "asked",
}


@pytest.mark.django_db
def test_an_agreement_in_edifact_is_applied_and_exported_again(entry: dict[str, Any], tmp_path: Path) -> None:
    partner = entry["trading_partners"][0]
    partner["agreements"] = [IN_EDIFACT]
    put(entry, tmp_path)
    with scopes_disabled():
        row = Agreement.objects.get(partner__key=partner["key"])
    assert (row.standard, row.set_id, row.syntax, row.association) == ("EDIFACT", "DESADV", "UNOA", "EAN008")
    assert (row.sender_qualifier, row.sender_id, row.receiver_qualifier) == ("", "5790000000012", "14")
    (exported,) = yaml.safe_load(export())["tenants"]
    (agreement,) = next(p["agreements"] for p in exported["trading_partners"] if p["key"] == partner["key"])
    assert {name: agreement.get(name) for name in IN_EDIFACT} == IN_EDIFACT
    assert put(exported, tmp_path).changes == []


@pytest.mark.django_db
def test_an_id_with_a_colon_and_no_qualifier_is_taken_as_it_stands(entry: dict[str, Any], tmp_path: Path) -> None:
    partner = entry["trading_partners"][0]
    partner["agreements"] = [{**IN_EDIFACT, "syntax": "UNOC", "sender": ":ACME:SE"}]
    put(entry, tmp_path)
    with scopes_disabled():
        row = Agreement.objects.get(partner__key=partner["key"])
    assert (row.sender_qualifier, row.sender_id) == ("", "ACME:SE")
    (exported,) = yaml.safe_load(export())["tenants"]
    (agreement,) = next(p["agreements"] for p in exported["trading_partners"] if p["key"] == partner["key"])
    assert agreement["sender"] == ":ACME:SE"
    assert put(exported, tmp_path).changes == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"sender": "ACME:SE"}, "'ACME' is no qualifier. If the id itself has a colon, write ':ACME:SE'"),
        ({"standard": "X12", "sender": "ACME:SE", "acknowledgment_policy": "always"}, "write 'ZZ:ACME:SE'"),
        ({"network": "orderful"}, "carries X12 alone: the standard cannot be EDIFACT"),
        ({"standard": "TRADACOMS"}, "TRADACOMS"),
        ({"syntax": "UNOZ"}, "UNOZ"),
        ({"document": "865"}, "Agree on 855"),
        ({"payload": "json"}, "JSON rendering"),
        ({"service_characters": ":+.?"}, "Service characters are six"),
        ({"standard": "X12", "sender": "ZZ:A", "receiver": "ZZ:B"}, "Nobody can ask for a 997"),
    ],
)
def test_what_does_not_fit_the_standard_is_said(
    entry: dict[str, Any], tmp_path: Path, wrong: dict[str, Any], says: str
) -> None:
    entry["trading_partners"][0]["agreements"] = [{**IN_EDIFACT, **wrong}]
    with pytest.raises(ConfigurationError) as caught:
        put(entry, tmp_path)
    assert says in str(caught.value)
    assert caught.value.line is not None


@pytest.mark.django_db
@pytest.mark.parametrize("system", ["airbase", "basware"])
def test_a_connection_that_belongs_to_one_company_is_not_shared(tmp_path: Path, system: str) -> None:
    """What comes from it says for no company that it is: both would book the same payment."""
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    entry: dict[str, Any] = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == "kasityopuoti")
    other = next(deepcopy(c) for c in entry_of("nordlogistik")["connections"] if c["key"] == "visma")
    entry["connections"].append(other | {"key": "visma-se"})
    entry["trading_partners"] = []
    first = next(i for i in entry["integrations"] if i["key"] == f"visma-{system}")
    entry["integrations"] = [first | {"flows": {"suppliers": {}}}]
    put(entry, tmp_path)
    entry["integrations"].append(deepcopy(entry["integrations"][0]) | {"key": "second", "visma": "visma-se"})
    with pytest.raises(ConfigurationError, match="belongs to one company"):
        put(entry, tmp_path)
    with scopes_disabled():
        assert Integration.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ours", "theirs", "flows", "says"),
    [
        ("", "", ["payments"], "both would book the same payments"),
        ("1", "*", ["payments"], "both would book the same payments"),
        ("1, 2", "2", ["payments"], "both would book the same payments"),
        ("1", "2", ["suppliers"], "has the same numbers and would take its place"),
        ("1", "2", ["payments"], ""),
    ],
)
def test_two_connections_do_not_read_the_same_subsidiary_of_one_account(
    tmp_path: Path, ours: str, theirs: str, flows: list[str], says: str
) -> None:
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    entry: dict[str, Any] = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == "kasityopuoti")
    other = next(deepcopy(c) for c in entry_of("nordlogistik")["connections"] if c["key"] == "visma")
    airbase = next(c for c in entry["connections"] if c["system"] == "airbase")
    airbase["settings"]["subsidiary"] = ours
    again = deepcopy(airbase) | {"key": "airbase-se"}
    again["settings"] |= {"subsidiary": theirs, "base_url": f"{airbase['settings']['base_url']}/"}
    entry["connections"] += [other | {"key": "visma-se"}, again]
    entry["trading_partners"] = []
    first = next(i for i in entry["integrations"] if i["key"] == "visma-airbase") | {"flows": {"suppliers": {}}}
    second = deepcopy(first) | {"key": "second", "visma": "visma-se", "partner": "airbase-se"}
    second["flows"] = {key: {} for key in flows}
    entry["integrations"] = [first, second]
    if says:
        with pytest.raises(ConfigurationError, match=says):
            put(entry, tmp_path)
        return
    put(entry, tmp_path)
    again["settings"]["subsidiary"] = ours  # later, in the connection
    with pytest.raises(ConfigurationError, match="both would book the same payments"):
        put(entry, tmp_path)


@pytest.fixture
def shop_entry() -> dict[str, Any]:
    """A company with its books and its web shop alone."""
    text = (Path(settings.BASE_DIR) / "demo" / "tenants.yaml").read_text(encoding="utf-8")
    entry: dict[str, Any] = next(t for t in yaml.safe_load(text)["tenants"] if t["slug"] == "kasityopuoti")
    entry["connections"] = [c for c in entry["connections"] if c["key"] in ("visma", "shop")]
    entry["integrations"] = [i | {"flows": {}} for i in entry["integrations"] if i["partner"] == "shop"]
    return entry | {"trading_partners": [], "agreement_defaults": {}}


def instances() -> dict[str, str]:
    with scopes_disabled():
        return {c.key: c.settings["instance"] for c in Connection.objects.filter(system="adobe_commerce")}


def second_shop(entry: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Adds another shop to the same company; returns its settings."""
    other: dict[str, Any] = deepcopy(entry["connections"][-1]) | {"key": "outlet"}
    other["settings"] |= {"base_url": "https://outlet.example.fi"} | changes
    entry["connections"].append(other)
    entry["integrations"].append(
        deepcopy(entry["integrations"][0]) | {"key": "second", "partner": "outlet", "name": "Outlet", "enabled": True}
    )
    found: dict[str, Any] = other["settings"]
    return found


@pytest.mark.django_db
def test_a_new_shop_gets_a_name_of_its_own_in_the_books_and_an_old_one_keeps_its(
    shop_entry: dict[str, Any], tmp_path: Path
) -> None:
    del shop_entry["connections"][-1]["settings"]["instance"]
    put(shop_entry, tmp_path)
    assert instances() == {"shop": "shop"}
    with scopes_disabled():  # as an earlier release stored it, and one before it nothing
        for stored in ({"instance": "adobe"}, {}):
            row = Connection.objects.get(key="shop")
            row.settings = {k: v for k, v in row.settings.items() if k != "instance"} | stored
            row.save()
            save_connection(
                tenant=row.tenant,
                key="shop",
                system_key=row.system,
                name="Renamed",
                values={"instance": ""},
                actor=None,
            )
            row.refresh_from_db()
            assert Options.of(row).instance == "adobe"
    assert second_shop(shop_entry).get("instance") is None
    shop_entry["connections"][-1]["key"] = shop_entry["integrations"][-1]["partner"] = "adobe"
    put(shop_entry, tmp_path)
    with scopes_disabled():
        assert Options.of(Connection.objects.get(key="adobe")).instance == "adobe-2"
    assert not put(shop_entry, tmp_path).changes


@pytest.mark.django_db
def test_two_shops_of_one_company_never_have_the_same_name_in_its_books(
    shop_entry: dict[str, Any], tmp_path: Path
) -> None:
    """Both count their orders from one: each would take the other's invoice for its own."""
    put(shop_entry, tmp_path)
    theirs = second_shop(shop_entry, instance="Shop")
    with pytest.raises(ConfigurationError, match=r"company .* under the name “shop” already"):
        put(shop_entry, tmp_path)
    theirs["instance"] = "outlet"
    put(shop_entry, tmp_path)
    theirs["instance"] = "shop"
    with pytest.raises(ConfigurationError, match=r"Give .* another name \(Name of the shop in the books\)"):
        put(shop_entry, tmp_path)
    assert instances() == {"shop": "shop", "outlet": "outlet"}
    with scopes_disabled():
        row = Connection.objects.get(key="outlet")
        with pytest.raises(ValidationError, match="already"):
            check_values(row, {"instance": "shop"})
        # What clashes already is left as it is, and can be switched off; on again it cannot.
        Connection.objects.filter(pk=row.pk).update(settings={**row.settings, "instance": "shop"})
    first, second = shop_entry["integrations"]
    first["name"] = "Still the shop"
    put(shop_entry, tmp_path)
    second["enabled"] = False
    put(shop_entry, tmp_path)
    second["enabled"] = True
    with pytest.raises(ConfigurationError, match="already"):
        put(shop_entry, tmp_path)


@pytest.mark.django_db
def test_a_shop_whose_integration_was_switched_off_may_go_on_in_another_one(
    shop_entry: dict[str, Any], tmp_path: Path
) -> None:
    shop_entry["integrations"][0]["enabled"] = False
    put(shop_entry, tmp_path)
    second_shop(shop_entry, base_url=shop_entry["connections"][-1]["settings"]["base_url"], instance="shop")
    put(shop_entry, tmp_path)
    shop_entry["integrations"][0]["enabled"] = True
    with pytest.raises(ConfigurationError, match="already"):
        put(shop_entry, tmp_path)
