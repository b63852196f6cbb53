"""The installation's signature under evidence: Ed25519, so that OpenSSL alone verifies it anywhere."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.audit.models import SigningKey
from portal.common.clock import db_now


def public_key() -> str:
    """The key that others verify with, as PEM. Give it to them on another way than the bundles."""
    return _key().public


def fingerprint(pem: str) -> str:
    """SHA-256 of a public key (of its DER form): what two people compare by phone. Raises ValueError for anything
    that is no Ed25519 public key."""
    der = _public(pem).public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def sign(content: bytes) -> bytes:
    """The signature of the installation over `content`: 64 bytes."""
    key = serialization.load_pem_private_key(_key().private.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("The stored signing key is not of Ed25519.")
    return key.sign(content)


def is_signed(content: bytes, signature: bytes, pem: str) -> bool:
    """Whether `signature` was made over exactly `content` with the key that belongs to `pem`."""
    try:
        _public(pem).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _public(pem: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("This is no Ed25519 public key.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("This is no Ed25519 public key.")
    return key


def _key() -> SigningKey:
    found = SigningKey.objects.filter(id=1).first()
    if found is not None:
        return found
    made = Ed25519PrivateKey.generate()
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    values = {"private": private.decode(), "public": public.decode(), "created_at": db_now()}
    return SigningKey.objects.get_or_create(id=1, defaults=values)[0]  # two at once: the first one's counts
