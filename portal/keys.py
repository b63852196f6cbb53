"""The installation's keys: from the environment, or, for a one-machine installation, generated once into a file.

Stands outside the floors like `settings`, which alone imports it.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class Keys:
    secret_key: str
    encryption_keys: list[str]
    """Fernet keys. The first encrypts, all decrypt."""


def load_keys(*, secret_key: str, encryption_keys: list[str], file: Path, may_generate: bool) -> Keys:
    """The keys to run with.

    Keys of the environment win. Without them, `file` is read; when it is missing and `may_generate`, it is created
    readable by its owner alone. Losing it loses every stored credential, so production must name its keys: otherwise
    ImproperlyConfigured is raised.
    """
    if secret_key and encryption_keys:
        return Keys(secret_key, encryption_keys)
    if secret_key or encryption_keys:
        missing = "FIELD_ENCRYPTION_KEYS" if secret_key else "SECRET_KEY"
        raise ImproperlyConfigured(
            f"(portal.E001) {missing} is not set, although the other key is. Set both; see .env.example."
        )
    if not may_generate:
        raise ImproperlyConfigured(
            "(portal.E001) SECRET_KEY and FIELD_ENCRYPTION_KEYS are not set. With PostgreSQL they are never generated, "
            "because every host must have the same ones. See .env.example for how to make them."
        )
    if not file.exists():
        _generate(file)
    stored = json.loads(file.read_text())
    return Keys(stored["secret_key"], list(stored["encryption_keys"]))


def _generate(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(
        {"secret_key": secrets.token_urlsafe(50), "encryption_keys": [Fernet.generate_key().decode()]}, indent=1
    )
    # Two processes may start at once: each writes its own file, and only the first link succeeds.
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(content + "\n")
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()
