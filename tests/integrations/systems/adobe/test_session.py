"""Signatures and one-time codes, against values that were computed elsewhere."""

from __future__ import annotations

import re
from urllib.parse import unquote

import oauthlib.oauth1.rfc5849 as rfc
import pytest
import requests
from django_scopes import scopes_disabled
from msgspec import structs

from integrations.http.budget import take
from integrations.http.errors import ConfigError, RateLimited
from integrations.models import Connection, RateBudget
from integrations.systems.adobe.client import Filter, criteria
from integrations.systems.adobe.session import IntegrationSignature, session_of, totp
from integrations.systems.adobe.settings import Options
from portal.tenants.models import Tenant

OPTIONS = Options(
    base_url="https://shop.example.com",
    store_code="default",
    consumer_key="a" * 32,
    consumer_secret="b" * 32,
    access_token="c" * 32,
    access_token_secret="d" * 32,
)


def test_a_request_is_signed_as_the_vendor_verifies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rfc, "generate_nonce", lambda: "n0nce")
    monkeypatch.setattr(rfc, "generate_timestamp", lambda: "1767225600")
    name = "searchCriteria[filter_groups][0][filters][0]"
    query: dict[str, str | int] = {
        f"{name}[field]": "updated_at",
        f"{name}[value]": "2026-01-31 23:00:00",
        f"{name}[condition_type]": "gteq",
        "searchCriteria[pageSize]": 100,
    }
    request = requests.Request("GET", f"{OPTIONS.api_url}/V1/orders", params=query).prepare()
    IntegrationSignature(OPTIONS).sign(request)
    assert all(isinstance(value, str) for value in request.headers.values())
    stated = request.headers["Authorization"]
    found = re.search(r'oauth_signature="([^"]+)"', stated)
    assert found is not None
    assert unquote(found.group(1)) == "a9ybiZq+M6mgGZeMSPiUG4iGFEGqSLAXaBKHaW0sPN8="
    assert 'oauth_signature_method="HMAC-SHA256"' in stated
    assert "[" not in str(request.url)


def test_a_search_is_written_as_filters_that_all_count() -> None:
    query = criteria(
        [Filter("updated_at", "gteq", "2026-01-31 23:00:00"), Filter("state", "eq", "new")], ("a", "b"), size=7
    )
    assert query["searchCriteria[filter_groups][1][filters][0][field]"] == "state"
    assert query["searchCriteria[sortOrders][1][field]"] == "b"
    assert query["searchCriteria[pageSize]"] == 7


@pytest.mark.parametrize(
    ("now", "digits"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_one_time_codes_are_those_of_rfc_6238(now: float, digits: str) -> None:
    assert totp("GEZD GNBV GY3T QOJQ GEZDGNBVGY3TQOJQ", now) == digits


def test_a_seed_that_is_none_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="base32") as raised:
        totp("1!", 0)
    assert "QR code" in raised.value.remedy


@pytest.mark.parametrize(
    ("options", "url"),
    [
        (Options(base_url="https://shop.example.com/"), "https://shop.example.com/rest"),
        (
            Options(base_url="https://shop.example.com", rest_path="index.php/rest", store_code="all"),
            "https://shop.example.com/index.php/rest/all",
        ),
        (
            Options(base_url="https://na1.api.commerce.adobe.com/t1/", auth="ims", store_code="nordic"),
            "https://na1.api.commerce.adobe.com/t1",
        ),
    ],
)
def test_the_store_is_in_the_path_of_an_own_shop_alone(options: Options, url: str) -> None:
    assert options.api_url == url


@pytest.mark.django_db
def test_the_limit_of_calls_is_the_shops_and_follows_the_setting() -> None:
    """Two connections to one shop, say one for each company, share it. A change of the setting counts at once."""
    with scopes_disabled():
        _share_a_limit(Tenant.objects.create(slug="krok", name="Krok AB"))


def _share_a_limit(tenant: Tenant) -> None:
    def made(key: str, base_url: str) -> Connection:
        return Connection.objects.create(
            tenant=tenant, key=key, system="adobe_commerce", name=key, settings={"base_url": base_url}
        )

    connection = made("shop-1", "https://shop.example.com/")
    first = session_of(connection, structs.replace(OPTIONS, calls_per_minute=10))
    second = session_of(made("shop-2", "https://Shop.example.com"), structs.replace(OPTIONS, calls_per_minute=10))
    row = RateBudget.objects.get()
    for session in (first, second):
        for _ in range(5):
            take(session._budget, for_people=True)
    with pytest.raises(RateLimited):
        take(first._budget, for_people=True)
    session_of(connection, structs.replace(OPTIONS, calls_per_minute=12))
    row.refresh_from_db()
    assert (row.allowance, row.used) == (12, 10)
    take(RateBudget.objects.get(), for_people=True)
