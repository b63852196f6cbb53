"""The settings of a Basware connection: what they are called, what they default to, and how the code reads them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from integrations.http.errors import ConfigError
from integrations.models import Connection
from integrations.systems.contract import Setting

Region = Literal["eu", "us", "au", "ca"]
FIRM: tuple[Region, ...] = ("eu", "us")
"""Regions whose hosts are known."""
GUESSED: tuple[Region, ...] = ("au", "ca")
"""Regions whose hosts are named by analogy: a secret goes there only when a person has said that they are right."""
READ_AND_WRITE = (
    "vendors", "accounts", "costCenters", "lists", "paymentTerms", "taxCodes", "matchingOrders", "matchingOrderLines",
)  # fmt: skip
SCOPES = " ".join(
    [
        *(f"{api}.{verb}" for api in READ_AND_WRITE for verb in ("read", "write")),
        "accountingDocuments.read",
        "accountingDocuments.write",
        "exportedPurchaseOrders.read",
        "requestStatus.read",
        "subscriptions.read",
        "subscriptions.write",
        "subscriptions.delete",
    ]
)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A connection's settings, typed, with their defaults."""

    client_id: str = ""
    client_secret: str = ""
    auth: Literal["oauth", "basic"] = "oauth"
    scopes: str = SCOPES
    region: Literal["", "eu", "us", "au", "ca"] = ""
    eu_url: str = "https://api.basware.com"
    us_url: str = "https://api.us.basware.com"
    au_url: str = "https://api.au.basware.com"
    ca_url: str = "https://api.ca.basware.com"
    guessed_hosts_are_right: bool = False
    company_code: str = ""
    organization_element: str = ""
    source_system: str = "VISMA"
    language: str = "en-US"
    storage_hosts: list[str] = msgspec.field(default_factory=lambda: ["amazonaws.com"])
    network_url: str = "https://api.basware.com"
    network_user: str = ""
    network_password: str = ""
    intake: Literal["network", "p2p"] = "network"
    p2p_intake_path: str = ""
    intake_megabytes: Annotated[int, msgspec.Meta(ge=1, le=100)] = 6
    ask_status: bool = True
    confirm_exported_orders: bool = False
    page_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100
    calls_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 300
    status_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 30
    status_hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 24
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
        if options.region in GUESSED and not options.guessed_hosts_are_right:
            raise ConfigError(
                f"The host of region {options.region.upper()} is not confirmed, so no secret is sent to it.",
                remedy="Ask Basware for the address, correct it in the connection's settings, and say there that it is "
                "right.",
            )
        return options

    def url_of(self, region: Region) -> str:
        found: str = getattr(self, f"{region}_url")
        return found

    @property
    def base_url(self) -> str:
        """The region's host; the European one as long as the live test has not found the region."""
        return self.url_of(self.region or "eu")

    @property
    def candidates(self) -> tuple[Region, ...]:
        """Regions that may be tried, the kept one first."""
        allowed = (*FIRM, *(GUESSED if self.guessed_hosts_are_right else ()))
        return tuple(sorted(allowed, key=lambda region: region != self.region))

    @property
    def element(self) -> str:
        """The organisation element that orders belong to."""
        return self.organization_element or self.company_code


_DEFAULT = Options()


def _host(region: Region, note: str) -> Setting:
    name = f"{region}_url"
    return Setting(
        name=name, label=f"Address: {region.upper()}", kind="url", default=getattr(_DEFAULT, name), help=note
    )


_TEST = "For a test environment write test-api for api."
_BY_ANALOGY = "No public source confirms this host: ask Basware."

SETTINGS = (
    Setting(
        name="client_id",
        label="Client id",
        required=True,
        help="Basware's delivery consultant hands it out, for one region and one environment.",
    ),
    Setting(name="client_secret", label="Client secret", secret=True, required=True, help="From the same place."),
    Setting(
        name="company_code",
        label="Company code",
        required=True,
        help="The company as Basware P2P calls it. It must exist there: this interface cannot make companies. Part of "
        "every external code: once something was sent it stays.",
    ),
    Setting(
        name="organization_element",
        label="Organisation element",
        help="The organisation element that purchase orders belong to. Empty: the company code.",
    ),
    Setting(
        name="source_system",
        label="Name of the source system",
        default=_DEFAULT.source_system,
        help="Part of every external code and of the identity of orders in P2P. Choose it once: what was sent under "
        "another name is not sent again, for it would be there twice.",
    ),
    Setting(
        name="region",
        label="Region",
        kind="choice",
        choices=(("", "Found by the live test"), ("eu", "EU"), ("us", "US"), ("au", "AU"), ("ca", "CA")),
        help="The live test tries the regions in turn and keeps the one that knows the credentials.",
    ),
    _host("eu", _TEST),
    _host("us", _TEST),
    _host("au", _BY_ANALOGY),
    _host("ca", _BY_ANALOGY),
    Setting(
        name="guessed_hosts_are_right",
        label="The AU and CA addresses are right",
        kind="boolean",
        default=False,
        help="Until somebody says so, the secret is not sent to them.",
    ),
    Setting(
        name="auth",
        label="Way to log in",
        kind="choice",
        choices=(("oauth", "OAuth 2 client credentials"), ("basic", "HTTP Basic")),
        default=_DEFAULT.auth,
        help="OAuth 2 is what Basware recommends.",
    ),
    Setting(
        name="scopes",
        label="Scopes",
        default=_DEFAULT.scopes,
        help="Asked for with the token, with blanks between. Take out what the credentials are not given.",
    ),
    Setting(
        name="language",
        label="Language of names",
        default=_DEFAULT.language,
        help="Names of accounts, terms and codes go out in it; en-US is always sent besides.",
    ),
    Setting(
        name="storage_hosts",
        label="Hosts of the store",
        kind="json",
        default=_DEFAULT.storage_hosts,
        help="Basware answers some reads with the address of a store. It is called without credentials, and only at "
        "these hosts and below. Which they are is not public.",
    ),
    Setting(
        name="network_url",
        label="Address: Network (invoices)",
        kind="url",
        default=_DEFAULT.network_url,
        help="Invoices go in by the Network API, which has credentials of its own. Compare the address with yours.",
    ),
    Setting(name="network_user", label="Network user", help="For invoices. Empty: invoices are not sent."),
    Setting(name="network_password", label="Network password", secret=True),
    Setting(
        name="intake",
        label="Way in for invoices",
        kind="choice",
        choices=(("network", "Basware Network"), ("p2p", "A path of the P2P interface")),
        default=_DEFAULT.intake,
        help="The public P2P interface takes no invoices. Choose the path only where Basware has set one up for you.",
    ),
    Setting(
        name="p2p_intake_path",
        label="Path for invoices",
        help="As /v1/…: the path of the P2P interface that takes invoices. Only with that way in.",
    ),
    Setting(
        name="intake_megabytes",
        label="Largest invoice (MB)",
        kind="integer",
        default=_DEFAULT.intake_megabytes,
        help="With its attachments. P2P takes no request above 6 MB; what the Network takes is not public. Attachments "
        "that do not fit are left out, and an issue says so.",
    ),
    Setting(
        name="ask_status",
        label="Ask where invoices are",
        kind="boolean",
        default=_DEFAULT.ask_status,
        help="P2P lists an invoice when it has something to tell of it. Before that its status is asked for, some "
        "invoices at each read; P2P answers where that feature is switched on.",
    ),
    Setting(
        name="confirm_exported_orders",
        label="Confirm purchase orders of Basware",
        kind="boolean",
        default=_DEFAULT.confirm_exported_orders,
        help="Tell Basware that orders made there were read. They are kept here and not written to the books, so leave "
        "it off where somebody else takes them over. Needs the scope exportedPurchaseOrders.write.",
    ),
    Setting(name="page_size", label="Rows a page", kind="integer", default=_DEFAULT.page_size, help="At most 100."),
    Setting(
        name="calls_per_minute",
        label="Calls a minute",
        kind="integer",
        default=_DEFAULT.calls_per_minute,
        help="Basware publishes no number; this is an assumption.",
    ),
    Setting(
        name="status_seconds",
        label="Seconds between looks at a request",
        kind="integer",
        default=_DEFAULT.status_seconds,
        help="What P2P makes of a record is known later: how often it is asked.",
    ),
    Setting(
        name="status_hours",
        label="Hours until a missing verdict is a problem",
        kind="integer",
        default=_DEFAULT.status_hours,
    ),
    Setting(name="deadline_seconds", label="Longest call (seconds)", kind="integer", default=_DEFAULT.deadline_seconds),
)
