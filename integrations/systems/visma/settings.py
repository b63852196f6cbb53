"""What a connection to Visma.net ERP is told: one list for form, masking, audit and documentation, and its typed
form.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from integrations.http.errors import ConfigError
from integrations.models import Connection
from integrations.systems.contract import Setting

BASE_URL = "https://api.finance.visma.net"
DEPRECATED_HOST = "integration.visma.net"
DEPRECATED_PATH = "/API/controller/api"

SETTINGS = (
    Setting(
        name="company_id",
        label="Company id",
        help="The number of the company in Visma.net; sent as ipp-company-id with every call.",
        required=True,
    ),
    Setting(
        name="tenant_id",
        label="Visma tenant id",
        help="The id (a GUID) of the company in Visma Connect, as the Visma App Store and the Visma Developer Portal "
        "show it. "
        "Take the company's tenant id: the customer's gives a token too, but every call with it is refused.",
        required=True,
    ),
    Setting(
        name="client_id",
        label="Client id",
        help="Of the application in the Visma Developer Portal, as isv_my_application.",
        required=True,
    ),
    Setting(
        name="client_secret",
        label="Client secret",
        help="Of the same application. The Visma Developer Portal shows it once, when it is made.",
        secret=True,
        required=True,
    ),
    Setting(
        name="scope",
        label="Scopes",
        help="Separated by spaces. An application that has been given fewer is refused a token; take the missing "
        "ones out here "
        "or have them approved.",
        default="vismanet_erp_service_api:create vismanet_erp_service_api:read vismanet_erp_service_api:update",
    ),
    Setting(
        name="base_url",
        label="Base URL",
        help=f"The address of the API. The deprecated https://{DEPRECATED_HOST} is possible; its path is added by "
        "itself.",
        kind="url",
        default=BASE_URL,
    ),
    Setting(
        name="token_url",
        label="Token URL",
        help="Where Visma Connect gives out tokens.",
        kind="url",
        default="https://connect.visma.com/connect/token",
    ),
    Setting(
        name="application_type",
        label="Application type",
        help="Sent as ipp-application-type with every call.",
        default="Visma.net Financials",
    ),
    Setting(
        name="zone",
        label="Time zone of Visma's time stamps",
        help="Visma states and expects times of change without a zone, and no public source confirms which one is "
        "meant: the "
        "company's own is assumed. If it is wrong, changes can be missed, so the live test looks for proof of it. "
        "Write it as Europe/Oslo, or UTC.",
        default="Europe/Stockholm",
    ),
    Setting(
        name="page_size",
        label="Records a page",
        help="How many records are read with one call. Orders and invoices come with all their lines, so large pages "
        "are slow. "
        "Visma lowers what it finds too high; the highest is not published for every list.",
        kind="integer",
        default=100,
    ),
    Setting(
        name="calls_per_hour",
        label="Calls an hour",
        help="What Visma allows this application and company: 500 for test clients. Visma does not publish the "
        "standard number; "
        "what its answers say replaces this one.",
        kind="integer",
        default=500,
    ),
    Setting(
        name="accept_unfiltered",
        label="Accept unfiltered lists",
        help="Visma ignores a filter that it does not know and then sends everything. Reading stops when that is "
        "seen, because it "
        "uses up the calls. Switch this on to go on all the same: nothing becomes wrong, only slow.",
        kind="boolean",
        default=False,
    ),
    Setting(
        name="deadline_seconds",
        label="Longest call in seconds",
        help="A call that takes longer is given up. Visma itself ends calls after four minutes.",
        kind="integer",
        default=60,
    ),
    Setting(
        name="visibility_seconds",
        label="What was written can be seen within (seconds)",
        help="When no answer came to what was sent, it counts as not there only if it is not seen so long after a "
        "first look. Visma works on a call for up to four minutes; with less, a payment could be booked twice.",
        kind="integer",
        default=240,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The settings of one connection, checked and typed."""

    company_id: str
    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    base_url: str
    """Without a slash at its end; paths begin with /v1 or /v2."""
    token_url: str
    application_type: str
    zone: ZoneInfo
    page_size: int
    calls_per_hour: int
    accept_unfiltered: bool
    deadline: float
    """Seconds."""
    visibility_delay: dt.timedelta

    @classmethod
    def of(cls, connection: Connection) -> Options:
        """The options of a connection. Raises ConfigError, naming the setting that is missing or wrong."""
        given = {**(connection.settings or {}), **(connection.secrets or {})}
        values = {s.name: _given(given, s) for s in SETTINGS}
        return cls(
            company_id=values["company_id"],
            tenant_id=values["tenant_id"],
            client_id=values["client_id"],
            client_secret=values["client_secret"],
            scope=values["scope"],
            base_url=api_base(values["base_url"]),
            token_url=values["token_url"],
            application_type=values["application_type"],
            zone=_zone(values["zone"]),
            page_size=_number(values["page_size"], "page_size"),
            calls_per_hour=_number(values["calls_per_hour"], "calls_per_hour"),
            accept_unfiltered=values["accept_unfiltered"].lower() in ("true", "1", "yes", "on"),
            deadline=float(_number(values["deadline_seconds"], "deadline_seconds")),
            visibility_delay=dt.timedelta(seconds=_number(values["visibility_seconds"], "visibility_seconds")),
        )

    @property
    def budget_identity(self) -> tuple[str, ...]:
        """Visma counts calls per application and company."""
        return (self.client_id, self.company_id)


def api_base(text: str) -> str:
    """The address that paths as /v1/supplier are appended to.

    Takes what people paste: a version or a resource at the end is cut off, the deprecated host gets its path, and
    the audience of tokens (…/erp/service), which the developer portal shows and which is no address, becomes the
    host alone. Raises ConfigError when it is no web address.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _wrong("base_url", text)
    path = re.sub(r"/v\d+(/.*)?$", "", parts.path.rstrip("/"), flags=re.IGNORECASE).removesuffix("/erp/service")
    if parts.hostname == DEPRECATED_HOST and DEPRECATED_PATH.lower().startswith(path.lower()):
        path = DEPRECATED_PATH
    return f"{parts.scheme}://{parts.netloc}{path}"


def _given(values: Mapping[str, Any], setting: Setting) -> str:
    value = values.get(setting.name)
    text = "" if value is None else str(value).strip()
    if not text:
        text = str(setting.default)
    if setting.required and not text:
        raise ConfigError(
            f"The connection to Visma.net ERP lacks its “{setting.label}”.",
            remedy=f"Fill it in. {setting.help}",
        )
    return text


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise _wrong(name, text)
    return int(text)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:  # not found; not a key; a folder, as "Europe"
        raise _wrong("zone", text) from error


def _wrong(name: str, text: str) -> ConfigError:
    setting = next(s for s in SETTINGS if s.name == name)
    return ConfigError(f"“{setting.label}” of the Visma.net connection cannot be {text!r}.", remedy=setting.help)
