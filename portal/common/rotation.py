"""Putting everything that is stored encrypted under the first of the configured keys."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import ExpressionWrapper, F, Value

from portal.common.secrets import SealedBytesField, SecretTextField, SecretUnreadable, rotate

BATCH = 500
"""Rows that are read at once. Each is written by itself: a row that a worker changes meanwhile is left to it."""
TOKEN = "gAAAA"  # noqa: S105  (how every Fernet token begins)


@dataclass(slots=True)
class Rotated:
    """What became of one column."""

    column: str
    """Model.field."""
    current: int = 0
    """Were under the first key already."""
    rotated: int = 0
    """Are now; with `look_only`, would be."""
    unreadable: list[Any] = field(default_factory=list)
    """Keys of rows that no configured key opens; they were left as they are."""


def encrypted_columns() -> Iterator[tuple[type[models.Model], models.Field[Any, Any]]]:
    """Every column of every model that is stored encrypted; a new one is found by its field."""
    for model in apps.get_models():
        for column in model._meta.local_fields:
            if isinstance(column, SecretTextField | SealedBytesField):
                yield model, column


def rotate_all(*, look_only: bool = False) -> Iterator[Rotated]:
    """Goes through every encrypted column, and through what the second factors keep. Values are exchanged as they
    stand, token for token: no model is loaded, nothing else of a row changes. Begun again it goes on: what is under
    the first key is left alone."""
    for model, column in encrypted_columns():
        yield _rotate_column(model, column, look_only=look_only)
    yield _rotate_second_factors(look_only=look_only)


def _rotate_column(model: type[models.Model], column: models.Field[Any, Any], *, look_only: bool) -> Rotated:
    done = Rotated(f"{model._meta.label}.{column.name}")
    sealed = isinstance(column, SealedBytesField)
    plain: models.Field[Any, Any] = models.BinaryField() if sealed else models.TextField()
    # As another kind of field the column is read and compared as it stands, neither decrypted nor refused.
    rows = model._base_manager.annotate(_stored=ExpressionWrapper(F(column.name), output_field=plain))
    last: Any = 0
    while True:
        batch = rows.filter(pk__gt=last, _stored__isnull=False).order_by("pk").values_list("pk", "_stored")[:BATCH]
        found = list(batch)
        if not found:
            return done
        for pk, stored in found:
            token = base64.urlsafe_b64encode(bytes(stored)) if sealed else str(stored).encode()
            fresh = _fresh(token, done, pk)
            if fresh is None or look_only:
                continue
            value: Any = base64.urlsafe_b64decode(fresh) if sealed else fresh.decode("ascii")
            # Only where it still says what was read: what a worker wrote meanwhile is left to it.
            unchanged = rows.filter(pk=pk, _stored=stored)
            unchanged.update(**{column.name: Value(value, output_field=plain)})
        last = found[-1][0]


def _rotate_second_factors(*, look_only: bool) -> Rotated:
    """Seeds and recovery codes stand as tokens inside of JSON that belongs to allauth."""
    done = Rotated("mfa.Authenticator.data")
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().get(pk=pk)
            data = _fresh_json(row.data, done, pk)
            if data != row.data and not look_only:
                Authenticator.objects.filter(pk=pk).update(data=data)
    return done


def _fresh_json(value: Any, done: Rotated, pk: Any) -> Any:
    if isinstance(value, dict):
        return {name: _fresh_json(one, done, pk) for name, one in value.items()}
    if isinstance(value, list):
        return [_fresh_json(one, done, pk) for one in value]
    if isinstance(value, str) and value.startswith(TOKEN):
        fresh = _fresh(value.encode(), done, pk)
        return fresh.decode("ascii") if fresh is not None else value
    return value


def _fresh(token: bytes, done: Rotated, pk: Any) -> bytes | None:
    """The token under the first key; None where it is that already, and where nobody can read it. Counts all three."""
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEY[0]).decrypt(token)
    except InvalidToken:
        try:
            fresh = rotate(token, field=done.column)
        except SecretUnreadable:
            done.unreadable.append(pk)
            return None
        done.rotated += 1
        return fresh
    done.current += 1
    return None
