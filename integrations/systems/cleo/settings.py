"""The settings of a Cleo connection: what they are called, what they default to, and how the code reads them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

from integrations.http.errors import ConfigError
from integrations.models import Connection
from integrations.systems.contract import Setting

UNVERIFIED = (
    "Cleo does not publish this address; the default is an assumption. Compare it with the API documentation of your "
    "tenant."
)

PARTNER_FIELDS = {
    "supplier_number": "partner.supplierNumber",
    "name": "partner.name",
    "line1": "partner.address.line1",
    "line2": "partner.address.line2",
    "line3": "partner.address.line3",
    "postal_code": "partner.address.postalCode",
    "city": "partner.address.city",
    "country": "partner.address.country",
    "vat_number": "partner.vatNumber",
    "organisation_number": "partner.organisationNumber",
    "status": "partner.status",
}
"""Where a connection holds what it says of a trading partner: members by their path."""
MATCH_FIELDS = {"number": "invoiceNumber", "result": "result", "message": "message"}
"""Where a match result holds what it says: members by their path."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A connection's settings, typed, with their defaults."""

    base_url: str = ""
    username: str = ""
    password: str = ""
    upload_folder: str = "upload"
    file_name_template: str = "{set_id}_{sender}_{receiver}_{control_number}_{business_number}.{extension}"
    upload_content_type: str = "application/octet-stream"
    files_stay: bool = True
    compare_content: bool = True
    visibility_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 10
    download_folders: list[str] = []
    skipped_folders: list[str] = msgspec.field(default_factory=lambda: ["partners"])
    quiet_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 5
    remove_after_reading: bool = False
    partner_data: Literal["auto", "connections", "files"] = "auto"
    partner_key: str = "alias"
    partner_fields: dict[str, str] = msgspec.field(default_factory=lambda: dict(PARTNER_FIELDS))
    partner_folders: list[str] = msgspec.field(default_factory=lambda: ["partners"])
    match_folders: list[str] = []
    match_fields: dict[str, str] = msgspec.field(default_factory=lambda: dict(MATCH_FIELDS))
    match_good: list[str] = msgspec.field(default_factory=lambda: ["matched", "accepted", "ok"])
    action_timeout_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 30
    folders_path: str = "/api/folders"
    files_path: str = "/api/folders/{folder_id}/files"
    upload_path: str = "/api/folders/{folder_id}/files?name={file_name}"
    download_path: str = "/api/files/{file_id}/content"
    remove_path: str = "/api/files/{file_id}"
    events_path: str = "/api/events"
    stored_events: list[str] = msgspec.field(default_factory=lambda: ["fileReceived"])
    page_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    deadline_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 60

    @classmethod
    def of(cls, connection: Connection) -> Options:
        """The connection's settings; those that are empty take their default. Raises ConfigError for what cannot be."""
        stated = {**(connection.settings or {}), **(connection.secrets or {})}
        try:
            options = msgspec.convert({k: v for k, v in stated.items() if v not in ("", None)}, cls, strict=False)
        except msgspec.ValidationError as error:
            raise ConfigError(
                f"A setting of {connection.name} cannot be used: {error}",
                remedy="Correct it in the connection's settings.",
            ) from error
        missing = [s.label for s in SETTINGS if s.required and not getattr(options, s.name)]
        if missing:
            raise ConfigError(
                f"{connection.name} has no {', no '.join(m.lower() for m in missing)}.",
                remedy="Fill it in, in the connection's settings.",
            )
        return options

    @property
    def visibility_delay(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.visibility_seconds)


_DEFAULT = Options()


def _path(name: str, label: str, what: str) -> Setting:
    return Setting(name=name, label=label, default=getattr(_DEFAULT, name), help=f"{what} {UNVERIFIED}")


SETTINGS = (
    Setting(
        name="base_url",
        label="Address",
        kind="url",
        required=True,
        help="Your tenant's address, as https://YOURTENANT.cleointegration.com, without /api.",
    ),
    Setting(
        name="username",
        label="User name",
        required=True,
        help="Of a Partner Mailbox account. 'Cleo Portal' must be enabled for the mailbox, or signing in fails.",
    ),
    Setting(
        name="password",
        label="Password",
        secret=True,
        required=True,
        help="It can expire and, after several wrong tries, be locked: a refused password is never tried again by "
        "itself.",
    ),
    Setting(
        name="upload_folder",
        label="Default upload folder",
        offers="cleo.upload_folders",
        default=_DEFAULT.upload_folder,
        help="Path or name of the folder for agreements that name none. A folder can feed only one Data Flow.",
    ),
    Setting(
        name="file_name_template",
        label="File names",
        default=_DEFAULT.file_name_template,
        help="Of set_id, sender, receiver, control_number, business_number, extension and stream; control_number must "
        "be "
        "there, it makes the name unique. Keep to the mailbox's 'Allowed File Types'.",
    ),
    Setting(
        name="upload_content_type",
        label="Content type of uploads",
        default=_DEFAULT.upload_content_type,
        help="application/octet-stream or application/edi-x12. Not confirmed publicly.",
    ),
    Setting(
        name="files_stay",
        label="Uploaded files stay in the folder",
        kind="boolean",
        default=_DEFAULT.files_stay,
        help="Switch it off when your Data Flow takes files away. Then a file that cannot be found may have arrived "
        "all the same: after an unknown outcome the audit log is asked, and where it says nothing, a person.",
    ),
    Setting(
        name="compare_content",
        label="Compare the content of uploaded files",
        kind="boolean",
        default=_DEFAULT.compare_content,
        help="After an unknown outcome, download the file and compare it. Without, name and size decide.",
    ),
    Setting(
        name="visibility_seconds",
        label="New files are listed within (seconds)",
        kind="integer",
        default=_DEFAULT.visibility_seconds,
        help="How long a listing may miss a file that was just uploaded. Not confirmed publicly.",
    ),
    Setting(
        name="download_folders",
        label="Folders that are read",
        kind="json",
        default=[],
        help="Paths of download folders. Empty: all that the user sees.",
    ),
    Setting(
        name="skipped_folders",
        label="Folders that are not read",
        kind="json",
        default=_DEFAULT.skipped_folders,
        help="Names of download folders that hold no documents, where all others are read.",
    ),
    Setting(
        name="quiet_seconds",
        label="A file is complete when unchanged for (seconds)",
        kind="integer",
        default=_DEFAULT.quiet_seconds,
        help="By Cleo's clock. Beside that, a file must look the same before and after it was downloaded.",
    ),
    Setting(
        name="remove_after_reading",
        label="Remove files after they were stored",
        kind="boolean",
        default=_DEFAULT.remove_after_reading,
        help="Otherwise they stay, and are remembered. Whether your tenant allows it is not known publicly.",
    ),
    Setting(
        name="partner_data",
        label="Supplier data is exchanged",
        kind="choice",
        default=_DEFAULT.partner_data,
        choices=(
            ("auto", "with connections where the user sees them, otherwise with files"),
            ("connections", "with the connections of trading partners"),
            ("files", "with files in folders"),
        ),
        help="A connection is written as a whole: Cleo gives out no passwords, so look at one connection after its "
        "first change. Files are described in docs/partner-files.md.",
    ),
    Setting(
        name="partner_key",
        label="Connections: who it is",
        default=_DEFAULT.partner_key,
        help="Path of the member that names the trading partner, by its key, its name or one of its ids: alias, or "
        "partnerName.",
    ),
    Setting(
        name="partner_fields",
        label="Connections: where the fields stand",
        kind="json",
        default=dict(PARTNER_FIELDS),
        help="Paths of members, with points between them. A field without path is neither read nor written. Which "
        "members your tenant keeps is not known publicly: what is written is read again.",
    ),
    Setting(
        name="partner_folders",
        label="Files: folders with supplier data",
        kind="json",
        default=_DEFAULT.partner_folders,
        help="Names or paths of the download folders that partner files come in.",
    ),
    Setting(
        name="match_folders",
        label="Match results: folders",
        kind="json",
        default=[],
        help="Names or paths of the download folders in which Cleo puts JSON files with what it found when it matched "
        "invoices. Empty: there are none. Results that come as 824 need nothing here.",
    ),
    Setting(
        name="match_fields",
        label="Match results: where the fields stand",
        kind="json",
        default=dict(MATCH_FIELDS),
        help="Paths of members, with points between them: number (of the invoice, as we sent it), result, message. A "
        "file holds one result, or a list of them.",
    ),
    Setting(
        name="match_good",
        label="Match results: what is good",
        kind="json",
        default=["matched", "accepted", "ok"],
        help="Every other result opens an issue.",
    ),
    Setting(
        name="action_timeout_seconds",
        label="Wait for an action (seconds)",
        kind="integer",
        default=_DEFAULT.action_timeout_seconds,
        help="For agreements that run an action of Cleo after the upload.",
    ),
    _path("folders_path", "Address: list folders", "Takes startIndex and count."),
    _path("files_path", "Address: list files", "With {folder_id}. Takes startIndex and count."),
    _path("upload_path", "Address: upload", "With {folder_id} and {file_name}."),
    _path("download_path", "Address: download", "With {file_id}."),
    _path("remove_path", "Address: remove a file", "With {file_id}."),
    _path("events_path", "Address: audit events", "Takes startIndex and count."),
    Setting(
        name="stored_events",
        label="Audit events: a file was stored",
        kind="json",
        default=["fileReceived"],
        help="Types of entries of the audit log that say that an uploaded file came. With them it is known that a file "
        "arrived which was taken away; without, a person is asked. Not confirmed publicly.",
    ),
    Setting(
        name="page_size",
        label="Entries a page",
        kind="integer",
        default=_DEFAULT.page_size,
        help="Cleo's own default and maximum are not known publicly.",
    ),
    Setting(
        name="deadline_seconds",
        label="Longest call (seconds)",
        kind="integer",
        default=_DEFAULT.deadline_seconds,
    ),
)
