"""The admin resources: connections, actions, authenticators with their users, certificates."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, json_reply, new_row, route
from integrations.sandbox.world import WorldPartner

from .base import CleoBase, Refused, json_object, resource_id

READ_ONLY = ("id", "active", "editable", "runnable", "ready", "notReadyReason", "running", "nextRun", "lastStatus")
_DERIVED = ("meta", "_links")
_SECRETS = ("password", "passphrase", "privateKey")
DEFAULT_MESSAGES, MOST_MESSAGES = 10, 1000


class AdminEndpoints(CleoBase):
    """Resources that a mailbox account does not see."""

    def seed(self) -> None:
        """One connection and one action for each trading partner on Cleo, one group of users for each company."""
        for partner in self.partners:
            self._seed_partner(partner)
        for company in self.world.companies:
            alias = f"partners-{company.key.lower()}"
            users = [user.username for user in self.users.values() if user.company == company.key]
            home = {"subfolders": [{"usage": "download", "path": "inbox\\"}, {"usage": "upload", "path": "outbox\\"}]}
            body = {"id": resource_id(alias), "alias": alias, "type": "nativeUser", "home": home, "enabled": True}
            self._add("authenticators", body, company=company.key, _users=users)

    def _seed_partner(self, partner: WorldPartner) -> None:
        host = f"{partner.isa_id.lower()}.partners.example"
        connection = {
            "id": resource_id(f"connection {partner.isa_id}"),
            "alias": partner.name,
            "type": "as2",
            "localName": self.world.company(partner.company).isa_id,
            "partnerName": partner.isa_id,
            "connect": {"url": f"https://{host}/as2", "username": partner.isa_id.lower()},
            "outgoing": {
                "subject": "EDI",
                "sign": True,
                "encrypt": True,
                "storage": {"outbox": "outbox/", "sentbox": "sentbox/"},
                "partnerPackaging": False,
            },
            "incoming": {
                "requireEncryption": True,
                "storage": {"inbox": "inbox/", "receivedbox": "receivedbox/", "filename": {"overWrite": False}},
                "partnerPackaging": False,
            },
            "active": True,
            "editable": True,
            "runnable": True,
            "ready": True,
            "enabled": True,
        }
        self._add("connections", connection, company=partner.company)
        action = {
            "id": resource_id(f"action {partner.isa_id}"),
            "alias": f"send-{partner.isa_id}",
            "type": "Commands",
            "enabled": True,
            "commands": ["LCOPY ../inbox/* outbox/", "PUT -DEL *"],
            "schedule": "on file continuously",
            "connection": self.link(f"/api/connections/{connection['id']}"),
            "ready": True,
            "running": False,
            "lastStatus": "",
        }
        self._add("actions", action, company=partner.company, _runs=0)

    def _add(self, entity: str, body: dict[str, Any], *, company: str, **private: Any) -> Row:
        alias = str(body.get("alias") or body.get("serialNumber") or "")
        row = new_row(
            key=body["id"], business_number=alias, body=body, received_at=self.clock(), _company=company, **private
        )
        return self.store.table(entity).add(row)

    # connections

    @route("GET", "/api/connections")
    def connections(self, request: Request) -> Reply:
        """The connections of the user's tenant."""
        return self._list(request, "connections", filters=("alias", "type"))

    @route("POST", "/api/connections")
    def create_connection(self, request: Request) -> Reply:
        """201 with the object; 409 when the alias is taken."""
        return self._create(request, "connections", {"active": True, "editable": True, "runnable": True, "ready": True})

    @route("GET", "/api/connections/<connection>")
    def connection(self, request: Request, connection: str) -> Reply:
        """One connection."""
        return json_reply(200, self._view("connections", self._row(request, "connections", connection)))

    @route("PUT", "/api/connections/<connection>")
    def replace_connection(self, request: Request, connection: str) -> Reply:
        """Full replace: what is not sent is gone, read-only members excepted."""
        row = self._row(request, "connections", connection)
        given = _writable(json_object(request))
        _check_alias(given)
        kept = {name: row["body"][name] for name in READ_ONLY if name in row["body"]}
        row["body"], row["business_number"] = {**given, **kept}, str(given["alias"])
        self.store.touch()
        self.record("connectionUpdated", f"Connection {given['alias']} was updated", company=row["_company"])
        return json_reply(200, self._view("connections", row))

    @route("DELETE", "/api/connections/<connection>")
    def delete_connection(self, request: Request, connection: str) -> Reply:
        """204."""
        del self.store.table("connections")[self._row(request, "connections", connection)["key"]]
        return Reply(204)

    # actions

    @route("GET", "/api/actions")
    def actions(self, request: Request) -> Reply:
        """The actions of the user's tenant."""
        return self._list(request, "actions", filters=("alias", "type"))

    @route("POST", "/api/actions")
    def create_action(self, request: Request) -> Reply:
        """201 with the object."""
        return self._create(request, "actions", {"ready": True, "running": False, "lastStatus": ""}, _runs=0)

    @route("GET", "/api/actions/<action>")
    def action(self, request: Request, action: str) -> Reply:
        """One action."""
        return json_reply(200, self._view("actions", self._row(request, "actions", action)))

    @route("POST", "/api/actions/<action>/run")
    def run_action(self, request: Request, action: str) -> Reply:
        """200 whether it worked or not: `result` tells, `messages` are the last lines of its log."""
        row = self._row(request, "actions", action)
        body = row["body"]
        row["_runs"] += 1
        every = self.options["action_failure_every"]
        failed = body["alias"] in self.options["action_failures"] or (every > 0 and row["_runs"] % every == 0)
        failed = failed or not body.get("enabled", True)
        body["lastStatus"] = "failure" if failed else "success"
        self.store.touch()
        self.record("actionRun", f"Action {body['alias']} ran: {body['lastStatus']}", company=row["_company"])
        text = request.args.get("messagesCount", str(DEFAULT_MESSAGES))
        count = min(int(text), MOST_MESSAGES) if text.isdigit() else DEFAULT_MESSAGES
        messages = self._log_lines(body, failed=failed)
        return json_reply(
            200,
            {"status": "completed", "result": body["lastStatus"], "messages": messages[-count:] if count else []},
        )

    def _log_lines(self, body: dict[str, Any], *, failed: bool) -> list[str]:
        at = self.clock().strftime("%Y/%m/%d %H:%M:%S")
        lines = [f'{at}   Run: type="API"']
        commands = body.get("commands")
        lines += [f'{at}   Command: "{command}"' for command in (commands if isinstance(commands, list) else [])]
        detail = "Error: the connection was refused by the partner" if failed else "Transfer complete"
        return [*lines, f"{at}   {detail}", f'{at}   Result: "{"Failure" if failed else "Success"}"']

    # authenticators and users

    @route("GET", "/api/authenticators")
    def authenticators(self, request: Request) -> Reply:
        """Groups of mailbox users."""
        return self._list(request, "authenticators", filters=("alias", "type"))

    @route("POST", "/api/authenticators")
    def create_authenticator(self, request: Request) -> Reply:
        """201 with the object."""
        return self._create(request, "authenticators", {}, _users=[])

    @route("GET", "/api/authenticators/<group>/users")
    def group_users(self, request: Request, group: str) -> Reply:
        """The users of one group, without passwords."""
        row = self._row(request, "authenticators", group)
        users = [{"key": name, "body": {"id": resource_id(name), "username": name}} for name in row["_users"]]
        return self.listing(request, users, view=lambda user: dict(user["body"]), filters=("username",))

    @route("POST", "/api/authenticators/<group>/users")
    def create_user(self, request: Request, group: str) -> Reply:
        """201; the password is not returned. The user cannot log in to the simulator."""
        row = self._row(request, "authenticators", group)
        body = json_object(request)
        if not isinstance(body.get("username"), str) or not body["username"]:
            raise Refused(400, "username is required")
        if body["username"] in row["_users"]:
            raise Refused(409, f"User {body['username']} already exists")
        row["_users"].append(body["username"])
        self.store.touch()
        return json_reply(201, {**_without_secrets(body), "id": resource_id(body["username"])})

    # certificates

    @route("GET", "/api/certs")
    def certs(self, request: Request) -> Reply:
        """Imported certificates."""
        return self._list(request, "certs", filters=("alias", "serialNumber"))

    @route("POST", "/api/certs")
    def import_cert(self, request: Request) -> Reply:
        """201, or 409 when the certificate is known."""
        body = json_object(request)
        if body.get("requestType") != "importCert" or not isinstance(body.get("import"), str):
            raise Refused(400, "requestType importCert and import (base64 DER) are required")
        try:
            der = base64.b64decode(body["import"], validate=True)
        except binascii.Error as error:
            raise Refused(400, "import is not base64 DER") from error
        fingerprint = hashlib.sha1(der, usedforsecurity=False).hexdigest()
        if fingerprint in self.store.table("certs"):
            raise Refused(409, "The certificate already exists")
        content = {
            "id": fingerprint,
            "serialNumber": fingerprint[:16],
            "certificate": body["import"],
            "hasPrivateKey": False,
        }
        row = self._add("certs", content, company=self.user(request).company)
        return json_reply(201, self._view("certs", row))

    @route("GET", "/api/certs/<cert>")
    def cert(self, request: Request, cert: str) -> Reply:
        """One certificate."""
        return json_reply(200, self._view("certs", self._row(request, "certs", cert)))

    # shared

    def _list(self, request: Request, entity: str, *, filters: tuple[str, ...]) -> Reply:
        company = self.user(request).company
        rows = [row for row in self.store.table(entity).values() if row["_company"] == company]
        return self.listing(request, rows, view=lambda row: self._view(entity, row), filters=filters)

    def _create(self, request: Request, entity: str, read_only: dict[str, Any], **private: Any) -> Reply:
        given = _writable(json_object(request))
        _check_alias(given)
        company = self.user(request).company
        taken = {row["body"]["alias"] for row in self.store.table(entity).values() if row["_company"] == company}
        if given["alias"] in taken:
            raise Refused(409, f"The alias {given['alias']} is already in use")
        body = {**given, **read_only, "id": resource_id(f"{entity} {self.store.next(entity)} {given['alias']}")}
        return json_reply(201, self._view(entity, self._add(entity, body, company=company, **private)))

    def _row(self, request: Request, entity: str, key: str) -> Row:
        row = self.store.table(entity).get(key)
        if row is None or row["_company"] != self.user(request).company:
            raise Refused(404, f"No resource {key} in {entity}")
        return row

    def _view(self, entity: str, row: Row) -> dict[str, Any]:
        href = f"/api/{entity}/{row['key']}"
        links: dict[str, Any] = {"self": self.link(href)}
        if entity == "actions":
            links["run"] = self.link(f"{href}/run")
        if entity == "authenticators":
            links["users"] = self.link(f"{href}/users")
        if entity == "connections":
            links["actions"] = [
                self.link(f"/api/actions/{action['key']}")
                for action in self.store.table("actions").values()
                if _href(action["body"].get("connection")).endswith(row["key"])
            ]
        meta = {"resourceType": entity.removesuffix("s")}
        return {**_without_secrets(row["body"]), "meta": meta, "_links": links}


def _href(link: Any) -> str:
    return str(link.get("href", "")) if isinstance(link, dict) else ""


def _check_alias(body: dict[str, Any]) -> None:
    if not all(isinstance(body.get(name), str) and body[name] for name in ("alias", "type")):
        raise Refused(400, "alias and type are required")


def _writable(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in (*READ_ONLY, *_DERIVED)}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_secrets(member) for name, member in value.items() if name not in _SECRETS}
    if isinstance(value, list):
        return [_without_secrets(member) for member in value]
    return value
