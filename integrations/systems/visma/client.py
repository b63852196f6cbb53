"""Calls to Visma.net ERP: a page of a list, one record, a change of a record."""

from __future__ import annotations

import datetime as dt
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

import msgspec

from integrations.http.budget import RateReading
from integrations.http.errors import NotFound, Transient, Unknown
from integrations.http.session import Response, Session
from integrations.systems.visma.errors import LABEL, rate_reading
from integrations.systems.visma.session import CHEAP_READ
from integrations.systems.visma.settings import Options
from integrations.systems.visma.wire import ActionAnswer, Head, Wire

_ENCODER = msgspec.json.Encoder(decimal_format="number")
"""Visma takes numbers as numbers; a Decimal keeps its digits in them."""
RESERVED = frozenset(":/?#[]@!$&'()*+,;=% \\\"<>|^`{}")
"""Characters that a key may hold and a path segment may not, as it stands or percent-encoded."""


W = TypeVar("W", bound=Wire)


@dataclass(frozen=True, slots=True)
class ETag:
    """The version of a record: base64 of eight bytes, without quotes. `put` takes nothing else for If-Match."""

    value: str

    def __post_init__(self) -> None:
        if not self.value or '"' in self.value:
            raise ValueError(f"{self.value!r} is no version of a record")

    @property
    def header(self) -> str:
        """As If-Match takes it: quoted."""
        return f'"{self.value}"'

    @classmethod
    def of(cls, response: Response) -> ETag | None:
        """The version that an answer states in its ETag header, or None."""
        text = response.headers.get("ETag", "").strip().removeprefix("W/").strip('"')
        return cls(text) if text and '"' not in text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list."""

    elements: tuple[bytes, ...]
    """Each record's own bytes, untouched."""
    total: int | None
    """How many records the list holds; None when the page does not say (empty lists never do)."""
    date: dt.datetime | None
    """The server's clock as it answered."""


class VismaClient:
    """Calls over one session. Every method raises Fault."""

    def __init__(self, session: Session, options: Options) -> None:
        self._session, self.options = session, options
        self.last_rate: RateReading | None = None
        """What the last answer said of the allowance."""

    def page(
        self,
        path: str,
        number: int,
        *,
        changed_since: str = "",
        size: int | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> ListPage:
        """Page `number` (from 1) of the list at `path`. `filters` are further query parameters; Visma ignores those
        that it does not know, so whoever filters looks at what came.

        `changed_since`, in the form of `stamps.lower_bound`, leaves out what changed earlier. Visma cuts `size` down
        to what it allows, without a word. A list that is not there, or a body that is no list, is Transient: nothing
        may be taken for an empty list but an empty list.
        """
        params: dict[str, Any] = {**(filters or {}), "pageNumber": number, "pageSize": size or self.options.page_size}
        if changed_since:
            params |= {"lastModifiedDateTime": changed_since, "lastModifiedDateTimeCondition": ">="}
        try:
            answer = self.get(path, params=params)
        except NotFound as missing:
            raise Transient(
                f"{LABEL} has no list {path} at {self.options.base_url}. If it stays so, check the base URL in the "
                "connection's settings.",
                technical=missing.technical,
                status=missing.status,
            ) from missing
        if answer.status == 204:
            return ListPage(elements=(), total=None, date=answer.date)
        elements = tuple(bytes(raw) for raw in self._session.decode(answer, list[msgspec.Raw]))
        return ListPage(elements=elements, total=_total(elements), date=answer.date)

    @property
    def may_search(self) -> bool:
        """Whether a page that does not come may be asked for in parts."""
        return self._session.searches

    @contextmanager
    def searching(self) -> Iterator[None]:
        """While the parts of a page are asked for. Begins with a call that must succeed: an outage is no bad page."""
        self.get(CHEAP_READ)
        self._session.is_searching = True
        try:
            yield
        finally:
            self._session.is_searching = False

    def get(self, path: str, *, params: dict[str, Any] | None = None) -> Response:
        """A read."""
        answer = self._session.get(path, params=params)
        self._heard(answer)
        return answer

    def file(self, file_id: str) -> bytes:
        """The latest revision of an attachment."""
        answer = self._session.get(f"v1/attachment/{segment(file_id)}", headers={"Accept": "*/*"})
        self._heard(answer)
        if answer.status != 200:
            raise Transient(f"{LABEL} has not got the file {file_id} ready yet ({answer.status}).")
        return answer.body

    def decode(self, answer: Response, kind: Any) -> Any:
        """The body of a read as `kind`. Raises Transient when it is not that."""
        return self._session.decode(answer, kind)

    def decode_element(self, raw: bytes, kind: type[W]) -> W:
        """One record of a list as `kind`. Raises Transient when it is not that."""
        try:
            return msgspec.json.decode(raw, type=kind, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Transient(f"{LABEL} sent a record that cannot be read: {error}") from error

    def get_with_etag(self, path: str) -> tuple[Response, ETag]:
        """One record with its version, which a change of it needs."""
        answer = self.get(path)
        etag = ETag.of(answer) or _version_in(answer.body)
        if etag is None:
            raise Transient(f"{LABEL} gave {path} without its version (ETag), so that it cannot be changed safely.")
        return answer, etag

    def put(self, path: str, body: Any, etag: ETag) -> ETag | None:
        """Changes the record at `path` if it still has the version `etag`; raises Conflict otherwise.

        Returns the new version, None when Visma does not state it.
        """
        answer = self._session.request("PUT", path, body=_ENCODER.encode(body), headers={"If-Match": etag.header})
        self._heard(answer)
        return ETag.of(answer)

    def create(self, path: str, body: Any) -> str:
        """Makes a record and returns its number: Visma says it in Location alone. Raises Unknown when it does not."""
        answer = self._session.request("POST", path, body=_ENCODER.encode(body))
        self._heard(answer)
        number = unquote(urlsplit(answer.headers.get("Location", "")).path.rstrip("/").rpartition("/")[2])
        if not number:
            raise Unknown(f"{LABEL} made a record at {path} and did not say its number.", status=answer.status)
        return number

    def subscribe(self, path: str, body: Any) -> str:
        """Makes a subscription for webhooks and returns its id, "" when Visma does not state it. Raises Conflict when
        there is one."""
        answer = self._session.request("POST", path, body=_ENCODER.encode(body))
        self._heard(answer)
        said = self._session.decode(answer, dict[str, Any], effect=True) if answer.body.strip() else {}
        return str(said.get("id") or "")

    def act(self, path: str, body: Any, *, version: ETag | None = None) -> ActionAnswer:
        """Runs an action. Status 200 says nothing: what became of it stands in the answer. Raises Conflict when the
        record no longer has the `version`."""
        headers = {"If-Match": version.header} if version is not None else {}
        answer = self._session.request("POST", path, body=_ENCODER.encode(body), headers=headers)
        self._heard(answer)
        if answer.status == 202 or not answer.body.strip():
            return ActionAnswer(action_result="Queued")
        found: ActionAnswer = self._session.decode(answer, ActionAnswer, effect=True)
        return found

    def server_time(self) -> dt.datetime | None:
        """The server's clock by its last answer, otherwise by a cheap call. None when its answers carry no Date."""
        return self._session.last_date or self.get(CHEAP_READ).date

    def _heard(self, answer: Response) -> None:
        self.last_rate = rate_reading(answer.headers, dt.datetime.now(dt.UTC)) or self.last_rate


def segment(key: str) -> str:
    """A key as a path segment: percent-encoded, or b64(…) as Visma takes keys with reserved characters."""
    if RESERVED.isdisjoint(key) and key not in (".", ".."):
        return quote(key, safe="")
    return f"b64({urlsafe_b64encode(key.encode()).decode().rstrip('=')})"


def _total(elements: tuple[bytes, ...]) -> int | None:
    """totalCount by the first element that states it. 0 with elements on the page says nothing: lists that ignore
    pages do that.
    """
    for raw in elements:
        try:
            metadata = msgspec.json.decode(raw, type=Head, strict=False).metadata
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # the element itself is reported by who reads it
        if metadata is not None and metadata.total_count:
            return metadata.total_count
    return None


def _version_in(body: bytes) -> ETag | None:
    try:
        text = msgspec.json.decode(body, type=Head, strict=False).time_stamp
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return ETag(text) if text else None
