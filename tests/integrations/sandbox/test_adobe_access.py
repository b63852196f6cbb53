"""The Adobe Commerce simulator: signatures, tokens, faces, permissions, limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

import pytest
import requests
from oauthlib import oauth1  # type: ignore[import-untyped]

from integrations.sandbox.adobe import oauth
from tests.integrations.sandbox.adobe_client import Paas, Saas, act, criteria, ims_token, sandbox, server, shop
from tests.integrations.sandbox.served import Served

__all__ = ["sandbox", "server"]
GUEST = {"message": "The consumer isn't authorized to access %resources."}


def test_the_signature_is_that_of_the_test_vector() -> None:
    query = (
        "searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bfield%5D=updated_at"
        "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bvalue%5D=2026-01-31%2023%3A00%3A00"
        "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bcondition_type%5D=gteq"
        "&searchCriteria%5BpageSize%5D=100"
    )
    parameters = {
        "oauth_consumer_key": "a" * 32,
        "oauth_token": "c" * 32,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": "1767225600",
        "oauth_nonce": "n0nce",
        "oauth_version": "1.0",
    }
    url = "https://shop.example.com/rest/default/V1/orders"
    base = oauth.base_string(method="get", url=url, parameters=parameters, query=query)
    signed = oauth.signature(base, consumer_secret="b" * 32, token_secret="d" * 32)
    assert signed == "a9ybiZq+M6mgGZeMSPiUG4iGFEGqSLAXaBKHaW0sPN8="


def test_default_ports_are_dropped_and_others_kept() -> None:
    bases = [
        oauth.base_string(method="GET", url=url, parameters={}, query="a=1&b=2=3&oauth_x=1")
        for url in ("http://shop:80/x", "https://shop:443/x", "http://shop:8899/x")
    ]
    assert bases == ["GET&http%3A%2F%2Fshop%2Fx&a%3D1", "GET&https%3A%2F%2Fshop%2Fx&a%3D1",
                     "GET&http%3A%2F%2Fshop%3A8899%2Fx&a%3D1"]  # fmt: skip


def test_a_signed_call_with_a_query_and_one_with_a_body(sandbox: Served) -> None:
    paas = Paas(sandbox)
    answer = paas.get("/orders", params=criteria(("status", "in", "processing,complete"), size=2))
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 2
    comment = {"comment": "a=b & c", "is_customer_notified": 0, "is_visible_on_front": 0, "parent_id": 1}
    posted = paas.post("/orders/1/comments", json={"statusHistory": comment})
    assert (posted.status_code, posted.json()) == (200, True)


@pytest.mark.parametrize(
    ("changed", "status", "text"),
    [
        ({"consumer_secret": "x" * 32}, 401, "The signature is invalid. Verify and try again."),
        ({"consumer_key": "x" * 32}, 401, "A consumer having the specified key does not exist"),
        ({"access_token": "x" * 32}, 401, "Specified token does not exist"),
        ({"access_token": "short"}, 400, "The token length is invalid. Check the length and try again."),
    ],
)
def test_wrong_credentials(sandbox: Served, changed: dict[str, str], status: int, text: str) -> None:
    answer = Paas(sandbox, **changed).get("/store/storeConfigs")
    assert (answer.status_code, answer.json()["message"]) == (status, text)


def signed_header(sandbox: Served, url: str, **more: Any) -> str:
    own = shop(sandbox)
    client = oauth1.Client(
        own["consumer_key"],
        client_secret=own["consumer_secret"],
        resource_owner_key=own["access_token"],
        resource_owner_secret=own["access_token_secret"],
        **{"signature_method": "HMAC-SHA256", **more},
    )
    return str(client.sign(url)[1]["Authorization"])


def test_nonce_timestamp_and_method(sandbox: Served) -> None:
    url = f"{sandbox.base}/kasityopuoti/rest/V1/store/websites"

    def call(header: str) -> requests.Response:
        return requests.get(url, headers={"Authorization": header}, timeout=10)

    old = signed_header(sandbox, url, timestamp="1500000000", nonce="n1")
    assert call(old).status_code == 200, "an old timestamp is accepted"
    again = call(old)
    assert again.status_code == 401
    assert again.json() == {"message": "The nonce is already being used by the consumer with ID %1", "parameters": [1]}
    future = call(signed_header(sandbox, url, timestamp=str(int(time.time()) + 700)))
    assert (future.status_code, future.json()["message"]) == (401, "An error occurred validating the nonce")
    sha1 = call(signed_header(sandbox, url, signature_method="HMAC-SHA1"))
    assert sha1.status_code == 400
    assert sha1.json() == {"message": "Signature method %1 is not supported", "parameters": ["HMAC-SHA1"]}
    absent = call("OAuth oauth_consumer_key=x")
    assert absent.json()["parameters"] == {"fieldName": "oauth_signature"}


def test_without_credentials_everyone_is_a_guest(sandbox: Served) -> None:
    url = f"{sandbox.base}/kasityopuoti/rest/V1/orders"
    for header in ({}, {"Authorization": "Bearer nonsense"}):
        answer = requests.get(url, headers=header, timeout=10)
        assert answer.status_code == 401
        assert answer.json() == {**GUEST, "parameters": {"resources": "Magento_Sales::actions_view"}}
    assert requests.get(f"{sandbox.base}/kasityopuoti/rest/V1/directory/currency", timeout=10).status_code == 200


def test_an_integration_has_its_own_permissions(sandbox: Served) -> None:
    limited = Paas(sandbox, kind="read only")
    assert limited.get("/orders/1").status_code == 200
    answer = limited.post("/orders/1/cancel")
    assert answer.status_code == 401
    assert answer.json()["parameters"] == {"resources": "Magento_Sales::cancel"}
    sandbox.options(acl_denied=["Magento_Customer::customer"])
    assert Paas(sandbox).get("/customers/101").status_code == 401


def test_a_revoked_token(sandbox: Served) -> None:
    act(sandbox, "revoke")
    assert Paas(sandbox).get("/orders/1").json() == {"message": "Access token has been revoked"}


def test_the_access_token_alone_is_no_bearer_by_default(sandbox: Served) -> None:
    url, token = f"{sandbox.base}/kasityopuoti/rest/V1/orders/1", shop(sandbox)["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    assert requests.get(url, headers=header, timeout=10).status_code == 401
    sandbox.options(integration_as_bearer=True)
    assert requests.get(url, headers=header, timeout=10).status_code == 200


def one_time_code(seed: str) -> str:
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    return str(int.from_bytes(digest[digest[-1] & 15 :][:4], "big") & 0x7FFFFFFF)[-6:].zfill(6)


def test_admin_tokens_with_and_without_the_second_factor(sandbox: Served) -> None:
    own, base = shop(sandbox), f"{sandbox.base}/kasityopuoti/rest/V1"
    login = {"username": own["admin user"], "password": own["admin password"]}

    def post(path: str, **values: str) -> requests.Response:
        return requests.post(f"{base}{path}", json={**login, **values}, timeout=10)

    plain = post("/integration/admin/token")
    assert plain.status_code == 400
    assert plain.json()["parameters"] == {"active_providers": ["google"]}
    assert post("/tfa/provider/google/authenticate", otp="000000").status_code == 401
    token = post("/tfa/provider/google/authenticate", otp=one_time_code(own["admin TOTP seed (base32)"]))
    assert token.status_code == 200
    header = {"Authorization": f"Bearer {token.json()}"}
    assert requests.get(f"{base}/orders/1", headers=header, timeout=10).status_code == 200
    sandbox.advance(4 * 3600 + 1)
    expired = requests.get(f"{base}/orders/1", headers=header, timeout=10)
    assert (expired.status_code, expired.json()["message"]) == (401, GUEST["message"])
    sandbox.options(two_factor=False)
    assert isinstance(post("/integration/admin/token").json(), str)


def test_six_wrong_passwords_lock_the_account(sandbox: Served) -> None:
    sandbox.options(two_factor=False)
    own, url = shop(sandbox), f"{sandbox.base}/kasityopuoti/rest/V1/integration/admin/token"
    wrong = {"username": own["admin user"], "password": "wrong"}
    right = {**wrong, "password": own["admin password"]}
    statuses = {requests.post(url, json=wrong, timeout=10).status_code for _ in range(6)}
    assert statuses == {401}
    assert requests.post(url, json=right, timeout=10).status_code == 401
    sandbox.advance(1_801)
    assert requests.post(url, json=right, timeout=10).status_code == 200


def test_ims_tokens_and_the_saas_face(sandbox: Served) -> None:
    made = ims_token(sandbox)
    assert made.status_code == 200
    assert (made.json()["token_type"], made.json()["expires_in"]) == ("bearer", 86_399)
    assert ims_token(sandbox, client_secret="x").json()["error"] == "invalid_client"
    assert ims_token(sandbox, scope="openid").json()["error"] == "invalid_scope"
    saas = Saas(sandbox)
    assert saas.get("/orders/1").json()["increment_id"] == "000000001"
    assert saas.get("/order-statuses").status_code == 200
    assert Paas(sandbox).get("/order-statuses").status_code == 404
    absent = saas.post("/integration/admin/token", json={})
    assert (absent.status_code, absent.json()) == (404, {"message": "Request does not match any route."})
    assert "Magento_CustomAttributeSerializable" in saas.get("/modules").json()
    assert "Magento_CustomAttributeSerializable" not in Paas(sandbox).get("/modules").json()
    assert saas.get("/orders/1", headers={"x-gw-ims-org-id": "OTHER@AdobeOrg"}).status_code == 403
    assert saas.get("/orders/1", headers={"Store": "nowhere"}).status_code == 404
    sandbox.advance(86_400)
    assert saas.get("/orders/1").status_code == 401


def test_the_two_shops_are_apart(sandbox: Served) -> None:
    finnish = shop(sandbox, "FI")
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    stranger = Paas(sandbox, "SE", **{name: finnish[name] for name in names})
    assert stranger.get("/orders/1").status_code == 401
    assert Paas(sandbox, "SE").order(1)["order_currency_code"] == "SEK"
    assert Paas(sandbox, "FI").order(1)["order_currency_code"] == "EUR"


def test_store_codes_in_the_path(sandbox: Served) -> None:
    assert Paas(sandbox, store="all").get("/orders/1").status_code == 200
    unknown = Paas(sandbox, store="nowhere").get("/orders/1")
    assert (unknown.status_code, unknown.json()) == (404, {"message": "Request does not match any route."})
    stores = {order["store_id"] for order in Paas(sandbox, store="se").found("/orders")["items"]}
    assert stores == {1, 3, 4}, "the store in the path filters nothing"
    assert Paas(sandbox).put("/orders/1/comments", json={}).status_code == 404, "a wrong method is no route"


def test_bodies_that_cannot_be_read(sandbox: Served) -> None:
    paas = Paas(sandbox)
    broken = paas.post("/orders/1/comments", data="{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["message"]) == (400, "Decoding error.")
    assert paas.post("/orders/1/comments", data="x", headers={"Content-Type": "text/plain"}).status_code == 400


def test_limits_and_faults(sandbox: Served) -> None:
    paas = Paas(sandbox)
    sandbox.options(rate_limit=1)
    assert paas.get("/orders/1").status_code == 200
    limited = paas.get("/orders/1")
    assert (limited.status_code, limited.json()) == (429, {"message": "Too Many Requests"})
    assert 0 < int(limited.headers["Retry-After"]) <= 60
    sandbox.options(rate_limit=0)
    sandbox.fault(fault="503html", path_regex="/orders")
    assert paas.get("/orders/1").headers["Content-Type"].startswith("text/html")
    sandbox.fault(fault=500, path_regex="/orders")
    assert "Report ID: webapi-" in paas.get("/orders/1").json()["message"]
    assert paas.get("/orders/1").status_code == 200
