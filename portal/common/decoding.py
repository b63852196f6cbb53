"""JSON into typed values from several threads.

msgspec works out how to read a type when it meets it first, and keeps that on the type. Two threads that meet a type at
the same moment can end the whole process (msgspec 0.22 on CPython 3.11), in the middle of whatever the others do. So it
is worked out before there are threads, and by one thread at a time afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import msgspec

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_one_at_a_time = threading.Lock()
_prepared = 0


def prepare_types() -> None:
    """Works out how every struct that was imported is read. Call it before threads begin; again, it does what is new.
    Those that are only ever written are left."""
    global _prepared
    with _one_at_a_time:
        found = list(dict.fromkeys(_structs(msgspec.Struct)))
        for struct in found if len(found) != _prepared else []:
            try:
                msgspec.json.Decoder(struct)
            except TypeError:  # a union that JSON cannot tell apart: nobody reads it
                continue
        _prepared = len(found)


def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """What reads JSON as `kind`, also of a type that is made at run time, as a page of something. Not strict: numbers
    may stand in texts."""
    found = _decoders.get(kind)
    if found is None:
        with _one_at_a_time:
            found = _decoders[kind] = msgspec.json.Decoder(kind, strict=False)
    return found


def _structs(base: type) -> Iterator[type]:
    below: list[type] = base.__subclasses__()
    for one in below:
        yield one
        yield from _structs(one)
