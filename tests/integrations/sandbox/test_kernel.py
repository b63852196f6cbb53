"""Store, options and the base class of simulators."""

from __future__ import annotations

import json

import pytest

from integrations.sandbox.kernel import Options, Reply, Store, json_reply, reply_bytes, set_path


def test_a_store_survives_being_saved() -> None:
    store = Store()
    store.table("order").add({"key": "2", "body": {"a": [1, "å"]}, "_private": True})
    store.table("order").add({"key": "1", "body": {}})
    assert [store.next("n", start=5), store.next("n", start=5)] == [5, 6]
    other = Store()
    other.load(json.loads(json.dumps(store.dump())))
    assert list(other.table("order")) == ["2", "1"]
    assert other.table("order")["2"] == store.table("order")["2"]
    assert other.next("n") == 7


def test_every_change_of_a_store_moves_its_version() -> None:
    store = Store()
    versions = [store.version]
    store.table("a").add({"key": "1"})
    versions.append(store.version)
    del store.table("a")["1"]
    versions.append(store.version)
    store.next("x")
    versions.append(store.version)
    assert versions == sorted(set(versions))


def test_options_refuse_unknown_names_and_change_nothing_then() -> None:
    options = Options({"strict": True, "limit": 5}, limit=7)
    with pytest.raises(KeyError, match="nonsense"):
        options.set({"strict": False, "nonsense": 1})
    assert options.as_dict() == {"strict": True, "limit": 7}
    options.set({"strict": False})
    options.reset()
    assert options["strict"] is True


def test_set_path_reaches_into_lists() -> None:
    body = {"lines": [{"cost": 1}, {"cost": 2}], "tags": ["a"]}
    set_path(body, "lines.1.cost", 9)
    set_path(body, "tags.0", "b")
    assert body == {"lines": [{"cost": 1}, {"cost": 9}], "tags": ["b"]}
    with pytest.raises(IndexError):
        set_path(body, "lines.2.cost", 1)
    with pytest.raises(KeyError):
        set_path(body, "nothing.here", 1)


@pytest.mark.parametrize(
    ("reply", "body", "content_type"),
    [
        (Reply(200, {"a": 1}), b'{"a":1}', "application/json; charset=utf-8"),
        (Reply(200, "å"), "å".encode(), "text/plain; charset=utf-8"),
        (Reply(200, b"x", {"content-type": "image/png"}), b"x", None),
        (Reply(201), b"", None),
        (json_reply(429, [], retry_after="3"), b"[]", "application/json; charset=utf-8"),
    ],
)
def test_replies_are_encoded(reply: Reply, body: bytes, content_type: str | None) -> None:
    data, headers = reply_bytes(reply)
    assert data == body
    assert headers.get("Content-Type") == content_type
