"""Tokens, companies, allowance, routes of the Visma simulator."""

from __future__ import annotations

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from integrations.sandbox.server import SandboxServer
from tests.integrations.sandbox.conftest import Control, VismaClient

SCOPE = "vismanet_erp_service_api:read"


def mint(server: SandboxServer, *, auth: tuple[str, str] | None = None, **form: str) -> requests.Response:
    company = server.sandbox.world.company("SE")
    given = {
        "grant_type": "client_credentials",
        "client_id": company.visma_client_id,
        "client_secret": company.visma_client_secret,
        "tenant_id": company.visma_tenant_id,
        "scope": SCOPE,
        **form,
    }
    given = {name: value for name, value in given.items() if value}
    return requests.post(f"{server.url}/visma/connect/token", data=given, auth=auth, timeout=10)


def test_a_token(sandbox: SandboxServer) -> None:
    answer = mint(sandbox)
    assert answer.status_code == 200
    body = answer.json()
    assert body["access_token"].startswith("eyJ")
    assert (body["expires_in"], body["token_type"], body["scope"]) == (3600, "Bearer", SCOPE)
    assert "X-RateLimit-Limit" not in answer.headers


def test_basic_authentication(sandbox: SandboxServer) -> None:
    company = sandbox.sandbox.world.company("SE")
    pair = (company.visma_client_id, company.visma_client_secret)
    assert mint(sandbox, auth=pair, client_id="", client_secret="").status_code == 200
    assert mint(sandbox, auth=(pair[0], "wrong")).json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"tenant_id": "5a6d0e10-1002-4c00-8a00-000000001002"}, "invalid_tenant"),  # the Norwegians'
        ({"tenant_id": "nonsense"}, "invalid_tenant"),
        ({"tenant_id": ""}, "invalid_tenant"),
        ({"scope": "vismanet_erp_service_api:everything"}, "invalid_scope"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
def test_refused_tokens(sandbox: SandboxServer, form: dict[str, str], error: str) -> None:
    answer = mint(sandbox, **form)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_tenant_can_lose_its_grant(sandbox: SandboxServer, control: Control) -> None:
    control.options(refused_tenants=["SE"])
    assert mint(sandbox).json() == {"error": "invalid_tenant"}


def test_json_is_no_token_request(sandbox: SandboxServer) -> None:
    answer = requests.post(f"{sandbox.url}/visma/connect/token", json={}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_discovery(sandbox: SandboxServer) -> None:
    body = requests.get(f"{sandbox.url}/visma/.well-known/openid-configuration", timeout=10).json()
    assert body["token_endpoint"] == f"{sandbox.url}/visma/connect/token"


def bearer(server: SandboxServer, token: str, **headers: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "ipp-company-id": "1001", **headers}
    return requests.get(f"{server.url}/visma/v1/branch", headers=headers, timeout=10)


def test_the_customer_tenant_authenticates_and_reaches_nothing(sandbox: SandboxServer) -> None:
    company = sandbox.sandbox.world.company("SE")
    token = mint(sandbox, tenant_id=company.visma_customer_tenant_id).json()["access_token"]
    answer = bearer(sandbox, token)
    assert (answer.status_code, answer.json()["ExceptionType"]) == (401, "IPPException")


def test_routes_without_token(sandbox: SandboxServer) -> None:
    assert requests.get(f"{sandbox.url}/visma/v1/branch", timeout=10).status_code == 401
    assert requests.get(f"{sandbox.url}/visma/v1/nonsense", timeout=10).status_code == 404


def test_damaged_and_expired_tokens(sandbox: SandboxServer, control: Control) -> None:
    token = mint(sandbox).json()["access_token"]
    assert bearer(sandbox, token).status_code == 200
    head, body, signature = token.split(".")
    forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(body + "==").replace(b'"SE"', b'"NO"')).decode()
    for wrong in ("nonsense", "a.b.c", token + "x", f"{head}.{forged.rstrip('=')}.{signature}"):
        assert bearer(sandbox, wrong).status_code == 401
    control.post("clock", advance_seconds=3_601)
    assert bearer(sandbox, token).status_code == 401


def test_the_company_header_is_strict(sandbox: SandboxServer, visma: VismaClient, control: Control) -> None:
    assert visma.get("/v1/branch", headers={"ipp-company-id": "1002"}).status_code == 401
    assert visma.get("/v1/branch", headers={"ipp-company-id": None}).status_code == 400
    control.options(strict_company_header=False)
    assert visma.get("/v1/branch", headers={"ipp-company-id": None}).status_code == 200
    control.options(strict_company_header=None, strict=False)
    assert visma.get("/v1/branch", headers={"ipp-company-id": "7"}).status_code == 200


def test_companies_never_see_each_other(sandbox: SandboxServer, visma: VismaClient) -> None:
    norway = VismaClient(sandbox, "NO")
    swedish = {row["supplier"]["number"] for row in visma.get("/v1/purchaseorder?pageSize=500").json()}
    norwegian = {row["supplier"]["number"] for row in norway.get("/v1/purchaseorder?pageSize=500").json()}
    assert {n[0] for n in swedish} == {"5"}
    assert {n[0] for n in norwegian} == {"6"}
    assert visma.get("/v1/supplier/60001").status_code == 404
    assert norway.get("/v1/supplier/60001").status_code == 200
    both = [client.get("/v1/purchaseorder/500001").json()["supplier"]["number"] for client in (visma, norway)]
    assert both == ["50001", "60001"]  # one number, two documents


def test_scopes(sandbox: SandboxServer) -> None:
    reader = VismaClient(sandbox, scope=SCOPE)
    assert reader.get("/v1/branch").status_code == 200
    assert reader.post("/v1/supplier", json={"name": {"value": "x"}}).status_code == 403
    assert reader.put("/v1/supplier/50001", json={}).status_code == 403


def test_the_allowance_is_a_fixed_window(sandbox: SandboxServer, visma: VismaClient, control: Control) -> None:
    control.options(rate_limit=3)
    answers = [visma.get("/v1/branch") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a.headers["X-RateLimit-Remaining"] for a in answers] == ["2", "1", "0", "0"]
    assert answers[0].headers["X-RateLimit-Policy"] == "4-fixed-window"
    assert "Retry-After" not in answers[0].headers
    assert 3_590 <= int(answers[3].headers["Retry-After"]) <= 3_600
    assert answers[3].json()["statusCode"] == 429
    assert VismaClient(sandbox, "NO").get("/v1/branch").status_code == 200  # each company has its own
    control.post("clock", advance_seconds=int(answers[3].headers["Retry-After"]) + 1)
    assert VismaClient(sandbox).get("/v1/branch").headers["X-RateLimit-Remaining"] == "2"


def test_the_allowance_holds_with_many_callers(sandbox: SandboxServer, control: Control) -> None:
    control.options(rate_limit=60)
    clients = [VismaClient(sandbox) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(client.get, "/v1/currency") for client in clients for _ in range(10)]
    statuses = Counter(call.result().status_code for call in calls)
    assert statuses == {200: 60, 429: 20}


def test_errors_have_rate_headers_too(visma: VismaClient, control: Control) -> None:
    assert "X-RateLimit-Remaining" in visma.get("/v1/supplier/1").headers
    assert "X-RateLimit-Remaining" in visma.put("/v1/supplier/50001", json={}).headers


def test_the_old_base_url_still_answers_with_less(visma: VismaClient) -> None:
    answer = visma.get("/API/controller/api/v1/branch")
    assert answer.status_code == 200
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Policy"]) == ("500", "6-fixed-window")


def test_paths_and_query_names_have_no_case(visma: VismaClient) -> None:
    first = visma.get("/V1/PURCHASEORDER?ORDERSTATUS=open&PageSize=500").json()
    assert {row["status"] for row in first} == {"Open"}


def test_keys_with_reserved_characters_need_base64(sandbox: SandboxServer) -> None:
    norway = VismaClient(sandbox, "NO")
    assert norway.get("/v1/inventory/M8*40:A4").status_code == 400
    encoded = base64.urlsafe_b64encode(b"M8*40:A4").decode()
    for key in (encoded, encoded.rstrip("=")):
        assert norway.get(f"/v1/inventory/b64({key})").json()["inventoryNumber"] == "M8*40:A4"
    assert norway.get("/v1/inventory/b64(%%%)").status_code == 400


def test_answers_are_compressed_when_the_option_says_so(visma: VismaClient, control: Control) -> None:
    plain = visma.get("/v1/supplier")
    control.options(compress=True)
    packed = visma.get("/v1/supplier")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 4


def test_subscriptions_by_api_are_gone(visma: VismaClient, control: Control) -> None:
    body = {"event": "purchaseorder_changed", "hookUri": "https://portal.example/hooks/visma"}
    assert visma.post("/v1/subscription", json=body).status_code == 404
    control.options(subscription_mode=410)
    assert visma.post("/v1/subscription", json=body).status_code == 410
    control.options(subscription_mode=201)
    created = visma.post("/v1/subscription", json=body)
    assert (created.status_code, created.json()["event"]) == (201, "purchaseorder_changed")
    assert visma.post("/v1/subscription", json=body).status_code == 409
    assert visma.get("/v1/subscription").json() == [created.json()]
    assert visma.delete(f"/v1/subscription/{created.json()['id']}").status_code == 204
    assert visma.get("/v1/subscription").json() == []
