"""A person's edit of a canonical document: kept as the difference with the schema it was made for, applied each time
the record is mapped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from edi.documents.values import Value
from integrations.flows import patch as patches
from integrations.flows.patch import Patch, PatchRefused
from integrations.systems.contract import Unmappable

V = TypeVar("V", bound=Value)

UPGRADES: dict[tuple[str, str], Callable[[Patch], Patch]] = {}
"""By document and the schema that an edit was made for: what makes the same edit of it in today's schema. A release
that gives a field another name or meaning adds an entry here; without one, edits of such a field are refused."""

EDIT_AGAIN = "Open the delivery and make the edit again: the document is shown as it is now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a person changed."""

    document: str
    schema: str
    touched: Mapping[str, str]
    release: str
    patch: Patch

    def applied(self, document: V) -> V:
        """The document as the person wants it. Raises Unmappable when the edit fits no more, or makes no document."""
        kind = type(document)
        carried = self._carried(kind)
        try:
            return as_document(patches.apply(as_json(document), carried), kind)
        except PatchRefused as refusal:
            raise Unmappable(f"The edit does not fit the document: {refusal}", remedy=EDIT_AGAIN) from refusal

    def _carried(self, kind: type[Value]) -> Patch:
        """The patch in today's schema."""
        if kind.__name__ != self.document:
            raise Unmappable(
                f"The edit was made in a {self.document}, and the record is a {kind.__name__} now.", remedy=EDIT_AGAIN
            )
        if self.schema == schema_of(kind):
            return self.patch
        upgrade = UPGRADES.get((self.document, self.schema))
        if upgrade is not None:
            return upgrade(self.patch)
        moved = [path for path, shape in self.touched.items() if shape_at(kind, path) != shape]
        if moved:
            raise Unmappable(
                f"The edit was made with release {self.release}; this release understands {', '.join(moved)} of a "
                f"{self.document} otherwise.",
                remedy=EDIT_AGAIN,
            )
        return self.patch  # other fields changed; those that the person touched say what they said


def edit_of(document: Value, wanted: Any, *, release: str) -> Edit:
    """The edit that makes `wanted` (JSON) of a document. Raises PatchRefused when that says nothing else, and
    Unmappable when it is no such document."""
    kind = type(document)
    as_it_would_be = as_document(wanted, kind)
    patch = patches.difference(as_json(document), as_json(as_it_would_be))
    if not patch:
        raise PatchRefused("The document says the same as before.")
    touched = {path: shape_at(kind, path) for path in patches.changed_paths(patch)}
    return Edit(document=kind.__name__, schema=schema_of(kind), touched=touched, release=release, patch=patch)


def as_json(document: Value) -> Any:
    """A document as JSON: decimals and dates as text, what has its default left out."""
    return msgspec.json.decode(msgspec.json.encode(document))


def as_document(value: Any, kind: type[V]) -> V:
    """JSON as a document. Raises Unmappable naming the place that is wrong."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Unmappable(f"This is no {kind.__name__} any more: {error}.", remedy="Correct that place.") from error


# --- What a schema is told by


def schema_of(kind: type[Value]) -> str:
    """Hash of all that a document of this kind may hold."""
    return _hash(_shape(inspect.type_info(kind), ()))


def shape_at(kind: type[Value], path: str) -> str:
    """Hash of what may stand at a place of a document; "" when there is no such place."""
    here: list[inspect.Type] = [inspect.type_info(kind)]
    for part in patches.tokens(path):
        here = [inner for outer in here for inner in _inside(outer, part)]
    return _hash([_shape(one, ()) for one in here]) if here else ""


def _inside(outer: inspect.Type, part: str) -> list[inspect.Type]:
    match outer:
        case inspect.UnionType(types=types):
            return [inner for one in types for inner in _inside(one, part)]
        case inspect.StructType(fields=fields):
            return [field.type for field in fields if field.encode_name == part]
        case inspect.ListType(item_type=inner) | inspect.VarTupleType(item_type=inner):
            return [inner] if part == "-" or part.isdecimal() else []
        case inspect.DictType(value_type=inner):
            return [inner]
        case _:
            return []


def _shape(kind: inspect.Type, above: tuple[type, ...]) -> Any:
    """What a type accepts, as JSON. A struct inside itself is told by its name."""
    match kind:
        case inspect.StructType(cls=cls, fields=fields):
            if cls in above:
                return cls.__name__
            return {f.encode_name: [_shape(f.type, (*above, cls)), f.required] for f in fields}
        case inspect.UnionType(types=types):
            return sorted((_shape(one, above) for one in types), key=lambda s: json.dumps(s, sort_keys=True))
        case inspect.ListType(item_type=inner) | inspect.VarTupleType(item_type=inner):
            return [_shape(inner, above)]
        case inspect.DictType(value_type=inner):
            return {"*": _shape(inner, above)}
        case inspect.LiteralType(values=values):
            return sorted(str(v) for v in values)
        case _:
            return type(kind).__name__


def _hash(shape: Any) -> str:
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()
