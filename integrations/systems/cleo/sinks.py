"""Uploading files to Cleo."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec

from integrations.http.errors import ConfigError, Conflict, Fault, NotFound, Rejected, Transient, Unknown
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.cleo import contents, wire
from integrations.systems.cleo.alike import names_like, says_the_same
from integrations.systems.cleo.client import Client
from integrations.systems.cleo.event_log import entries_about
from integrations.systems.cleo.settings import Options
from integrations.systems.contract import (
    AT_ONCE,
    Applied,
    CannotTell,
    Delivered,
    Effect,
    Evidence,
    NotApplied,
    Outgoing,
    Stated,
    Verdict,
)

STILL_WRITTEN = dt.timedelta(minutes=2)
"""A file that is too short and was written to within this time is taken for one that is still growing."""

LOG_BEFORE = dt.timedelta(minutes=10)
"""How far before our call the audit log is read, by the difference of two clocks."""

Likeness = Literal["same", "same size", "smaller", "other"]


class Files:
    """Stores frozen bytes as files.

    `Outgoing.meta`: `name` (unique, see `mapping.file_name`), `folder` (path, name or id of an upload folder; the
    connection's default where it is empty) and `action` (alias of one to run after the upload). Stored is final: what
    becomes of the document comes back as a file.
    """

    confirms = AT_ONCE

    def __init__(self, connection: Connection, session: Session) -> None:
        self.options = Options.of(connection)
        self.client = Client(session, self.options)
        self.visibility_delay: dt.timedelta = self.options.visibility_delay

    def apply_many(self, batch: Sequence[Outgoing]) -> list[Effect]:
        """Uploads one after the other. A fault that stops all calls meets those after it too, before they are made."""
        return [self._apply(item) for item in batch]

    def _apply(self, item: Outgoing) -> Effect:
        try:
            folder = self._folder(item)
            action = self._action(item)
            effect = _uploaded_before(item) or self._upload(item, folder)
            return self._run_after(action, item, effect) if action and isinstance(effect, Delivered) else effect
        except Fault as fault:
            return fault

    def _run_after(self, action: wire.Action, item: Outgoing, uploaded: Delivered) -> Effect:
        """Runs the action. Where that fails, the upload is remembered: a file that Cleo has taken away meanwhile, or
        overwrites, would be processed twice."""
        try:
            effect = self._run(action, item, uploaded)
        except Fault as fault:
            effect = fault
        if isinstance(effect, Fault):
            effect.progress = {"uploaded": uploaded.target_id, "status": uploaded.status}
        return effect

    def _action(self, item: Outgoing) -> wire.Action | None:
        """The action that the agreement wants to run after the upload. Looked for before it, so that a wrong name
        uploads nothing."""
        name = str(item.meta.get("action") or "")
        if not name:
            return None
        found = self.client.action(name)
        if found is None or not found.enabled or not found.ready:
            why = "is not there" if found is None else found.not_ready_reason or "is switched off"
            raise Rejected(
                f"Action '{name}' of Cleo, which should run after {_name(item)} is uploaded, {why}. Nothing was "
                "uploaded.",
                remedy="Correct the action in the trading partner's agreement, or in Cleo.",
            )
        return found

    def _run(self, action: wire.Action, item: Outgoing, uploaded: Delivered) -> Effect:
        """Runs the action. 200 says nothing: the result does. What nobody can tell is never run again by itself."""
        ran = self.client.run(action)
        said = " ".join(m.strip() for m in ran.messages if m.strip())[-300:]
        if ran.result.lower() == "success":
            return msgspec.structs.replace(uploaded, status={**uploaded.status, "action": f"{action.alias}: success"})
        if ran.status.lower() in ("running", "started", "queued") or not ran.result:
            return Unknown(f"Action {action.alias} of Cleo had not ended when its answer came: {ran.status} {said}")
        return Rejected(
            f"{_name(item)} is in Cleo, but action {action.alias} ended with '{ran.result}': {said or 'no message'}",
            remedy="Correct it in Cleo, then replay the original bytes: the file is not uploaded twice, the action "
            "runs again.",
            technical=f"status {ran.status}, result {ran.result}",
        )

    def _upload(self, item: Outgoing, folder: wire.Folder) -> Effect:
        try:
            stored = self.client.upload(folder.id, _name(item), item.body)
        except Conflict as fault:
            return self._exists(item, folder, fault)
        except NotFound as fault:
            if folder.id not in {there.id for there in self.client.folders(anew=True)}:
                raise Transient(
                    f"Folder {_label(folder)} of Cleo was just removed, or made anew; {_name(item)} was not uploaded.",
                    technical=fault.technical,
                ) from fault
            raise Rejected(
                f"Cleo has no place to upload to in folder {_label(folder)}: {fault.sentence}",
                remedy="If the folder is there, the setting 'Address: upload' of the connection may be another at "
                "your tenant.",
                technical=fault.technical,
                status=404,
            ) from fault
        return _delivered(stored, item, folder)

    def _exists(self, item: Outgoing, folder: wire.Folder, fault: Conflict) -> Effect:
        """The name is taken. It is unique to this delivery: the same content is our own earlier upload."""
        found = self._named(item, folder)
        for entry in found:
            likeness = self._likeness(entry, item.body)
            if likeness in ("same", "same size"):
                return _delivered(entry, item, folder)
            if likeness == "smaller":
                raise Transient(
                    f"Cleo is still writing {_name(item)} in folder {_label(folder)}.", technical=fault.technical
                )
        if not found:
            return Rejected(
                f"Cleo does not take the name {_name(item)} in folder {_label(folder)}, and lists no such file there; "
                "nothing was uploaded.",
                remedy="Look in Cleo whether a file of this name came before and was taken away. If not, replay it; to "
                "send it under another name, force a replay, which takes a new control number.",
                technical=fault.technical,
                status=fault.status,
            )
        return Rejected(
            f"Folder {_label(folder)} already holds a file {_name(item)} with other content; it was not overwritten.",
            remedy="Look at that file in Cleo. Rename or remove it there, or force a replay, which takes a new "
            "control number.",
            technical=fault.technical,
            status=fault.status,
        )

    def evidence(self, item: Outgoing) -> Evidence:
        """Whether the file is in its folder: by its unique name, its size and, where allowed, its content."""
        try:
            folder = self._folder(item)
        except Rejected as fault:
            return CannotTell(reason=fault.sentence)
        if item.other_bytes:
            return self._alike(item, folder)
        found = self._named(item, folder)
        for entry in found:
            likeness = self._likeness(entry, item.body)
            if likeness in ("same", "same size") and item.meta.get("action"):
                return CannotTell(
                    reason=f"Folder {_label(folder)} holds {_name(item)}, but whether action {item.meta['action']} ran "
                    f"after the upload cannot be looked up.{_heard(self._entries(item))}"
                )
            if likeness in ("same", "same size"):
                how = "size and content" if likeness == "same" else "size (its content was not compared)"
                return Applied(
                    target_id=_target(entry, item, folder),
                    proof=f"Folder {_label(folder)} holds {_name(item)}, {len(item.body)} bytes: the same name, {how}.",
                )
            if likeness == "smaller" and self._is_fresh(entry):
                raise Transient(f"Cleo is still writing {_name(item)}: {entry.size or 0} of {len(item.body)} bytes.")
        if found:
            return CannotTell(
                reason=f"Folder {_label(folder)} holds {_name(item)} with {found[0].size} bytes, but {len(item.body)} "
                "were sent."
            )
        return self._gone(item, folder)

    def _gone(self, item: Outgoing, folder: wire.Folder) -> Evidence:
        """What is known of a file that is not in its folder: it may have been taken away, and the audit log may say
        that it came."""
        said = self._entries(item)
        came = [e for e in said if e.type in self.options.stored_events]
        if came and not item.meta.get("action"):
            return Applied(
                target_id=f"{_plain(_label(folder))}/{_name(item)}",
                proof=f"{_name(item)} is not in folder {_label(folder)} any more, but it came: no other file has this "
                f"name.{_heard(said, came[-1])}",
            )
        if not self._stays or said:
            why = "files are taken away from there" if not self._stays else "Cleo knows of it"
            return CannotTell(reason=f"{_name(item)} is not in folder {_label(folder)}, but {why}.{_heard(said)}")
        return NotApplied(proof=f"Folder {_label(folder)} was listed to its end and holds no {_name(item)}.")

    @property
    def _stays(self) -> bool:
        """Whether what was uploaded is still in its folder later on."""
        return self.options.files_stay

    def says(self, item: Outgoing) -> dict[str, str]:
        """What the file says."""
        return contents.fields(item.body)

    def current(self, item: Outgoing) -> Stated | NotApplied | CannotTell:
        """What the file in its folder says now."""
        folder = self._folder(item)
        found = self._named(item, folder)
        if not found:
            where = f"{_name(item)} is not in folder {_label(folder)}"
            if self._stays and not self._entries(item):
                return NotApplied(proof=f"{where}.")
            return CannotTell(reason=f"{where}, but files are taken away from there.")
        content = self.client.download(found[0].id)
        return Stated(
            target_id=_target(found[0], item, folder),
            fields=contents.fields(content),
            amount=contents.amount(content),
            owned={"folder": _label(folder), "file": _name(item)},
        )

    def follow(self, item: Outgoing) -> Verdict:
        """Never asked: a stored file is final."""
        return Delivered(target_id=item.target_id)

    # --- inside ---

    def _alike(self, item: Outgoing, folder: wire.Folder) -> Evidence:
        """Whether the folder holds a file that says the same under another control number, as a database wrote it that
        was lost. The newest of a name like ours is looked at first."""
        alike = names_like(_name(item))
        entries = [entry for entry in self.client.files(folder.id) if alike.fullmatch(entry.name or "")]
        unread = 0
        for entry in sorted(entries, key=lambda e: e.last_modified or "", reverse=True):
            content = self._content(entry)
            if content is None:
                unread += 1
            elif says_the_same(content, item.body):
                return Applied(
                    target_id=_target(entry, item, folder),
                    proof=f"Folder {_label(folder)} holds {entry.name}, which says the same as {item.business_number} "
                    "between its envelopes.",
                )
        if unread:
            return CannotTell(
                reason=f"Folder {_label(folder)} holds {unread} files named like {_name(item)}, whose content may not "
                "be read."
            )
        if not self._stays:
            return CannotTell(
                reason=f"No file in folder {_label(folder)} says the same as {item.business_number}, but files are "
                "taken away from there."
            )
        return NotApplied(
            proof=f"Folder {_label(folder)} was listed to its end; {len(entries)} files are named like {_name(item)}, "
            "and none says the same."
        )

    def _content(self, entry: wire.File) -> bytes | None:
        """What a file holds; None where that may not be read."""
        if not self.options.compare_content or not entry.id:
            return None
        try:
            return self.client.download(entry.id)
        except (ConfigError, Rejected) as fault:
            if fault.status not in (403, 404, 405):
                raise
            return None

    def _folder(self, item: Outgoing) -> wire.Folder:
        wanted = str(item.meta.get("folder") or self.options.upload_folder)
        found = _matching(self.client.folders(), wanted) or _matching(self.client.folders(anew=True), wanted)
        if len(found) > 1:
            paths = ", ".join(f.path or f.id for f in found[:5])
            raise Rejected(
                f"'{wanted}' names {len(found)} folders in Cleo ({paths}).",
                remedy="Give the folder's whole path in the trading partner's agreement.",
            )
        if not found:
            seen = ", ".join(_label(f) for f in self.client.folders() if f.usage != "download")[:300]
            raise Rejected(
                f"There is no folder '{wanted}' in Cleo for {_name(item)}.",
                remedy=f"Correct the folder in the trading partner's agreement. Folders for uploads: {seen or 'none'}.",
            )
        if found[0].usage == "download":
            raise Rejected(
                f"Folder {_label(found[0])} in Cleo is for downloads; {_name(item)} was not uploaded.",
                remedy="Name an upload folder in the trading partner's agreement.",
            )
        return found[0]

    def _named(self, item: Outgoing, folder: wire.Folder) -> list[wire.File]:
        return [entry for entry in self.client.files(folder.id) if entry.name == _name(item)]

    def _likeness(self, entry: wire.File, body: bytes) -> Likeness:
        if entry.size is not None and entry.size != len(body):
            return "smaller" if entry.size < len(body) else "other"
        content = self._content(entry)
        if content is None:
            return "same size" if entry.size is not None else "other"
        return "same" if hashlib.sha256(content).digest() == hashlib.sha256(body).digest() else "other"

    def _is_fresh(self, entry: wire.File) -> bool:
        """Whether a file was last written to a moment ago, by Cleo's own clock."""
        now, written = self.client.session.last_date, entry.written_at
        return now is not None and written is not None and now - written < STILL_WRITTEN

    def _entries(self, item: Outgoing) -> list[wire.Event]:
        """What the audit log says of the file since it may have come."""
        since = item.first_sent_at - LOG_BEFORE if item.first_sent_at is not None else None
        return entries_about(self.client, _name(item), since=since)


def _heard(said: Sequence[wire.Event], proof: wire.Event | None = None) -> str:
    """What the audit log said last, for the person who decides, after the entry that proves the matter, if one does; ""
    where it says nothing."""
    told = [*([proof] if proof is not None and proof not in said[-3:] else []), *said[-3:]]
    return f" Cleo's audit log says: {'; '.join(e.message or e.type or '' for e in told)}." if told else ""


def _uploaded_before(item: Outgoing) -> Delivered | None:
    """The upload of an earlier try that failed after it."""
    progress = item.meta.get("progress") or {}
    if not progress.get("uploaded"):
        return None
    return Delivered(target_id=str(progress["uploaded"]), status=dict(progress.get("status") or {}))


def _matching(folders: Sequence[wire.Folder], wanted: str) -> list[wire.Folder]:
    """The folders of this path; none: of this id or name."""
    by_path = [f for f in folders if _plain(f.path) == _plain(wanted)]
    return by_path or [f for f in folders if wanted in (f.id, f.name)]


def _plain(path: str) -> str:
    """A path without slashes at its ends; Cleo also writes paths with backslashes."""
    return path.replace("\\", "/").strip("/")


def _label(folder: wire.Folder) -> str:
    return folder.path or folder.name or folder.id


def _name(item: Outgoing) -> str:
    return str(item.meta.get("name", ""))


def _target(entry: wire.File, item: Outgoing, folder: wire.Folder) -> str:
    return entry.id or f"{_plain(_label(folder))}/{_name(item)}"


def _delivered(entry: wire.File, item: Outgoing, folder: wire.Folder) -> Delivered:
    status = {"file": _name(item), "folder": _label(folder), "bytes": len(item.body)}
    return Delivered(target_id=_target(entry, item, folder), status=status)
