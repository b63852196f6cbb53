"""The settings of an Orderful connection: what they are called, what they default to, and how the code reads them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

from integrations.http.errors import ConfigError
from integrations.models import Connection
from integrations.systems.contract import Setting

HOSTS = {"us": "https://api.orderful.com", "eu": "https://api-eu.orderful.com"}
"""Data and keys are pinned to a region. Test and live share the host: the stream of each transaction decides."""

Stream = Literal["test", "live"]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=3600)]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A connection's settings, typed, with their defaults."""

    region: Literal["us", "eu"] = "us"
    base_url: str = ""
    api_key: str = ""
    api_version: str = "v4"
    stream: Stream = "test"
    sender_id: str = ""
    test_sender_id: str = ""
    final_at: Literal["valid", "delivered"] = "valid"
    poll_seconds: Seconds = 10
    verdict_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    visibility_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 10
    clock_slack_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 30
    list_pages: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 20
    unit_words: dict[str, str] = {}
    inbox_id: str = ""
    bucket_id: str = ""
    inbox_stream: Literal["", "test", "live", "both"] = ""
    status_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 14
    change_answer_type: str = "865_PURCHASE_ORDER_CHANGE_ACKNOWLEDGMENT_REQUEST_SELLER_INITIATED"
    late_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    unprocessed_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 30
    deadline_seconds: Seconds = 60

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
        if not options.api_key:
            raise ConfigError(f"{connection.name} has no API key.", remedy="Fill it in, in the connection's settings.")
        return options

    @property
    def host(self) -> str:
        """Where calls go: the own address if there is one, otherwise the region's."""
        return self.base_url or HOSTS[self.region]

    @property
    def visibility_delay(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.visibility_seconds)

    @property
    def streams_received(self) -> frozenset[str]:
        """Streams whose documents are taken from the inbox; others are put aside."""
        wanted = self.inbox_stream or self.stream
        return frozenset({"test", "live"} if wanted == "both" else {wanted})

    def sender(self, stream: Stream) -> str:
        """Our own id on a stream, for agreements that state none."""
        return self.test_sender_id if stream == "test" else self.sender_id


_DEFAULT = Options()

SETTINGS = (
    Setting(
        name="api_key",
        label="API key",
        secret=True,
        required=True,
        help="In Orderful: Settings, API Credentials. One key serves test and live. It belongs to one region.",
    ),
    Setting(
        name="region",
        label="Region",
        kind="choice",
        default=_DEFAULT.region,
        choices=(("us", f"United States ({HOSTS['us']})"), ("eu", f"Europe ({HOSTS['eu']})")),
        help="Where your Orderful account lives. Data and keys do not move between regions.",
    ),
    Setting(
        name="base_url",
        label="Own address",
        kind="url",
        help="Only to reach Orderful by another address than the region's.",
    ),
    Setting(
        name="stream",
        label="Default stream",
        kind="choice",
        default=_DEFAULT.stream,
        choices=(("test", "Test"), ("live", "Live")),
        help="For agreements made from now on. Each agreement has its own stream, and that one counts.",
    ),
    Setting(
        name="sender_id",
        label="Our live id",
        offers="orderful.live_ids",
        help="The live ISA id of our account in Orderful. The live test lists the ids of your account.",
    ),
    Setting(
        name="test_sender_id",
        label="Our test id",
        offers="orderful.test_ids",
        help="The test ISA id of our account. Orderful normally wants test ids on the test stream.",
    ),
    Setting(
        name="final_at",
        label="Done when",
        kind="choice",
        default=_DEFAULT.final_at,
        choices=(("valid", "Orderful has validated it"), ("delivered", "Orderful has delivered it to the partner")),
        help="A document waits for earlier ones of the same order. With 'validated', a partner whose connection is "
        "down holds nothing up: "
        "Orderful keeps trying, and its delivery status goes on being shown. With 'delivered', the next version waits "
        "until the partner has it.",
    ),
    Setting(
        name="unit_words",
        label="Further units",
        kind="json",
        default={},
        help='Orderful\'s words for units that its published list (2.15.0) lacks, by X12 code, as {"KG": "kilogram"}. '
        "Not confirmed publicly: ask Orderful which words your account takes.",
    ),
    Setting(
        name="inbox_id",
        label="Inbox",
        help="Number of the inbox (v4) in Orderful's Communication Channels, from which partners' documents are read. "
        "Empty: none.",
    ),
    Setting(
        name="bucket_id",
        label="Polling bucket",
        help="Number of the polling bucket (v3), for channels that deliver there. Both may be filled in.",
    ),
    Setting(
        name="inbox_stream",
        label="Streams that are received",
        kind="choice",
        choices=(("", "The default stream"), ("test", "Test"), ("live", "Live"), ("both", "Both")),
        help="A document of another stream is stored, put aside and shown, and has no effect: Orderful can deliver "
        "test documents into a live inbox.",
    ),
    Setting(
        name="status_days",
        label="Follow sent documents for (days)",
        kind="integer",
        default=_DEFAULT.status_days,
        help="How long delivery and acknowledgment of a sent document are asked for.",
    ),
    Setting(
        name="poll_seconds", label="Ask for the verdict every (seconds)", kind="integer", default=_DEFAULT.poll_seconds
    ),
    Setting(
        name="verdict_hours",
        label="Wait for the verdict (hours)",
        kind="integer",
        default=_DEFAULT.verdict_hours,
        help="Orderful advises to follow a delivery for up to 24 hours.",
    ),
    Setting(
        name="visibility_seconds",
        label="New transactions are listed within (seconds)",
        kind="integer",
        default=_DEFAULT.visibility_seconds,
        help="How long the list may miss a transaction that was just made. Not confirmed publicly.",
    ),
    Setting(
        name="clock_slack_seconds",
        label="Clock difference allowed (seconds)",
        kind="integer",
        default=_DEFAULT.clock_slack_seconds,
        help="A transaction made this long before our call may still be ours, by the difference of two clocks.",
    ),
    Setting(
        name="list_pages",
        label="Pages read when looking for a transaction",
        kind="integer",
        default=_DEFAULT.list_pages,
        help="100 transactions a page, newest first; only used where the filter finds nothing.",
    ),
    Setting(
        name="api_version",
        label="API version",
        default=_DEFAULT.api_version,
        help="Value of the header orderful-api-version on paths without a version. Documents are written as Mosaic "
        "(v4).",
    ),
    Setting(
        name="change_answer_type",
        label="Name of the 865",
        default=_DEFAULT.change_answer_type,
        help="What Orderful calls the answer to an order change, which only v3 has. Not confirmed publicly: it stands "
        "in Orderful, under Relationships.",
    ),
    Setting(
        name="late_hours",
        label="A delivery is late after (hours)",
        kind="integer",
        default=_DEFAULT.late_hours,
        help="What Orderful has found valid and has not delivered to the partner after so long is an issue. Orderful "
        "advises to look for 24 hours.",
    ),
    Setting(
        name="unprocessed_minutes",
        label="A transaction must show within (minutes)",
        kind="integer",
        default=_DEFAULT.unprocessed_minutes,
        help="Orderful may take a document through v3 and then make no transaction of it: it stands in Orderful's list "
        "of unprocessed transactions. After this time the delivery fails and says so.",
    ),
    Setting(name="deadline_seconds", label="Longest call (seconds)", kind="integer", default=_DEFAULT.deadline_seconds),
)
