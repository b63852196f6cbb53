"""One call to an address that a customer gave us to be told at. It belongs to no connection: no token, no allowance, no
breaker; the same guard of where we call, and no redirect is followed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3

from integrations.http.egress import check_address
from integrations.http.network import network_fault, prepare
from integrations.http.pinned import PinnedAdapter

DEADLINE = 15.0
"""Seconds for the whole call."""
CONNECT = 5.0
ENOUGH = 2_000
"""Bytes of the answer that are read: it only matters whether it came."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the other side answered."""

    status: int
    body: bytes


def post(url: str, *, body: bytes, headers: Mapping[str, str], label: str) -> Told:
    """Posts `body` as it is. Raises ConfigError for an address that must not be called, another Fault when no answer
    came in time. Any answer, of whatever status, is returned."""
    addresses = check_address(url)
    start = time.monotonic()
    with requests.Session() as http:
        http.trust_env = False  # no proxy or .netrc of the machine decides where it goes
        http.headers.update({"User-Agent": "ml-connector"})
        adapter = PinnedAdapter(max_retries=urllib3.Retry(0, read=False))
        adapter.pin(urlsplit(url).hostname or "", addresses)
        http.mount("https://", adapter)
        http.mount("http://", adapter)
        prepared = prepare(http, requests.Request("POST", url, data=body, headers=dict(headers)), label)
        try:
            with http.send(prepared, timeout=(CONNECT, DEADLINE), stream=True, allow_redirects=False) as answer:
                return Told(answer.status_code, _beginning(answer, until=start + DEADLINE))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise network_fault(error, label, effect=True) from error


def _beginning(answer: requests.Response, *, until: float) -> bytes:
    """As much of the body as is kept, as it came. Raises ReadTimeout when it drips for too long."""
    said = b""
    while len(said) < ENOUGH and (chunk := answer.raw.read1(ENOUGH, decode_content=False)):
        said += chunk
        if time.monotonic() > until:
            raise requests.ReadTimeout("the answer took longer than the call may last")
    return said[:ENOUGH]
