"""What GET redirects to: pre-signed URLs of another host, which refuses an Authorization header, as S3 does."""

from __future__ import annotations

import base64
import secrets
import socket
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec

from integrations.sandbox.kernel import Reply, Request, route

from .tokens import Tokens


class Storage(Tokens):
    """Objects that live as long as their URL."""

    def listed(self, request: Request, api: str, body: dict[str, Any], more: dict[str, str]) -> Reply:
        """A list, by redirect where the API has that; the continuation token then comes with the redirected answer."""
        content = msgspec.json.encode(body)
        if api not in self.options["redirects"]:
            return Reply(200, content, {"Content-Type": "application/json", **more})
        return self.redirect(request, content, "application/json", more)

    def redirect(self, request: Request, content: bytes, content_type: str, more: dict[str, str]) -> Reply:
        """302 to a new object."""
        key, now = secrets.token_hex(12), self.clock()
        objects = self.store.table("objects")
        for name in [name for name, row in objects.items() if row["body"]["until"] <= now.timestamp()]:
            del objects[name]
        until = (now + timedelta(seconds=float(self.options["url_lifetime"]))).timestamp()
        host = self._host(request)
        body = {"until": until, "host": host, "type": content_type, "headers": more}
        self.stored("objects", "", key, {**body, "content": base64.b64encode(content).decode()})
        signed = f"X-Amz-Expires={self.options['url_lifetime']}&X-Amz-Signature={secrets.token_hex(8)}"
        return Reply(302, None, {"Location": f"{request.scheme}://{host}/basware/storage/{key}?{signed}"})

    def _host(self, request: Request) -> str:
        """The other host: another name of this machine, or, by option, the same."""
        name, colon, port = request.host.partition(":")
        if self.options["storage_host"] != "other":
            return request.host
        other = {"127.0.0.1": _other_name(), "localhost": "127.0.0.1"}.get(name, name)
        return f"{other}{colon}{port}"

    @route("GET", "/storage/<key>", open=True)
    def object(self, request: Request, key: str) -> Reply:
        """One object. The Host header is part of the signature."""
        if request.headers.get("Authorization"):
            return _xml(400, "InvalidArgument", "Only one auth mechanism allowed")
        row = self.store.table("objects").get(f"/{key}")
        if row is None or row["body"]["until"] <= self.clock().timestamp():
            return _xml(403, "AccessDenied", "Request has expired")
        found = row["body"]
        if request.host != found["host"] or not request.args.get("X-Amz-Signature"):
            return _xml(403, "SignatureDoesNotMatch", "The request signature does not match")
        headers = {"Content-Type": found["type"], **found["headers"]}
        return Reply(200, base64.b64decode(found["content"]), headers)


@cache
def _other_name() -> str:
    """Another name of 127.0.0.1, where the server listens: "localhost" may lead to ::1 as well, then "127.1"."""
    try:
        found = {address[4][0] for address in socket.getaddrinfo("localhost", None)}
    except socket.gaierror:
        found = set()
    return "localhost" if found == {"127.0.0.1"} else "127.1"


def _xml(status: int, code: str, message: str) -> Reply:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Reply(status, body, {"Content-Type": "application/xml"})
