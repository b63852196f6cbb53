"""The OpenAPI document: every shape has an example that is one, and the tour of the docs can be taken."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled

from integrations.models import Operation
from integrations.services import operations
from portal.api.examples import EXAMPLES
from portal.tenants.models import ApiKey, Scope
from tests.portal.api.conftest import Owned, _owned
from tests.portal.api.test_operations import unagreed

INNER = ("Paginated", "Try", "Attempt", "Acknowledgment", "Equation", "DeliveredUntil", "Feed")
"""Shapes that stand only inside of others."""


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """As whoever asks gets it."""
    document: dict[str, Any] = json.loads(Client().get("/api/schema/", {"format": "json"}).content)
    return document


def nullable(value: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema, so that a validator can judge."""
    if isinstance(value, list):
        return [nullable(one) for one in value]
    if not isinstance(value, dict):
        return value
    plain = {k: nullable(v) for k, v in value.items() if k != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if value.get("nullable") else plain


def test_an_example_is_what_its_shape_says(schema: dict[str, Any]) -> None:
    shapes = nullable(schema["components"]["schemas"])
    for name, example in EXAMPLES.items():
        assert shapes[name]["example"] == example, name
        judge = jsonschema.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": {"schemas": shapes}},
            format_checker=jsonschema.FormatChecker(),
        )
        assert [error.message for error in judge.iter_errors(example)] == [], name
        assert not judge.is_valid(dict.fromkeys(example, object())), name


def test_every_shape_of_its_own_has_an_example(schema: dict[str, Any]) -> None:
    shapes = schema["components"]["schemas"]
    objects = {name for name, shape in shapes.items() if shape.get("type") == "object"}
    assert {n for n in objects if not n.startswith("Paginated") and n not in INNER} == set(EXAMPLES)


def test_an_example_leaves_nothing_out(schema: dict[str, Any]) -> None:
    shapes = schema["components"]["schemas"]
    for name, example in EXAMPLES.items():
        if name not in ("Ask", "PatchedChangedSubscriber", "Problem"):
            assert set(example) == set(shapes[name]["properties"]), name


def test_every_address_of_the_docs_is_one(schema: dict[str, Any]) -> None:
    known = [re.sub(r"\{\w+\}", r"[^/]+", path) for path in schema["paths"]]
    asked = re.findall(r"^(?:api|ask) '?([\w/.]+)", tour(), re.MULTILINE)
    assert len(asked) > 15
    for path in asked:
        assert any(re.fullmatch(k, f"/api/v1/{path}") for k in known), path


def tour() -> str:
    """The commands of the tour, of both parts."""
    text = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[:2])


@pytest.mark.django_db(transaction=True)
def test_the_tour_is_one_that_can_be_taken(live_server: Any, tmp_path: Path) -> None:
    """The commands as they stand in the docs, by bash and curl. Ids and numbers are those of the rows that are here."""
    with scopes_disabled():
        owned = _owned("nordlogistik")
        _, key = ApiKey.issue(tenant=owned.tenant, name="tour of the docs", scope=Scope.OPERATE)
    answers = [taken(line, owned, key, live_server.url, tmp_path) for line in commands()]
    assert len(answers) > 15
    for line, status, body in answers:
        assert status in ("200", "202"), (line, status, body)
        assert body, line


def commands() -> list[str]:
    return [line for line in tour().splitlines() if re.match(r"(api|ask|curl) ", line)]


def taken(line: str, owned: Owned, key: str, host: str, folder: Path) -> tuple[str, str, bytes]:
    """One line of the tour as bash runs it: the line, the status, the answer."""
    rows = {
        "deliveries/1": f"deliveries/{owned.delivery.pk}",
        "documents/1": f"documents/{owned.document.pk}",
        "operations/1/start": f"operations/{_planned(owned)}/start" if "/start" in line else "",
        "operations/1": f"operations/{owned.operation.pk}",
        "flows/1": f"flows/{owned.flow.pk}",
        "feeds/1": f"feeds/{owned.run.feed_id}",
        '"reconciliation": 3': f'"reconciliation": {_reconciled(owned)}' if "send_unsent" in line else "",
        '"lahti-metal"': f'"{_unagreed(owned)}"' if "trading_partner" in line else "",
        '"flow": 1': f'"flow": {owned.flow.pk}',
        "integrations/visma-orderful": f"integrations/{owned.integration.key}",
        "http://127.0.0.1:8000": host,
    }
    for written, real in rows.items():
        if real:
            line = re.sub(rf"{re.escape(written)}(?!\d)", real, line)
    functions = [f for f in tour().splitlines() if re.match(r"(api|ask)\(\)", f)]
    told = [
        f.replace("http://127.0.0.1:8000", host).replace("curl -sH", "curl -w %{stderr}%{http_code} -sH")
        for f in functions
    ]
    line = line.replace("curl -s ", "curl -w '%{stderr}%{http_code}' -s ", 1)
    script = "\n".join([f"KEY={key}", *told, line])
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, timeout=60, check=True)
    written_to = re.search(r"> (\S+)", line)
    return line, done.stderr.decode(), (folder / written_to[1]).read_bytes() if written_to else done.stdout


def _planned(owned: Owned) -> int:
    with scopes_disabled():
        planned = operations.ask_replay(
            owned.tenant, operations.Selection(), operations.Options(), actor=None, actor_name="tour", reason=""
        )
        return planned.pk


def _unagreed(owned: Owned) -> str:
    """A trading partner that had no agreement, and has one now."""
    return unagreed(owned)[0].key


def _reconciled(owned: Owned) -> int:
    """A reconciliation that found an order that was never sent."""
    result = msgspec.json.encode({"lines": [{"source_id": "500001", "kind": "never_sent"}]})
    now = timezone.now()
    with scopes_disabled():
        return Operation.objects.create(
            tenant=owned.tenant,
            kind=Operation.Kind.RECONCILE,
            state=Operation.State.DONE,
            flow=owned.flow,
            result=result,
            asked_by_name="tour",
            created_at=now,
            due_at=now,
            ended_at=now,
        ).pk
