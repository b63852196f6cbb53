"""Keys in paths: plain, or `b64(<base64url>)` where they have characters that IIS refuses."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

_ENCODED = re.compile(r"b64\((?P<text>[A-Za-z0-9_\-=]*)\)", re.IGNORECASE)
_REFUSED = re.compile(r"[<>*%&:\\?]")


def decoded(segment: str) -> str:
    """The key that a path segment means. Raises ValueError for broken base64."""
    found = _ENCODED.fullmatch(segment)
    if found is None:
        return segment
    text = found["text"].rstrip("=")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"not base64url: {segment}") from error


def dangerous(raw_path: str) -> str | None:
    """The first character of a path that ASP.NET refuses as dangerous, or None."""
    found = _REFUSED.search(unquote(raw_path))
    return found[0] if found else None
