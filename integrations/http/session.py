"""A session to one connection. Nothing of the project calls another system but through it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
import urllib3
from django.utils import timezone

from integrations.http import breaker, budget
from integrations.http.breaker import Admission
from integrations.http.egress import check_address
from integrations.http.errors import (
    Answer,
    ConfigError,
    Fault,
    NotFound,
    Paused,
    RateLimited,
    Rejected,
    Transient,
    Unauthorized,
    Unknown,
    date_of,
    default_fault,
    retry_after,
)
from integrations.http.network import network_fault, prepare, read_body
from integrations.http.pinned import PinnedAdapter
from integrations.http.profile import Auth as Auth
from integrations.http.profile import BearerToken as BearerToken
from integrations.http.profile import KeyHeader as KeyHeader
from integrations.http.profile import Profile as Profile
from integrations.http.profile import Response as Response
from integrations.http.profile import Signs as Signs
from integrations.http.recorder import Recorded
from integrations.models import Connection
from portal.common import durations
from portal.common.clock import db_now
from portal.common.decoding import decoder

IDLE_SECONDS = 5.0
"""An effect never goes out over a connection that was idle longer: the far end may be closing it right then."""
REDIRECTS = (302, 303, 307)


class Session:
    """Calls one connection. For one thread; `exchanges` collects what was said until `take_exchanges`."""

    def __init__(self, connection: Connection, profile: Profile) -> None:
        self.connection, self.profile = connection, profile
        self.secrets: set[str] = {str(v) for v in (connection.secrets or {}).values() if v}
        self.calls = 0
        self.for_people = False
        """Set by live tests, compares and read-backs: they may use the share of the allowance that is kept for
        people."""
        self.in_background = False
        """Set while a period is read again: it takes no more than a part of the allowance."""
        self.searches = False
        """Set when a read has failed again and again: a source may ask for the parts of a page that it does not get."""
        self.is_searching = False
        """Set by a source while it does so: that a part fails is expected, and says nothing of the connection."""
        self.only_looks = False
        """Set while a person is offered what can be chosen: a call that is not permitted to us there, or fails, says
        nothing of what the connection is for."""
        self.effects_until: float | None = None
        """On the monotonic clock: no effect is begun that could last longer. Whoever holds a lease sets it."""
        self.last_date: dt.datetime | None = None
        self._exchanges: list[Recorded] = []
        self._http = self._new_http()
        self._used_at = 0.0
        self._budget = budget.budget_of(
            connection,
            profile.budget_identity,
            allowance=profile.allowance,
            window=profile.window,
            learns=profile.rate is not None,
        )

    # --- calling

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        storage: Collection[str] = (),
    ) -> Response:
        """Reads. `storage` names hosts (and what is below them) to one of which the system may send us on for the
        answer: that one redirect is followed, without our credentials and headers."""
        return self.request("GET", path, params=params, headers=headers, storage=storage)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        json: Any = None,
        content_type: str = "application/json",
        effect: bool | None = None,
        storage: Collection[str] = (),
    ) -> Response:
        """Makes one call and returns its 2xx answer, or raises the Fault that says what to do next.

        `path` is relative to the base URL, or an absolute URL of the same host (a link that the system gave).
        `json` is encoded; `body` goes as it is. `effect` says whether the call may change something there; by
        default all but GET and HEAD.
        """
        admitted = breaker.admit(self.connection)
        effect = method not in ("GET", "HEAD") if effect is None else effect
        own_headers = {"Accept": "application/json", **self.profile.headers}
        if admitted.must_probe and effect and self.profile.probe:
            with suppress(NotFound):  # it answers: there may be nothing to find, which some lists say by a 404
                self._attempt("GET", self._url(self.profile.probe), None, own_headers, None, admitted, effect=False)
            admitted = breaker.after_probe(self.connection)
        payload = msgspec.json.encode(json) if json is not None else body
        all_headers = {**own_headers, **(headers or {})}
        if payload is not None:
            all_headers.setdefault("Content-Type", content_type)
        url = self._url(path)
        return self._attempt(method, url, params, all_headers, payload, admitted, effect=effect, storage=storage)

    @contextmanager
    def beside(self, profile: Profile) -> Iterator[Session]:
        """A session to another host of the same system, with credentials of its own. What is said there counts as said
        here, and the same lease rules it."""
        other = Session(self.connection, profile)
        other.for_people, other.in_background, other.effects_until = (
            self.for_people,
            self.in_background,
            self.effects_until,
        )
        try:
            yield other
        finally:
            self._exchanges += other.take_exchanges()
            self.calls += other.calls
            other.close()

    def login(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A token request: form encoded or JSON, no token of ours, no breaker of its own; recorded with its secrets
        masked.

        `url` may be of any host: it comes from the connection's settings or their defaults, never from an answer.
        Raises ConfigError for refused credentials (400, 401, 403), which opens the breaker: nobody hammers a login.
        """
        from urllib.parse import urlencode

        body = msgspec.json.encode(json) if json is not None else urlencode(form or {}).encode()
        kind = "application/json" if json is not None else "application/x-www-form-urlencoded"
        all_headers = {"Accept": "application/json", "Content-Type": kind, **(headers or {})}
        try:
            address = url if url.startswith(("http://", "https://")) else self._url(url)
            answer, response = self._send("POST", address, None, all_headers, body, effect=False, login=True)
            if 200 <= answer.status < 300:
                return response
            now = db_now()
            fault = self.profile.fault(answer, now) or default_fault(answer, system=self.profile.label, now=now)
            if answer.status in (400, 401, 403) and not isinstance(fault, RateLimited):
                raise ConfigError(fault.sentence, remedy=fault.remedy, technical=fault.technical, status=answer.status)
            raise fault
        except Fault as fault:
            fault.forget(self.secrets)
            if isinstance(fault, ConfigError):
                breaker.refused(self.connection, fault.sentence)  # whatever its status: a 403 is no better than a 401
            else:
                self._note(fault, None, effect=False)
            raise

    def decode(self, response: Response, kind: Any, *, effect: bool = False) -> Any:
        """The body as `kind` (a msgspec type). A body that cannot be read leaves an effect in doubt and makes a
        read fail for now."""
        try:
            return decoder(kind).decode(response.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            sentence = f"{self.profile.label} answered {response.status} with a body that cannot be read."
            technical = f"{response.url}: {error}"
            fault = Unknown(sentence, technical=technical) if effect else Transient(sentence, technical=technical)
            raise fault from error

    def take_exchanges(self) -> list[Recorded]:
        """What was said since the last call of this, oldest first."""
        taken, self._exchanges = self._exchanges, []
        return taken

    def slim_exchanges(self) -> None:
        """Forgets the bodies of plain reads that went well: nobody keeps them, and a long read must not fill the
        memory."""
        for exchange in self._exchanges:
            exchange.slim()

    @property
    def budget_id(self) -> int:
        """The row that counts this session's calls."""
        return self._budget.pk

    def close(self) -> None:
        self._http.close()

    # --- inside

    def _attempt(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        body: bytes | None,
        admitted: Admission,
        *,
        effect: bool,
        storage: Collection[str] = (),
    ) -> Response:
        refused: int | None = None
        while True:
            # Outside of the try: a login that fails has told the breaker itself, and once is enough.
            auth_headers, generation = self.profile.auth.headers(self, refused)
            try:
                if effect:
                    self._check_time()
                budget.take(self._budget, for_people=self.for_people, in_background=self.in_background)
                answer, response = self._send(
                    method, url, params, {**headers, **auth_headers}, body, effect=effect, signed=True
                )
                self._learn(answer)
                if storage and not effect and answer.status in REDIRECTS:
                    response = self._from_storage(answer, storage)
                    breaker.succeeded(self.connection, admitted)
                    return response
                if 200 <= answer.status < 300:
                    breaker.succeeded(self.connection, admitted, effect=effect)
                    return response
                now = db_now()  # until when it stops is for all hosts, and their clocks differ
                fault = self.profile.fault(answer, now) or default_fault(answer, system=self.profile.label, now=now)
                if isinstance(fault, Unauthorized) and generation is not None and refused is None:
                    refused = generation  # once: the token may have ended early or been revoked
                    continue
                raise fault
            except Fault as fault:
                fault.forget(self.secrets)
                if isinstance(fault, RateLimited):
                    fault.connection_id = self.connection.pk
                self._note(fault, admitted, effect=effect)
                raise

    def _from_storage(self, answer: Answer, storage: Collection[str]) -> Response:
        """The answer that lies where the system sent us. Its address is its own credential: ours stay here."""
        url = urljoin(answer.url, answer.headers.get("Location", ""))
        parts, own = urlsplit(url), urlsplit(self.profile.base_url)
        host = (parts.hostname or "").lower()
        known = any(host == name or host.endswith(f".{name}") for name in storage) or host == own.hostname
        if not known or (own.scheme == "https" and parts.scheme != "https"):
            raise ConfigError(
                f"{self.profile.label} sent us to {parts.scheme}://{host}, which is none of its known stores.",
                remedy="If the host is right, add it to the connection's settings.",
                technical=f"{answer.method} {answer.url} → {answer.status}",
            )
        found, response = self._send("GET", url, None, {"Accept": "*/*"}, None, effect=False)
        if 200 <= found.status < 300:
            return response
        raise Transient(
            f"{self.profile.label} sent us to its store, which did not give the answer ({found.status}).",
            technical=f"GET {host} → {found.status}: {found.text}",
        )

    def _check_time(self) -> None:
        """Raises Paused when an effect that is begun now could outlast the lease under which it is made."""
        if self.effects_until is not None and time.monotonic() + self.profile.deadline > self.effects_until:
            raise Paused(f"{self.profile.label} was too slow to begin with it in time.", retry_at=db_now())

    def _note(self, fault: Fault, admitted: Admission | None, *, effect: bool) -> None:
        """Tells breaker and budget of a fault. `admitted` is None for a login: that it is answered proves nothing of
        the rest."""
        if self.only_looks and isinstance(fault, Unauthorized | ConfigError | Transient | Unknown):
            return
        match fault:
            case Unauthorized():
                breaker.refused(self.connection, fault.sentence)
            case ConfigError() if fault.status in (400, 401):
                breaker.refused(self.connection, fault.sentence)
            case RateLimited() if fault.status is not None:
                budget.block(self._budget, fault.retry_at)
            case Unknown():
                breaker.failed(self.connection, fault.sentence, open_now=effect)
            case Transient() if self.is_searching and not effect:
                return
            case Transient():
                breaker.failed(self.connection, fault.sentence, open_now=False)
            case Paused() | RateLimited():
                return
            case Rejected() | Fault() if admitted is not None:
                breaker.succeeded(self.connection, admitted, effect=effect)  # it answered sensibly

    def _learn(self, answer: Answer) -> None:
        if self.profile.rate is None:
            return
        now = date_of(answer.headers) or timezone.now()  # whoever answered counts by its own clock
        reading = self.profile.rate(answer.headers, now)
        if reading is None:
            return
        if answer.status == 429 and reading.resets_in is None and (until := retry_after(answer.headers, now)):
            reading = replace(reading, resets_in=until - now)
        budget.learn(self._budget, reading)

    def _url(self, path: str) -> str:
        base = self.profile.base_url
        if not path.startswith("//") and "://" not in path.partition("?")[0]:
            return base.rstrip("/") + "/" + path.lstrip("/")
        full = urljoin(base, path)
        wanted, own = urlsplit(full), urlsplit(base)
        if (wanted.scheme, wanted.netloc) != (own.scheme, own.netloc):
            raise ConfigError(
                f"{self.profile.label} sent us to another host ({wanted.netloc}); ours stay with {own.netloc}.",
                remedy="Check the address in the connection's settings.",
            )
        return full

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        effect: bool,
        login: bool = False,
        signed: bool = False,
    ) -> tuple[Answer, Response]:
        addresses = check_address(url)
        if effect and time.monotonic() - self._used_at > IDLE_SECONDS:
            self._http.close()
            self._http = self._new_http()
        request = requests.Request(method, url, params=dict(params or {}), headers=dict(headers), data=body)
        prepared = prepare(self._http, request, self.profile.label)
        self._adapter.pin(urlsplit(url).hostname or "", addresses)
        if signed and isinstance(self.profile.auth, Signs):
            self.profile.auth.sign(prepared)
        recorded = Recorded.begin(
            method=method,
            url=prepared.url or url,
            headers=dict(prepared.headers),
            body=body or b"",
            started_at=timezone.now(),
            effect=effect,
            login=login,
            secrets=self.secrets,
        )
        self._exchanges.append(recorded)
        self.calls += 1
        start = time.monotonic()
        try:
            status, answer_headers, content = self._exchange(prepared, start)
        except Fault as fault:
            raise self._failed(recorded, fault, start, effect=effect) from fault
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # The text of the error holds the address with its query, as far as it has one: a traceback must not.
            raise self._failed(
                recorded, network_fault(error, self.profile.label, effect=effect), start, effect=effect
            ) from None
        finally:
            self._used_at = time.monotonic()
            durations.observe("call", self.connection.system, self._used_at - start)
        recorded.answered(
            status=status, headers=answer_headers, body=content, milliseconds=int((time.monotonic() - start) * 1000)
        )
        response = Response(status, requests.structures.CaseInsensitiveDict(answer_headers), content, recorded.url)
        self.last_date = response.date or self.last_date
        return Answer(method, recorded.url, status, response.headers, content, effect), response

    def _exchange(self, prepared: requests.PreparedRequest, start: float) -> tuple[int, dict[str, str], bytes]:
        deadline = start + self.profile.deadline
        timeout = (self.profile.connect_timeout, self.profile.deadline)
        with self._http.send(prepared, timeout=timeout, stream=True, allow_redirects=False) as answer:
            content = read_body(answer, self.profile.label, deadline)
            return answer.status_code, dict(answer.headers), content

    def _failed(self, recorded: Recorded, fault: Fault, start: float, *, effect: bool) -> Fault:
        fault.forget(self.secrets)
        recorded.problem = fault.technical or fault.sentence
        recorded.milliseconds = int((time.monotonic() - start) * 1000)
        if effect and isinstance(fault, Transient) and recorded.status is None and "MB" in fault.sentence:
            return Unknown(fault.sentence, technical=fault.technical)
        return fault

    def _new_http(self) -> requests.Session:
        http = requests.Session()
        http.trust_env = False  # no proxy or .netrc of the machine decides where credentials go
        self._adapter = PinnedAdapter(max_retries=urllib3.Retry(0, read=False), pool_connections=2, pool_maxsize=2)
        http.mount("https://", self._adapter)
        http.mount("http://", self._adapter)
        http.headers.update({"User-Agent": "ml-connector"})
        return http
