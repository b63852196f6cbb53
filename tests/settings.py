"""Settings of the test run: the project's own, with keys and folders that belong to the tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

_folder = Path(tempfile.gettempdir()) / "ml-connector-tests"
os.environ.setdefault("SECRET_KEY", "tests only, and long enough not to be called weak by anybody")
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", Fernet.generate_key().decode())
os.environ.setdefault("VAR_DIR", str(_folder))
os.environ.setdefault("EGRESS_ALLOWED_NETWORKS", "127.0.0.0/8")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from portal.settings import *  # noqa: E402, F403
from portal.settings import DATABASES, SQLITE  # noqa: E402

if SQLITE:
    # A file, not memory: threads and other processes work in the same database, as in life.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / f"test-{os.getpid()}.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
