"""Whatever a program sends: no server error, and no answer that the OpenAPI document does not name; nothing of another
tenant's; and nothing at all without a key. The requests are made from the document itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django_scopes import scopes_disabled
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from integrations.models import Delivery, Flow, Operation
from integrations.notices.models import Message, Subscriber
from portal.api.throttling import KeyThrottle
from portal.tenants.models import ApiKey, Scope
from portal.wsgi import application
from tests.portal.api.conftest import Owned

load_all_checks()
NAMED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
EXAMPLES = 5
"""Requests of one operation with one key."""
HOLDS = [check for name, check in CHECKS._items.items() if name in NAMED]


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of calls in seconds are what this is about."""
    monkeypatch.setattr(KeyThrottle, "allow_request", lambda self, request, view: True)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The database's connection stays open from request to request, as with Django's own client: the test's rows stand
    in its transaction."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture
def operations(db: None, one_connection: None) -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    found = [result.ok() for result in schema.get_all_operations()]
    assert len(found) > 25
    return found


def bearer(owned: Owned, scope: Scope) -> dict[str, str]:
    with scopes_disabled():
        _, key = ApiKey.issue(tenant=owned.tenant, name=f"explorer {scope}", scope=scope)
    return {"Authorization": f"Bearer {key}"}


def names(owned: Owned) -> dict[str, str]:
    """What stands in an address for each kind of row."""
    rows: dict[str, object] = {
        "connections": owned.connection.key,
        "integrations": owned.integration.key,
        "flows": owned.flow.pk,
        "feeds": owned.run.feed_id,
        "documents": owned.document.pk,
        "runs": owned.run.pk,
        "deliveries": owned.delivery.pk,
        "operations": owned.operation.pk,
        "issues": owned.issue.pk,
        "records": owned.record.pk,
        "subscribers": owned.message.subscriber_id,
        "messages": owned.message.pk,
    }
    return {kind: str(row) for kind, row in rows.items()}


def explore(operation: Any, look: Callable[[Any], None]) -> None:
    """Has `look` judge requests of an operation, right ones and wrong ones, made from the document: the same each
    time."""

    kinds = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    if operation.body or operation.query or operation.path_parameters:  # what can be wrong
        kinds.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @given(case=st.one_of(kinds))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: Any) -> None:
        look(case)

    asked()


def addressed(case: Any, owned: Owned) -> Any:
    """The same request to a row that is there."""
    kind = case.operation.path.removeprefix("/api/v1/").partition("/")[0]
    if case.path_parameters:
        case.path_parameters = dict.fromkeys(case.path_parameters, names(owned)[kind])
    if isinstance(case.body, dict) and isinstance(case.body.get("flow"), int):
        case.body["flow"] = owned.flow.pk
    return case


def rows_of(owned: Owned) -> Iterator[object]:
    with scopes_disabled():
        yield Flow.objects.filter(pk=owned.flow.pk).values().get()
        yield Delivery.objects.filter(pk=owned.delivery.pk).values().get()
        yield Operation.objects.filter(pk=owned.operation.pk).values().get()
        yield Subscriber.objects.filter(pk=owned.message.subscriber_id).values().get()
        yield Message.objects.filter(pk=owned.message.pk).values().get()


def test_with_a_key_every_answer_is_one_that_is_documented(ours: Owned, operations: list[Any]) -> None:
    headers = bearer(ours, Scope.ADMIN)
    count = 0
    for operation in operations:
        is_last = operation.method == "delete"

        def look(case: Any, is_last: bool = is_last) -> None:
            nonlocal count
            count += 1
            if not is_last and count % 2:
                addressed(case, ours)
            case.validate_response(case.call(headers=headers), checks=HOLDS, headers=headers)

        explore(operation, look)


def test_with_a_foreign_key_no_row_is_there_and_none_changes(ours: Owned, theirs: Owned, operations: list[Any]) -> None:
    headers, before = bearer(theirs, Scope.ADMIN), list(rows_of(ours))
    for operation in (o for o in operations if "{" in o.path):

        def look(case: Any) -> None:
            answer = addressed(case, ours).call(headers=headers)
            assert answer.status_code in (401, 404), (case.method, case.path, answer.status_code)

        explore(operation, look)
    assert list(rows_of(ours)) == before


def test_without_a_key_nothing_is_told_and_nothing_changes(ours: Owned, operations: list[Any]) -> None:
    before = list(rows_of(ours))
    for operation in operations:

        def look(case: Any) -> None:
            answer = addressed(case, ours).call()
            assert answer.status_code == 401, (case.method, case.path, answer.status_code)
            assert "ours" not in answer.text

        explore(operation, look)
    assert list(rows_of(ours)) == before
