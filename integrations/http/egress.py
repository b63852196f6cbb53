"""Customer-given addresses never reach our own network, unless the operator allows it."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

from integrations.http.errors import ConfigError, Transient

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: the last four bytes are an IPv4 address, which a translator calls for us."""


def check_address(url: str) -> tuple[str, ...]:
    """The addresses that the host of `url` has now, each of which may be called; connect to these and to no others,
    because the same name may lead elsewhere a moment later.

    Raises ConfigError when one is a private, loopback, link-local or otherwise special address that is not allowed by
    EGRESS_ALLOWED_NETWORKS, or when `url` is neither http nor https; Transient when its host cannot be resolved.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ConfigError(
            f"'{parts.scheme}://{parts.hostname or ''}' is not an address that can be called.",
            remedy="Correct the base URL.",
        )
    allowed = [ipaddress.ip_network(n) for n in settings.EGRESS_ALLOWED_NETWORKS]
    try:
        found = socket.getaddrinfo(
            parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise Transient(f"The host {parts.hostname} is not known (DNS).", technical=str(error)) from error
    for *_, address in found:
        ip = _reached(ipaddress.ip_address(str(address[0]).partition("%")[0]))
        if any(ip in network for network in allowed if network.version == ip.version):
            continue
        if not ip.is_global or ip.is_multicast:
            raise ConfigError(
                f"{parts.hostname} is an address inside our own network ({ip}); it is not called.",
                remedy="Use the system's public address. An operator can allow networks with EGRESS_ALLOWED_NETWORKS.",
            )
        if parts.scheme == "http":
            raise ConfigError(f"{parts.hostname} would be called without TLS.", remedy="Use the https:// address.")
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _reached(ip: IP) -> IP:
    """The IPv4 address that an IPv6 address only wraps: it is where the call arrives."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
