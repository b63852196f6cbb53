"""The mailbox: folders, files and audit events.

The vendor's paths and bodies for this are not public. These are stand-ins in the style of the confirmed collections;
with option list_paths=moved the same answers stand under /api/portal/ and the usual paths are gone.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import Any

from integrations.sandbox.kernel import Reply, Request, Row, iso, json_reply, new_row, route
from integrations.sandbox.world import WorldPartner

from .base import CleoBase, Refused, resource_id

SETS_UP = ("850", "810", "856", "855", "860", "865", "997", "partners")
SETS_DOWN = ("997", "855", "856", "860", "810", "850", "partners")
UPLOAD_TYPES = ("application/octet-stream", "application/edi-x12", "application/json")
ALLOWED_NAMES = r"[^/\\]+\.(x12|edi|txt|json)"
ALLOWED_PARTNER_NAMES = r"[^/\\]+\.json"


class FolderEndpoints(CleoBase):
    """Folders by trading partner: /<ISA id>/upload/<set> and /<ISA id>/download/<set>."""

    def seed(self) -> None:
        """The tree of each trading partner on Cleo."""
        super().seed()
        for partner in self.partners:
            for usage, sets in (("upload", SETS_UP), ("download", SETS_DOWN)):
                root = f"/{partner.isa_id}/{usage}"
                for path in (root, *(f"{root}/{name}" for name in sets)):
                    self._add_folder(path, usage, partner)

    def _add_folder(self, path: str, usage: str, partner: WorldPartner) -> None:
        allowed = ALLOWED_PARTNER_NAMES if path.endswith("/partners") else ALLOWED_NAMES
        body = {
            "id": resource_id(path),
            "name": path.rpartition("/")[2],
            "path": path,
            "usage": usage,
            "partner": partner.isa_id,
            "allowedFileTypes": allowed,
        }
        row = new_row(
            key=path, business_number=partner.isa_id, body=body, received_at=self.clock(), _company=partner.company
        )
        self.store.table("folders").add(row)

    @route("GET", "/api/folders")
    @route("GET", "/api/portal/folders")
    def folders(self, request: Request) -> Reply:
        """All folders of the user's mailboxes, subfolders included."""
        company = self.user(request).company
        rows = [row for row in self.store.table("folders").values() if row["_company"] == company]
        return self.listing(request, rows, view=self._folder_view, filters=("name", "path", "usage"))

    def _folder_view(self, row: Row) -> dict[str, Any]:
        shown = {name: row["body"][name] for name in ("id", "name", "path", "usage")}
        files = self.link(f"{self._prefix()}/folders/{row['body']['id']}/files")
        return {**shown, "meta": {"resourceType": "folder"}, "_links": {"files": files}}

    def _prefix(self) -> str:
        return "/api/portal" if self.options["list_paths"] == "moved" else "/api"

    @route("GET", "/api/folders/<folder>/files")
    @route("GET", "/api/portal/folders/<folder>/files")
    def files(self, request: Request, folder: str) -> Reply:
        """The files of one folder. A file may still be growing, and one may be listed twice."""
        path = self._folder(request, folder)["key"]
        every = self.options["list_twice_every"]
        rows: list[Row] = []
        for row in self._visible():
            if row["body"]["folder"] == path:
                rows.extend([row] * (2 if _is_nth(row["_number"], every) else 1))
        return self.listing(request, rows, view=self.file_view, filters=("name",))

    def _visible(self) -> list[Row]:
        return [row for row in self.store.table("files").values() if not row["body"]["picked_up"]]

    def file_view(self, row: Row) -> dict[str, Any]:
        """A file as lists show it; while it is being written its size is 0."""
        prefix = self._prefix()
        return {
            "id": row["_id"],
            "name": row["body"]["name"],
            "size": row["body"]["size"] if self._complete(row) else 0,
            "lastModified": row["_modified"],
            "meta": {"resourceType": "file"},
            "_links": {
                "self": self.link(f"{prefix}/files/{row['_id']}"),
                "content": self.link(f"{prefix}/files/{row['_id']}/content"),
            },
        }

    def _complete(self, row: Row) -> bool:
        return bool(row["_complete_at"] <= iso(self.clock()))

    @route("POST", "/api/folders/<folder>/files")
    @route("POST", "/api/portal/folders/<folder>/files")
    def upload(self, request: Request, folder: str) -> Reply:
        """201 means stored, nothing more. Name by `?name=`; the folder's allowed file types decide."""
        target = self._folder(request, folder)
        name, company = request.args.get("name", ""), target["_company"]
        if target["body"]["usage"] != "upload":
            raise Refused(403, f"No upload permission on folder {target['key']}")
        if request.mimetype not in UPLOAD_TYPES:
            raise Refused(415, f"Content-Type must be one of {', '.join(UPLOAD_TYPES)}")
        if not re.fullmatch(target["body"]["allowedFileTypes"], name, re.IGNORECASE):
            message = f"The file name {name!r} is not among the allowed file types of {target['key']}"
            self.record("fileRefused", message, company=company, severity="error", path=target["key"])
            raise Refused(400, message)
        final = self._free_name(target["key"], name)
        row = self.add_file(
            folder=target["key"],
            name=final,
            data=request.get_data(),
            content_type=request.mimetype,
            company=company,
            inbound=False,
        )
        self.record("fileReceived", f"{row['key']} was uploaded", company=company, path=row["key"])
        self.received(row)
        return json_reply(201, self.file_view(row))

    def received(self, row: Row) -> None:
        """Hook: an uploaded file is stored."""

    def _free_name(self, folder: str, name: str) -> str:
        """The name to store under. Raises Refused 409 when it is taken and nothing may be overwritten."""
        if self.options["overwrite"] == "overwrite" or not self._taken(folder, name):
            return name
        if self.options["overwrite"] == "refuse":
            raise Refused(409, f"A file named {name} already exists")
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        number = 1
        while self._taken(folder, f"{stem} ({number}){suffix}"):
            number += 1
        return f"{stem} ({number}){suffix}"

    def _taken(self, folder: str, name: str) -> bool:
        row = self.store.table("files").get(f"{folder}/{name}")
        return row is not None and not row["body"]["picked_up"]

    def add_file(self, *, folder: str, name: str, data: bytes, content_type: str, company: str, inbound: bool) -> Row:
        """Store a file. Inbound ones (from trading partners) may need a while until they are whole."""
        now, path = self.clock(), f"{folder}/{name}"
        number = self.store.next("inbound file" if inbound else "uploaded file")
        slow = inbound and _is_nth(number, self.options["half_written_every"])
        encoding = _encoding(data)
        file_id = resource_id(f"{path} {number} {inbound}")
        self.store.table("_file_ids").add({"key": file_id, "path": path})
        table = self.store.table("files")
        table.pop(path, None)
        return table.add(
            new_row(
                key=path,
                received_at=now,
                body={
                    "folder": folder,
                    "name": name,
                    "size": len(data),
                    "content": data.decode(encoding),
                    "content_type": content_type,
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "kind": "",
                    "direction": "inbound" if inbound else "outbound",
                    "duplicate_control_number": False,
                    "problems": [],
                    "picked_up": False,
                },
                _id=file_id,
                _company=company,
                _number=number if inbound else 0,
                _encoding=encoding,
                _modified=iso(now),
                _complete_at=self.later(self.options["half_written_seconds"] if slow else 0),
                _pickup_at=self.later(self.options["pickup_seconds"]),
            )
        )

    @route("GET", "/api/files/<file>/content")
    @route("GET", "/api/portal/files/<file>/content")
    def download(self, request: Request, file: str) -> Reply:
        """The bytes; half of them while the file is being written."""
        row = self._file(request, file)
        data = row["body"]["content"].encode(row["_encoding"])
        if not self._complete(row):
            data = data[: len(data) // 2]
        disposition = f'attachment; filename="{row["body"]["name"]}"'
        return Reply(200, data, {"Content-Type": "application/octet-stream", "Content-Disposition": disposition})

    @route("DELETE", "/api/files/<file>")
    @route("DELETE", "/api/portal/files/<file>")
    def delete(self, request: Request, file: str) -> Reply:
        """204."""
        row = self._file(request, file)
        del self.store.table("files")[row["key"]]
        self.record("fileDeleted", f"{row['key']} was deleted", company=row["_company"], path=row["key"])
        return Reply(204)

    @route("GET", "/api/events")
    @route("GET", "/api/portal/events")
    def events(self, request: Request) -> Reply:
        """Audit events, oldest first."""
        company = self.user(request).company
        rows = [row for row in self.store.table("events").values() if row["_company"] == company]
        return self.listing(request, rows, view=_event_view, filters=("type", "severity", "path"))

    def _folder(self, request: Request, folder: str) -> Row:
        company = self.user(request).company
        for row in self.store.table("folders").values():
            if row["body"]["id"] == folder and row["_company"] == company:
                return row
        raise Refused(404, f"No folder {folder}")

    def _file(self, request: Request, file: str) -> Row:
        known = self.store.table("_file_ids").get(file)
        row = self.store.table("files").get(known["path"]) if known else None
        visible = row is not None and row["_id"] == file and not row["body"]["picked_up"]
        if row is None or not visible or row["_company"] != self.user(request).company:
            raise Refused(404, f"No file {file}")
        return row


def _event_view(row: Row) -> dict[str, Any]:
    return {"id": row["key"], **row["body"], "meta": {"resourceType": "event"}}


def _is_nth(number: int, every: int) -> bool:
    return number > 0 and every > 0 and number % every == 0


def _encoding(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
