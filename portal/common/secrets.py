"""Encrypted columns that fail loudly.

They stand on django-encrypted-model-fields (its key setting, its Fernet keys) and close its traps: a wrong key is
an error on read instead of ciphertext, pasted ciphertext is never decrypted, expressions pass through
`bulk_update`, comparing a secret is refused, and a dump never holds plain text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.exceptions import FieldError
from django.db import models
from encrypted_model_fields import fields as package


class SecretUnreadable(Exception):
    """A stored secret cannot be decrypted: the key is missing, wrong, or the value was damaged."""

    def __init__(self, field: str) -> None:
        super().__init__(
            f"The stored value of {field} cannot be decrypted with the configured keys. "
            "Restore the right FIELD_ENCRYPTION_KEYS (or keys file); nothing has been changed."
        )
        self.field = field


def encrypt(data: bytes) -> bytes:
    """`data` as a Fernet token under the first key."""
    return bytes(package.CRYPTER.encrypt(data))


def decrypt(token: bytes, *, field: str) -> bytes:
    """What `token` holds. `field` is named in the SecretUnreadable that is raised when no key fits."""
    try:
        return bytes(package.CRYPTER.decrypt(token))
    except InvalidToken as error:
        raise SecretUnreadable(field) from error


def rotate(token: bytes, *, field: str) -> bytes:
    """The same content under the first key."""
    try:
        return bytes(package.CRYPTER.rotate(token))
    except InvalidToken as error:
        raise SecretUnreadable(field) from error


def fingerprint_of(secret: str) -> str:
    """Six hex digits by which people tell two secrets apart without seeing them; "" when there is none."""
    return hashlib.sha256(secret.encode()).hexdigest()[:6] if secret else ""


class _Sealed:
    """What all encrypted fields share: no comparing, expressions untouched, nothing in dumps."""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self} is encrypted: it can be tested for null, never compared ({lookup_name}).")
        return super().get_lookup(lookup_name)  # type: ignore[misc]

    def value_to_string(self, obj: models.Model) -> str:
        return "***"

    def _name(self) -> str:
        return f"{self.model._meta.label}.{self.name}"  # type: ignore[attr-defined]


class SecretTextField(_Sealed, package.EncryptedTextField):  # type: ignore[misc]
    """Text that stands encrypted in the database."""

    def to_python(self, value: Any) -> Any:
        return models.TextField.to_python(self, value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else decrypt(value.encode(), field=self._name()).decode()

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return value
        return encrypt(str(value).encode()).decode("ascii")


class SecretJSONField(SecretTextField):
    """JSON that stands encrypted in the database. Reads as the Python value."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        text = super().from_db_value(value, expression, connection)
        return None if text is None else json.loads(text)

    def to_python(self, value: Any) -> Any:
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return value
        return super().get_db_prep_save(json.dumps(value, ensure_ascii=False, sort_keys=True), connection)


class SealedBytesField(_Sealed, models.BinaryField[bytes | None, bytes | None]):
    """Bytes that stand compressed and encrypted in the database (business payloads: they hold personal and bank
    data)."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        return None if value is None else self.unseal(bytes(value), field=self._name())

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not hasattr(value, "as_sql") and isinstance(value, bytes):
            value = self.seal(value)
        return super().get_db_prep_value(value, connection, prepared)

    @staticmethod
    def seal(data: bytes) -> SealedBytes:
        """Compressed, encrypted. Doing this before a transaction keeps the transaction short: the field stores a
        SealedBytes as it is."""
        if isinstance(data, SealedBytes):
            return data
        # Fernet gives base64; a binary column has no need of the third that it adds.
        return SealedBytes(base64.urlsafe_b64decode(encrypt(zlib.compress(data, 6))))

    @staticmethod
    def unseal(stored: bytes, *, field: str) -> bytes:
        return zlib.decompress(decrypt(base64.urlsafe_b64encode(stored), field=field))


class SealedBytes(bytes):
    """Bytes that are sealed already."""
