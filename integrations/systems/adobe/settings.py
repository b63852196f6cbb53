"""The settings of an Adobe Commerce connection: what they are called, what they default to, and how the code reads
them."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from integrations.http.errors import ConfigError
from integrations.models import Connection
from integrations.systems.contract import Setting

AuthMode = Literal["oauth1", "admin", "ims"]

OLD_INSTANCE = "adobe"
"""The name in the books of each shop whose connection was made before new ones got a name of their own."""
_NEEDED: dict[AuthMode, tuple[str, ...]] = {
    "oauth1": ("consumer_key", "consumer_secret", "access_token", "access_token_secret"),
    "admin": ("username", "password"),
    "ims": ("client_id", "client_secret", "org_id"),
}
"""What each way to log in cannot do without."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A connection's settings, typed, with their defaults."""

    base_url: str = ""
    auth: AuthMode = "oauth1"
    instance: str = OLD_INSTANCE
    store_code: str = ""
    store_ids: list[int] = msgspec.field(default_factory=list)
    rest_path: str = "rest"
    consumer_key: str = ""
    consumer_secret: str = ""
    access_token: str = ""
    access_token_secret: str = ""
    username: str = ""
    password: str = ""
    totp_seed: str = ""
    token_hours: Annotated[int, msgspec.Meta(ge=1, le=24)] = 4
    client_id: str = ""
    client_secret: str = ""
    org_id: str = ""
    scopes: str = (
        "openid,AdobeID,email,profile,additional_info.roles,additional_info.projectedProductContext,commerce.accs"
    )
    ims_url: str = "https://ims-na1.adobelogin.com/ims/token/v3"
    sweep_hour: Annotated[int, msgspec.Meta(ge=-1, le=23)] = 2
    modules: list[str] = msgspec.field(default_factory=list)
    page_size: Annotated[int, msgspec.Meta(ge=1, le=300)] = 50
    calls_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 100
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
        missing = [LABELS[name] for name in ("base_url", *_NEEDED[options.auth]) if not getattr(options, name)]
        if missing:
            raise ConfigError(
                f"{connection.name} has no {', no '.join(m.lower() for m in missing)}.",
                remedy="Fill it in, in the connection's settings.",
            )
        if options.is_service and not urlsplit(options.base_url).path.strip("/"):
            raise ConfigError(
                f"The address of {connection.name} has no tenant id at its end.",
                remedy="Copy the REST address from the Commerce Cloud Manager: "
                "https://na1.api.commerce.adobe.com/<tenant id>.",
            )
        return options

    @property
    def is_service(self) -> bool:
        """Whether this is Commerce as a Cloud Service: no /rest in the address, the store in a header."""
        return self.auth == "ims"

    @property
    def api_url(self) -> str:
        """Where V1 begins. On PaaS the store's code is part of the path; none means the default store view."""
        if self.is_service:
            return self.base_url.rstrip("/")
        parts = (self.base_url.rstrip("/"), self.rest_path.strip("/"), self.store_code.strip("/"))
        return "/".join(part for part in parts if part)

    def reference(self, entity_id: int | str, kind: str = "") -> str:
        """How a document of this shop is called in the books, for ever: `adobe:42`, `adobe:creditmemo:7`."""
        return ":".join(part for part in (self.instance, kind, str(entity_id)) if part)


_DEFAULT = Options()


def _secret(name: str, label: str, help: str = "") -> Setting:
    return Setting(name=name, label=label, secret=True, help=help)


_INTEGRATION = "Admin › System › Extensions › Integrations: make one, allow it the resources, activate it."
SETTINGS = (
    Setting(
        name="base_url",
        label="Address",
        kind="url",
        required=True,
        help="The shop's address, as https://shop.example.com. As a Cloud Service: the REST address with the tenant "
        "id, as https://na1.api.commerce.adobe.com/<tenant id>.",
    ),
    Setting(
        name="auth",
        label="Way to log in",
        kind="choice",
        choices=(
            ("oauth1", "Integration (OAuth 1.0a): on premises and Cloud"),
            ("admin", "Administrator with password: on premises and Cloud"),
            ("ims", "Server-to-server (IMS): as a Cloud Service"),
        ),
        default=_DEFAULT.auth,
        help="An integration is the right choice for an own shop: it never expires and needs no second factor.",
    ),
    Setting(
        name="instance",
        label="Name of the shop in the books",
        help="The beginning of the external reference of each document in Visma.net, as adobe:42; no other shop of the "
        "company may have it. Empty: the beginning of the connection's key. Choose it once: under another name "
        "everything would be there twice.",
    ),
    _secret("consumer_key", "Consumer key", _INTEGRATION),
    _secret("consumer_secret", "Consumer secret", _INTEGRATION),
    _secret("access_token", "Access token", _INTEGRATION),
    _secret("access_token_secret", "Access token secret", _INTEGRATION),
    Setting(name="username", label="Administrator", help="With a role of its own that may read sales and customers."),
    _secret("password", "Password"),
    _secret(
        "totp_seed",
        "Seed of the second factor",
        "The secret under the QR code of Google Authenticator, in base32. Needed where two-factor authentication is "
        "on, as it is by default.",
    ),
    Setting(
        name="token_hours",
        label="Hours that an administrator's token lives",
        kind="integer",
        default=_DEFAULT.token_hours,
        help="Admin › Stores › Configuration › Services › OAuth › Access Token Expiration.",
    ),
    Setting(name="client_id", label="Client id", help="Adobe Developer Console, the project's OAuth server-to-server."),
    _secret("client_secret", "Client secret", "From the same place."),
    Setting(name="org_id", label="Organisation id", help="As 1234567890ABCDEF@AdobeOrg, from the same place."),
    Setting(
        name="scopes", label="Scopes", default=_DEFAULT.scopes, help="With commas between; commerce.accs must be there."
    ),
    Setting(name="ims_url", label="Address of the login (IMS)", kind="url", default=_DEFAULT.ims_url),
    Setting(
        name="store_code",
        label="Store view",
        help="Code of the store view that calls are made in; empty: the default one. It does not filter: see the next.",
    ),
    Setting(
        name="store_ids",
        label="Stores that are read",
        kind="json",
        default=_DEFAULT.store_ids,
        shape=list[int],
        help="Ids of store views, as [1, 3]. Orders of others are left alone: they may belong to another company. So "
        "are customers who signed up in others, until they order in one of these. Empty: all.",
    ),
    Setting(
        name="rest_path",
        label="Path of the API",
        default=_DEFAULT.rest_path,
        help="rest; in old shops index.php/rest. Not used as a Cloud Service.",
    ),
    Setting(
        name="sweep_hour",
        label="Hour of the nightly sweep (UTC)",
        kind="integer",
        default=_DEFAULT.sweep_hour,
        help="A new address does not move a customer's time of change. So the first read after this hour takes all "
        "customers. -1: never.",
    ),
    Setting(
        name="modules",
        label="Modules that the shop has",
        kind="json",
        default=_DEFAULT.modules,
        help="Found by the live test.",
    ),
    Setting(name="page_size", label="Rows a page", kind="integer", default=_DEFAULT.page_size, help="At most 300."),
    Setting(
        name="calls_per_minute",
        label="Calls a minute",
        kind="integer",
        default=_DEFAULT.calls_per_minute,
        help="Adobe publishes no number: this is a limit of our own, so that the shop stays fast.",
    ),
    Setting(name="deadline_seconds", label="Longest call (seconds)", kind="integer", default=_DEFAULT.deadline_seconds),
)
LABELS = {setting.name: setting.label for setting in SETTINGS}
