"""The settings of an Airbase connection: what they are called, what they default to, and how the code reads them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from integrations.http.errors import ConfigError
from integrations.models import Connection
from integrations.systems.contract import Setting

GATED = "Airbase shows its API reference to customers only; the default is an assumption. Compare it with yours."

ALL = "*"
"""What the setting of the subsidiary says where all of them are branches of one company."""
UNKNOWN_TYPE = (
    "Look at such an entry in Airbase. If it pays a bill, add its type to the connection's setting “Types that are "
    "payments of bills”: all that wait are taken up with the next read. If not, add it to “Types that are something "
    "else”."
)
Resources = Literal["all", "ledger"]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A connection's settings, typed, with their defaults."""

    base_url: str = ""
    api_key: str = ""
    auth_scheme: Literal["Bearer", "Token"] = "Bearer"
    resources: Resources = "all"
    subsidiary: str = ""
    vendors_path: str = "/v1/accounting/vendors/"
    accounts_path: str = "/v1/accounting/accounts/"
    tags_path: str = "/v1/accounting/tags/"
    subsidiaries_path: str = "/v1/accounting/subsidiaries/"
    ledger_path: str = "/v1/accounting/ledger_entries/"
    bills_path: str = "/v1/accounting/bills/"
    purchase_orders_path: str = "/v1/accounting/purchase_orders/"
    payments_path: str = "/v1/accounting/payments/"
    payment_types: list[str] = msgspec.field(default_factory=lambda: ["bill_payment"])
    other_types: list[str] = msgspec.field(
        default_factory=lambda: [
            "bill",
            "reimbursement",
            "reimbursement_payment",
            "virtual_card_payment",
            "physical_card_payment",
        ]
    )
    ready_status: str = "sync_ready"
    complete_status: str = "sync_complete"
    failed_status: str = "sync_failed"
    voided_statuses: list[str] = msgspec.field(default_factory=lambda: ["voided", "failed"])
    page_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 250
    calls_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 500
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
    def subsidiaries(self) -> frozenset[str]:
        """What the company's own are called, without case; empty where none is chosen."""
        return named(self.subsidiary)

    def knows_type(self, kind: str | None) -> bool:
        """Whether a setting says what entries of this type are."""
        return kind in self.payment_types or kind in self.other_types

    @property
    def takes_documents(self) -> bool:
        """Whether bills and purchase orders can be written."""
        return self.resources == "all"


def named(subsidiary: str) -> frozenset[str]:
    """The subsidiaries that the setting names."""
    return frozenset(one.strip().casefold() for one in subsidiary.split(",") if one.strip())


_DEFAULT = Options()


def _path(name: str, label: str) -> Setting:
    return Setting(name=name, label=f"Address: {label}", default=getattr(_DEFAULT, name), help=GATED)


SETTINGS = (
    Setting(
        name="base_url",
        label="Address",
        kind="url",
        required=True,
        help="Your tenant's API address, from the Airbase portal. Shared hosts are https://api.airbase.io and, for "
        "tests, https://api-stage.airbase.io.",
    ),
    Setting(
        name="api_key",
        label="API key",
        secret=True,
        required=True,
        help="Made in the Airbase portal under Settings › Integrations › API.",
    ),
    Setting(
        name="auth_scheme",
        label="Word before the key",
        kind="choice",
        choices=(("Bearer", "Bearer"), ("Token", "Token")),
        default=_DEFAULT.auth_scheme,
        help="The word in the Authorization header. Tenants of the shared hosts use Token. The live test tries the "
        "other one when this is refused, and says so.",
    ),
    Setting(
        name="resources",
        label="What the tenant offers",
        kind="choice",
        choices=(
            ("all", "Bills, purchase orders and payments"),
            ("ledger", "Ledger entries only: bills and purchase orders are not sent"),
        ),
        default=_DEFAULT.resources,
        help="The live test looks which of the two it is. Payments come back in both.",
    ),
    Setting(
        name="subsidiary",
        label="Subsidiary",
        offers="airbase.subsidiaries",
        help="Which subsidiary of the tenant is the company in Visma.net, by its reference or name. Payments and "
        "vendors of others are left out. Several, where they are branches of the same company, are separated by "
        f"commas; {ALL} stands for all. Empty: the tenant has one only.",
    ),
    _path("vendors_path", "vendors"),
    _path("accounts_path", "GL accounts"),
    _path("tags_path", "dimensions (tags)"),
    _path("subsidiaries_path", "subsidiaries"),
    _path("ledger_path", "ledger entries"),
    _path("bills_path", "bills"),
    _path("purchase_orders_path", "purchase orders"),
    _path("payments_path", "payments"),
    Setting(
        name="payment_types",
        label="Types that are payments of bills",
        kind="json",
        default=_DEFAULT.payment_types,
        help=f"Entries of these types are booked, also those that came before their type stood here. {GATED}",
    ),
    Setting(
        name="other_types",
        label="Types that are something else",
        kind="json",
        default=_DEFAULT.other_types,
        help="Entries of these types are listed, and nothing is booked. Of a type that stands in neither setting, "
        f"nothing is booked and somebody is told. {GATED}",
    ),
    Setting(name="ready_status", label="Status: to be booked", default=_DEFAULT.ready_status, help=GATED),
    Setting(name="complete_status", label="Status: booked", default=_DEFAULT.complete_status, help=GATED),
    Setting(name="failed_status", label="Status: could not be booked", default=_DEFAULT.failed_status, help=GATED),
    Setting(
        name="voided_statuses",
        label="Statuses: taken back",
        kind="json",
        default=_DEFAULT.voided_statuses,
        help=f"Payments that failed or were voided. {GATED}",
    ),
    Setting(
        name="page_size",
        label="Rows a page",
        kind="integer",
        default=_DEFAULT.page_size,
        help="The largest page that Airbase gives is not known publicly.",
    ),
    Setting(
        name="calls_per_minute",
        label="Calls a minute",
        kind="integer",
        default=_DEFAULT.calls_per_minute,
        help="Airbase states 500 without saying for how long; a minute is an assumption. Headers lower it.",
    ),
    Setting(name="deadline_seconds", label="Longest call (seconds)", kind="integer", default=_DEFAULT.deadline_seconds),
)
