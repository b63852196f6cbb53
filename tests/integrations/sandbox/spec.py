"""Requests and answers against the vendors' specifications.

The specifications are not part of the project: they are looked for in `../shared/specs` beside it. Where they are
absent, tests that need them are skipped, except where the environment variable CI is set: there they fail.

    check_response("visma", "GET", "/v1/supplier", 200, body)
    check_request("visma", "POST", "/v1/supplier", {}, body)

Both raise SpecMismatch. Members and query parameters that the specification does not know are mismatches too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jsonschema  # type: ignore[import-untyped]
import pytest

SPECS = Path(__file__).resolve().parents[3].parent / "shared" / "specs"
FILES = {
    "visma": ("visma-net-erp.json",),
    "orderful": ("orderful-openapi-2.15.0.json",),
    "cleo": ("cleo-harmony-derived.openapi.json",),
    "airbase": ("airbase-accounting-reconstructed-openapi.json",),
    "basware": (
        "basware-p2p-subset-openapi.json",
        "basware-authentication-openapi.json",
        "basware-push-notification-openapi.json",
    ),
    "adobe": ("adobe-commerce-admin-schema-2.4.9.json",),
    "adobe-saas": ("adobe-commerce-accs-schema.json",),
}
IGNORING_CASE = frozenset({"visma"})
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
Json = dict[str, Any]
Query = Mapping[str, Any] | str


class SpecMismatch(AssertionError):
    """Something the specification does not allow."""


def require_specs(system: str) -> None:
    """Skip the test where the specifications of a system are absent, or fail it in CI."""
    missing = [name for name in FILES[system] if not (SPECS / name).exists()]
    if missing:
        text = f"specifications are absent: {', '.join(missing)} not in {SPECS}"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)


def check_response(system: str, method: str, path: str, status: int, body: Any) -> None:
    """Raise SpecMismatch when the operation does not declare this answer. `body` is decoded JSON, or None if empty.

    Statuses without a declared schema are accepted with any body: the specifications leave errors out.
    """
    document, operation, _ = _operation(system, method, path)
    responses = operation["responses"]
    declared = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")
    if declared is None:
        if status < 400:
            raise SpecMismatch(f"{method} {path}: status {status} is not declared, only {', '.join(responses)}")
        return
    declared = _resolved(document, declared)
    schema = _json_schema(declared.get("content", {})) or declared.get("schema")  # the latter is Swagger 2.0
    if schema is not None and body is not None:
        _validate(document, schema, body, f"{method} {path} {status}")


def check_request(system: str, method: str, path: str, query: Query, body: Any) -> None:
    """Raise SpecMismatch for unknown or mistyped parameters and for a body that does not fit.

    `query` is a mapping of names to a value or a list of values, or the raw query string.
    """
    document, operation, shared = _operation(system, method, path)
    parameters = [_resolved(document, p) for p in [*shared, *operation.get("parameters", ())]]
    _check_query(system, document, parameters, query, f"{method} {path}")
    declared = operation.get("requestBody")
    if declared is None:
        if body not in (None, b"", ""):
            raise SpecMismatch(f"{method} {path} takes no body")
        return
    declared = _resolved(document, declared)
    if body is None:
        if declared.get("required"):
            raise SpecMismatch(f"{method} {path} needs a body")
        return
    schema = _json_schema(declared["content"])
    if schema is not None:
        _validate(document, schema, body, f"{method} {path} body")


def query_parameters(system: str, path: str) -> set[str]:
    """Names of the query parameters that GET `path` declares."""
    document, operation, shared = _operation(system, "GET", path)
    parameters = [_resolved(document, p) for p in [*shared, *operation.get("parameters", ())]]
    return {p["name"] for p in parameters if p["in"] == "query"}


def _check_query(system: str, document: Json, parameters: list[Json], query: Query, where: str) -> None:
    values = parse_qs(query, keep_blank_values=True) if isinstance(query, str) else dict(query)
    fold = str.lower if system in IGNORING_CASE else str
    known = {fold(p["name"]): p for p in parameters if p["in"] == "query"}
    for name, value in values.items():
        parameter = known.get(fold(name))
        if parameter is None:
            raise SpecMismatch(f"{where}: unknown query parameter {name}; known: {', '.join(sorted(known))}")
        schema = _resolved(document, parameter.get("schema", {}))
        for single in value if isinstance(value, list) else [value]:
            _check_parameter(document, schema, str(single), f"{where} ?{name}=")
    given = {fold(name) for name in values}
    missing = [p["name"] for name, p in known.items() if p.get("required") and name not in given]
    if missing:
        raise SpecMismatch(f"{where}: missing query parameters {', '.join(missing)}")


def _check_parameter(document: Json, schema: Json, text: str, where: str) -> None:
    if schema.get("type") == "array":
        schema = _resolved(document, schema["items"])
    converters = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": r"true|false"}
    pattern = converters.get(schema.get("type", ""))
    if pattern and not re.fullmatch(pattern, text):
        raise SpecMismatch(f"{where}{text}: not a {schema['type']}")
    if "enum" in schema and text not in {str(value) for value in schema["enum"]}:
        raise SpecMismatch(f"{where}{text}: not one of {schema['enum']}")


def _operation(system: str, method: str, path: str) -> tuple[Json, Json, list[Json]]:
    """The document, the operation and the parameters shared by the path."""
    candidates = []
    for document in _documents(system):
        for pattern, item, weight in _paths(system, document["x-name"]):
            if pattern.fullmatch(path) and method.lower() in item:
                candidates.append((weight, document, item))
    if not candidates:
        raise SpecMismatch(f"{system} has no operation {method} {path}")
    _, document, item = min(candidates, key=lambda candidate: candidate[0])
    return document, item[method.lower()], item.get("parameters", [])


@lru_cache
def _documents(system: str) -> tuple[Json, ...]:
    loaded = []
    for name in FILES[system]:
        document: Json = json.loads((SPECS / name).read_bytes())
        loaded.append(_nullable(document) | {"x-name": name})
    return tuple(loaded)


@lru_cache
def _paths(system: str, name: str) -> tuple[tuple[re.Pattern[str], Json, int], ...]:
    document = next(d for d in _documents(system) if d["x-name"] == name)
    flags = re.IGNORECASE if system in IGNORING_CASE else 0
    found = []
    for template, item in document["paths"].items():
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template))
        found.append((re.compile(pattern, flags), item, template.count("{")))
    return tuple(found)


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema's null type."""
    if isinstance(node, list):
        return [_nullable(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    changed = {name: _nullable(value) for name, value in node.items()}
    if changed.pop("nullable", False) is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
        if "enum" in changed:
            changed["enum"] = [*changed["enum"], None]
    return changed


def _json_schema(content: Json) -> Json | None:
    for media_type, declared in content.items():
        if "json" in media_type:
            schema: Json | None = declared.get("schema")
            return schema
    return None


def _resolved(document: Json, node: Json) -> Json:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _validate(document: Json, schema: Json, value: Any, where: str) -> None:
    shared = {name: document[name] for name in ("components", "definitions") if name in document}
    whole = {**schema, **shared}
    errors = sorted(jsonschema.Draft202012Validator(whole).iter_errors(value), key=lambda error: error.json_path)
    texts = [f"{error.json_path}: {error.message[:200]}" for error in errors[:5]]
    texts += list(_unknown(document, schema, value, "$"))[:5]
    if texts:
        raise SpecMismatch(f"{where}: " + "; ".join(texts))


def _unknown(document: Json, schema: Json, value: Any, path: str) -> Iterator[str]:
    """Members that no branch of the schema names, unless it allows any."""
    schema = _resolved(document, schema)
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _unknown(document, schema.get("items", {}), entry, f"{path}[{number}]")
    elif isinstance(value, dict):
        known, is_open = _members(document, schema)
        for name, entry in value.items():
            if name in known:
                yield from _unknown(document, known[name], entry, f"{path}.{name}")
            elif not is_open:
                yield f"{path}.{name}: unknown member"


def _members(document: Json, schema: Json) -> tuple[dict[str, Json], bool]:
    known: dict[str, Json] = dict(schema.get("properties", {}))
    is_open = bool(schema.get("additionalProperties"))
    branches = [branch for name in ("allOf", "oneOf", "anyOf") for branch in schema.get(name, ())]
    for branch in branches:
        more, branch_open = _members(document, _resolved(document, branch))
        known, is_open = {**more, **known}, is_open or branch_open
    return known, is_open or not known
