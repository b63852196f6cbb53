"""What a failure below HTTP means."""

from __future__ import annotations

import ssl
import time
from typing import Any

import requests
import urllib3

from integrations.http.errors import ConfigError, Fault, Transient, Unknown

MAX_BODY = 200 * 1024 * 1024
MOST_UNPACKED = 200
"""Times its size on the line that a compressed body may grow; lists of records stay below 60."""
UNPACKED_FREELY = 8 * 1024 * 1024
"""Bytes below which nobody asks."""


def prepare(http: requests.Session, request: requests.Request, label: str) -> requests.PreparedRequest:
    """The request as it will be written. Raises ConfigError for what cannot be: a key with a line break in it, say.
    Its text is not repeated."""
    try:
        prepared = http.prepare_request(request)
        for value in prepared.headers.values():
            if isinstance(value, str):
                value.encode("latin-1")
    except (requests.RequestException, ValueError) as error:
        raise ConfigError(
            f"What would be sent to {label} cannot be written as HTTP.",
            remedy="Look for line breaks and unusual signs in the connection's credentials and addresses.",
            technical=type(error).__name__,
        ) from None
    return prepared


def read_body(answer: requests.Response, label: str, deadline: float) -> bytes:
    """The whole body, unpacked. Raises Transient for one that is too long or unpacks without end, before it fills the
    memory; ReadTimeout when it is not there at `deadline` (monotonic clock)."""
    chunks, size = [], 0
    # read1 gives what has come; iter_content would wait for a whole chunk, however slowly it drips.
    while chunk := answer.raw.read1(65_536, decode_content=True):
        size += len(chunk)
        chunks.append(chunk)
        if size > MAX_BODY:
            raise Transient(f"{label} sent more than {MAX_BODY // 1024 // 1024} MB.")
        if size > UNPACKED_FREELY and size > MOST_UNPACKED * answer.raw.tell():
            raise Transient(
                f"{label} sent a body that unpacks to more than {MOST_UNPACKED} times its size; "
                f"it was left after {size // 1024 // 1024} MB."
            )
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("the answer took longer than the call may last")
    return b"".join(chunks)


def network_fault(error: Exception, label: str, *, effect: bool) -> Fault:
    """What a failure below HTTP means. Failing to connect had certainly no effect; a silence or a break after the
    request may have had one. Of TLS only a refused certificate is sure to come before the request."""
    technical = f"{type(error).__name__}: {error}"[:500]
    inner = _causes(error)
    if any(isinstance(e, urllib3.exceptions.NameResolutionError) for e in inner):
        return Transient(f"The host of {label} is not known (DNS).", technical=technical)
    if any(isinstance(e, ssl.SSLCertVerificationError) for e in inner):
        return Transient(f"No safe (TLS) connection to {label} could be made.", technical=technical)
    if any(
        isinstance(
            e, requests.exceptions.ConnectTimeout | urllib3.exceptions.NewConnectionError | ConnectionRefusedError
        )
        for e in inner
    ):
        return Transient(f"{label} could not be reached.", technical=technical)
    if any(isinstance(e, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError | TimeoutError) for e in inner):
        sentence = f"{label} did not answer in time."
    else:
        sentence = f"The connection to {label} broke before an answer came."
    return Unknown(sentence, technical=technical) if effect else Transient(sentence, technical=technical)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that it carries."""
    found: list[BaseException] = []
    todo: list[Any] = [error]
    while todo and len(found) < 20:
        current = todo.pop()
        if not isinstance(current, BaseException) or current in found:
            continue
        found.append(current)
        todo += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
    return found
