"""Connections go to the addresses that were checked, whatever the name leads to when they are made.

A name server that belongs to an attacker can answer with a public address while it is checked and with one of ours a
moment later (DNS rebinding). So the name is looked up once, and the socket is opened to what was found then. The name
itself still stands in the Host header and is what the certificate must fit.
"""

from __future__ import annotations

import socket
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from integrations.http.errors import ConfigError

Addresses = dict[str, tuple[str, ...]]
"""Host name → the addresses that may be called for it."""


class PinnedAdapter(HTTPAdapter):
    """Of requests; never looks a name up. `pin` says where a host is before it is called."""

    def __init__(self, **values: Any) -> None:
        self._addresses: Addresses = {}
        super().__init__(**values)

    def pin(self, host: str, addresses: tuple[str, ...]) -> None:
        self._addresses[host.lower().rstrip(".")] = addresses

    def init_poolmanager(self, *args: Any, **values: Any) -> None:
        super().init_poolmanager(*args, **values)
        self.poolmanager.pool_classes_by_scheme = _pools(self._addresses)


def _pools(addresses: Addresses) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools, with connections that know `addresses`."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, super()._new_conn, addresses)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, super()._new_conn, addresses)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connect(connection: Any, connect: Any, addresses: Addresses) -> socket.socket:
    """Tries the host's addresses in turn. Raises ConfigError for a host that was not checked, otherwise what urllib3
    raises for the last of them."""
    name = connection.host
    known = addresses.get(name.strip("[]").lower().rstrip("."), ())
    if not known:
        raise ConfigError(f"{name} was not checked before it was called; it is not called.")
    last: Exception | None = None
    for address in known:
        connection._dns_host = address  # what urllib3 opens the socket to; `host` is read from it, so it is put back
        try:
            opened: socket.socket = connect()
        except urllib3.exceptions.HTTPError as error:
            last = error
        else:
            return opened
        finally:
            connection._dns_host = name
    assert last is not None  # noqa: S101  (there was at least one address)
    raise last
