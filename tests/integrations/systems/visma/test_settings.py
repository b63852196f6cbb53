"""Settings: what people paste, what is missing, what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.http.errors import ConfigError
from integrations.models import Connection
from integrations.systems.visma.settings import SETTINGS, Options, api_base
from integrations.systems.visma.spec import SYSTEM

GIVEN = {"company_id": "1001", "tenant_id": "5a6d0e10", "client_id": "isv_x"}


def connection(**changes: Any) -> Connection:
    return Connection(system="visma", settings={**GIVEN, **changes}, secrets={"client_secret": "hemligt-9"})


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("https://api.finance.visma.net", "https://api.finance.visma.net"),
        ("https://api.finance.visma.net/", "https://api.finance.visma.net"),
        (" https://api.finance.visma.net/v1/supplier ", "https://api.finance.visma.net"),
        ("https://api.finance.visma.net/erp/service", "https://api.finance.visma.net"),
        ("https://integration.visma.net", "https://integration.visma.net/API/controller/api"),
        ("https://integration.visma.net/API", "https://integration.visma.net/API/controller/api"),
        ("https://integration.visma.net/API/controller/api/v1/", "https://integration.visma.net/API/controller/api"),
        ("http://127.0.0.1:8899/visma", "http://127.0.0.1:8899/visma"),
    ],
)
def test_base_url(pasted: str, base: str):
    assert api_base(pasted) == base


def test_defaults():
    options = Options.of(connection())
    assert options.base_url == "https://api.finance.visma.net"
    assert options.token_url == "https://connect.visma.com/connect/token"
    assert (options.zone.key, options.page_size, options.calls_per_hour) == ("Europe/Stockholm", 100, 500)
    assert (options.deadline, options.accept_unfiltered) == (60.0, False)
    assert options.application_type == "Visma.net Financials"
    assert options.budget_identity == ("isv_x", "1001") == SYSTEM.budget_identity(connection())


def test_secret_is_not_shown():
    assert "hemligt-9" not in repr(Options.of(connection()))
    assert SYSTEM.secret_names == ("client_secret",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"company_id": ""}, "The connection to Visma.net ERP lacks its “Company id”."),
        ({"tenant_id": None}, "The connection to Visma.net ERP lacks its “Visma tenant id”."),
        (
            {"base_url": "api.finance.visma.net"},
            "“Base URL” of the Visma.net connection cannot be 'api.finance.visma.net'.",
        ),
        (
            {"zone": "Stockholm"},
            "“Time zone of Visma's time stamps” of the Visma.net connection cannot be 'Stockholm'.",
        ),
        ({"zone": "../etc"}, "“Time zone of Visma's time stamps” of the Visma.net connection cannot be '../etc'."),
        ({"zone": "Europe"}, "“Time zone of Visma's time stamps” of the Visma.net connection cannot be 'Europe'."),
        ({"page_size": 0}, "“Records a page” of the Visma.net connection cannot be '0'."),
        ({"calls_per_hour": "many"}, "“Calls an hour” of the Visma.net connection cannot be 'many'."),
    ],
)
def test_what_cannot_work_is_said_in_words(changes: dict[str, Any], sentence: str):
    with pytest.raises(ConfigError) as caught:
        Options.of(connection(**changes))
    assert caught.value.sentence == sentence
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("given", "meant"), [(True, True), ("true", True), ("on", True), (False, False), ("", False), (None, False)]
)
def test_switch(given: Any, meant: bool):
    assert Options.of(connection(accept_unfiltered=given)).accept_unfiltered is meant


def test_every_setting_is_labelled_and_explained():
    assert len({s.name for s in SETTINGS}) == len(SETTINGS)
    assert all(s.label and s.help for s in SETTINGS)
