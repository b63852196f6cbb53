"""`rotate_secrets`: every encrypted column, found by its field, ends under the first key, and reads as before."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.core.management import CommandError, call_command
from django.db import connection
from django_scopes import scopes_disabled
from encrypted_model_fields import fields as package

from portal.common import rotation
from portal.common.installation import canary_sings
from portal.common.rotation import encrypted_columns
from portal.common.secrets import SecretUnreadable, encrypt
from tests.integrations.admin.house import SECRETS, build_house

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def keys(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the encryption keys; the package reads them once, when it is imported."""

    def use(*names: str) -> None:
        settings.FIELD_ENCRYPTION_KEY = list(names)
        monkeypatch.setattr(package, "CRYPTER", MultiFernet([Fernet(name) for name in names]))

    return use


@pytest.fixture
def filled(db: None, keys: Any) -> Iterator[Any]:
    """A house stored under the old key, and a second factor."""
    keys(OLD)
    with scopes_disabled():
        house = build_house()
        Authenticator.objects.create(
            user=house.customer, type="totp", data={"secret": encrypt(b"SEED").decode("ascii"), "n": 1}
        )
        yield house


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_secrets", *options, stdout=out)
    return out.getvalue()


def tokens() -> dict[str, list[Any]]:
    """Every stored value of every encrypted column, raw."""
    found = {}
    for model, column in encrypted_columns():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column.column} FROM {model._meta.db_table} WHERE {column.column} IS NOT NULL")  # noqa: S608
            found[f"{model._meta.label}.{column.name}"] = [row[0] for row in cursor.fetchall()]
    return found


def test_secret_rotation_leaves_nothing_under_the_old_key(filled: Any, keys: Any) -> None:
    before = tokens()
    keys(NEW, OLD)
    with pytest.raises(CommandError, match="under another key"):
        rotate("--check")
    assert tokens() == before, "looking changes nothing"
    said = rotate()
    assert "integrations.Connection.secrets: 3 values, 3 put under the first key" in said
    assert "mfa.Authenticator.data: 1 values, 1 put" in said
    keys(NEW)  # the old key is gone
    rotate("--check")
    assert canary_sings()
    filled.visma.refresh_from_db()
    assert filled.visma.secrets["client_secret"] == SECRETS[0]
    filled.record.payload.refresh_from_db()
    assert b"500123" in filled.record.payload.data
    assert package.CRYPTER.decrypt(Authenticator.objects.get().data["secret"].encode()) == b"SEED"


def test_secret_rotation_changes_nothing_the_second_time(filled: Any, keys: Any) -> None:
    keys(NEW, OLD)
    rotate()
    after = tokens()
    assert "0 put under the first key" in rotate()
    assert tokens() == after


def test_secret_rotation_leaves_to_a_worker_what_it_writes_meanwhile(
    filled: Any, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys(NEW, OLD)
    fresh, written = rotation._fresh, {"client_secret": "written meanwhile"}

    def and_meanwhile(token: bytes, done: rotation.Rotated, pk: Any) -> bytes | None:
        if done.column == "integrations.Connection.secrets" and pk == filled.visma.pk:
            type(filled.visma).objects.filter(pk=pk).update(secrets=written)
        return fresh(token, done, pk)

    monkeypatch.setattr(rotation, "_fresh", and_meanwhile)
    rotate()
    filled.visma.refresh_from_db()
    assert filled.visma.secrets == written


def test_secret_rotation_names_what_no_key_opens_and_leaves_it(filled: Any, keys: Any) -> None:
    before = tokens()["integrations.Connection.secrets"]
    keys(NEW)
    with pytest.raises(CommandError, match="fit none of the keys"):
        rotate()
    assert tokens()["integrations.Connection.secrets"] == before
    with pytest.raises(SecretUnreadable):
        filled.visma.refresh_from_db()


def test_secret_rotation_knows_every_encrypted_field() -> None:
    """By the names that stood in the models when this was written; a new one is found, one that is lost is missed."""
    names = {f"{model._meta.label}.{column.name}" for model, column in encrypted_columns()}
    assert names >= {
        "common.Installation.canary",
        "integrations.AccessToken.token",
        "integrations.Connection.secrets",
        "integrations.Exchange.request_body",
        "integrations.Payload.data",
        "integrations.WebhookEndpoint.keys",
        "integrations.WebhookEndpoint.token",
        "integrations.WebhookEvent.body",
    }
