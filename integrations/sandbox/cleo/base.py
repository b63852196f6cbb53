"""What all endpoints of the Cleo simulator share: options, users, tokens, error bodies, links, lists."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from integrations.sandbox.kernel import Refusal, Reply, Request, Row, Simulator, iso, json_reply, new_row
from integrations.sandbox.world import WorldPartner

ADMIN_PATHS = ("/api/connections", "/api/authenticators", "/api/actions", "/api/certs")
MAILBOX_PATHS = ("/api/folders", "/api/files", "/api/events")
MOVED_PREFIX = "/api/portal"
PASSWORD = "Sandbox-Cleo-1"
_CONDITION = re.compile(r'\s*(\w+)\s+(eq|sw)\s+"([^"]*)"\s*\Z', re.IGNORECASE)


class Refused(Refusal):
    """Raised to answer with Cleo's error body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(json_reply(status, {"message": message}))


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account of the tenant. Without `portal` the HTTPS login is refused; `admin` opens the admin resources."""

    username: str
    password: str
    company: str
    portal: bool = True
    admin: bool = False
    expired: bool = False


class CleoBase(Simulator):
    """Credentials, options and the conventions of lists and errors."""

    name: ClassVar[str] = "cleo"
    default_options: ClassVar[Mapping[str, Any]] = {
        "strict": True,
        "token_lifetime": 3600,
        "expires_in": True,
        "login_error_status": 401,
        "lockout": True,
        "lockout_failures": 5,
        "lockout_window": 60,
        "lockout_seconds": 900,
        "mailbox_user": False,
        "basic_auth": False,
        "default_count": 100,
        "max_count": 1000,
        "link_prefix": True,
        "list_paths": "default",
        "overwrite": "refuse",
        "pickup_seconds": 0,
        "half_written_every": 4,
        "half_written_seconds": 2.0,
        "list_twice_every": 7,
        "auto_997": True,
        "answer_delay": 1.5,
        "reject_every": 0,
        "duplicate_policy": "flag",
        "action_failures": [],
        "action_failure_every": 0,
    }

    def prepare(self) -> None:
        """Derive users (four for each company) and trading partners from the world."""
        self.partners = [partner for partner in self.world.trading_partners if partner.network == "cleo"]
        self.users: dict[str, User] = {}
        for company in self.world.companies:
            key, small = company.key, company.key.lower()
            for user in (
                User(username=f"ml-connector-{small}", password=PASSWORD, company=key, admin=True),
                User(username=f"mailbox-{small}", password=PASSWORD, company=key),
                User(username=f"sftp-only-{small}", password=PASSWORD, company=key, portal=False),
                User(username=f"expired-{small}", password=PASSWORD, company=key, expired=True),
            ):
                self.users[user.username] = user

    def entities(self) -> Iterable[str]:
        """Tokens, failed logins and planned answers stay private."""
        return ("files", "folders", "connections", "actions", "authenticators", "certs", "events", "authentications")

    def before(self, request: Request) -> Reply | None:
        """Where the mailbox paths are, a valid token, and whether the user may see admin resources."""
        if request.route is not None and request.route.open:
            return None
        path = request.sub_path
        if path.startswith((*MAILBOX_PATHS, MOVED_PREFIX)):
            moved = self.options["list_paths"] == "moved"
            if moved != path.startswith(MOVED_PREFIX):
                return self.not_found(request)
        user = self.user(request)
        if path.startswith(ADMIN_PATHS) and (self.options["mailbox_user"] or not user.admin):
            return json_reply(403, {"message": "The user is not authorized to access this resource"})
        return None

    def not_found(self, request: Request) -> Reply:
        """Unknown path."""
        return json_reply(404, {"message": f"Not found: {request.sub_path}"})

    def user(self, request: Request) -> User:
        """Who calls. Raises Refused with 401."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic" and self.options["basic_auth"]:
            return self._basic(credentials)
        row = self.store.table("_tokens").get(credentials.strip()) if scheme.lower() == "bearer" else None
        if row is None:
            raise Refused(401, "Authentication is required" if not credentials else "The access token is not valid")
        if row["expires"] <= iso(self.clock()):
            raise Refused(401, "The access token has expired")
        return self.users[row["username"]]

    def _basic(self, credentials: str) -> User:
        try:
            username, _, password = base64.b64decode(credentials).decode().partition(":")
        except ValueError as error:
            raise Refused(401, "The credentials are not readable") from error
        user = self.users.get(username)
        if user is None or user.password != password:
            raise Refused(401, "Invalid username or password")
        return user

    def partner_of(self, folder: str) -> WorldPartner:
        """The trading partner whose tree a folder belongs to. Raises KeyError."""
        isa_id = folder.split("/")[1]
        for partner in self.partners:
            if partner.isa_id == isa_id:
                return partner
        raise KeyError(f"no trading partner owns {folder}")

    def link(self, path: str) -> dict[str, str]:
        """{"href": ...}: server-relative, with this system's prefix unless option link_prefix is off."""
        return {"href": f"/{self.name}{path}" if self.options["link_prefix"] else path}

    def listing(
        self, request: Request, rows: list[Row], *, view: Callable[[Row], dict[str, Any]], filters: Iterable[str]
    ) -> Reply:
        """A page of a collection: startIndex counts from zero, `filter` is `attribute eq|sw "value"`."""
        start, count = _number(request, "startIndex", 0), _number(request, "count", self.options["default_count"])
        resources = [view(row) for row in rows]
        if text := request.args.get("filter"):
            accepts = _condition(text, frozenset(filters))
            resources = [resource for resource in resources if accepts(resource)]
        shown = resources[start : start + min(count, self.options["max_count"])]
        return json_reply(200, {"totalResults": len(resources), "resources": shown})

    def record(self, kind: str, message: str, *, company: str, severity: str = "info", **details: str) -> None:
        """Write an audit event."""
        now = self.clock()
        number = str(self.store.next("event"))
        body = {"type": kind, "severity": severity, "message": message, "time": iso(now), **details}
        business_number = details.get("businessNumber", "")
        row = new_row(key=number, business_number=business_number, body=body, received_at=now, _company=company)
        self.store.table("events").add(row)

    def later(self, seconds: float) -> str:
        """A moment after now, as rows keep it."""
        return iso(datetime.fromtimestamp(self.clock().timestamp() + seconds, tz=self.clock().tzinfo))


def resource_id(text: str) -> str:
    """A stable id in Cleo's form: 22 characters of URL-safe base64."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=")


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises Refused."""
    try:
        return msgspec.json.decode(request.get_data(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Refused(400, f"The request body is not a JSON object: {error}") from error


def _number(request: Request, name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdigit():
        raise Refused(400, f"{name} must be a number that is not negative")
    return int(text)


def _condition(text: str, attributes: frozenset[str]) -> Callable[[dict[str, Any]], bool]:
    found = _CONDITION.match(text)
    if found is None or found[1] not in attributes:
        known = ", ".join(sorted(attributes))
        raise Refused(400, f'Invalid filter {text!r}; write <attribute> eq|sw "value" with one of {known}')
    name, operator, wanted = found[1], found[2].lower(), found[3]
    if operator == "eq":
        return lambda resource: str(resource.get(name, "")) == wanted
    return lambda resource: str(resource.get(name, "")).startswith(wanted)
