"""What Adobe Commerce's refusals mean.

A refusal is `{"message": "text with %1 or %name", "parameters": [..] or {..}, "errors": [..]}`; a crash is
`{"messages": {"error": [{"code", "message"}]}}`; what stands before the shop (cache, firewall, maintenance) answers in
HTML. https://developer.adobe.com/commerce/webapi/get-started/gs-web-api-response/
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from integrations.http.errors import Answer, ConfigError, Fault, Rejected, Transient, Unauthorized, Unknown, retry_after
from integrations.systems.adobe.settings import Options

LABEL = "Adobe Commerce"
_PERMISSION = re.compile(r"isn.t authorized to access|not authorized to access", re.IGNORECASE)
_SECOND_FACTOR = re.compile(r"2fa|two-factor", re.IGNORECASE)
_PAGE_TOO_LARGE = re.compile(r"Maximum SearchCriteria pageSize is (\d+)", re.IGNORECASE)
_CREDENTIALS = re.compile(r"token length is invalid|signature method .* is not supported|\boauth_\w+\b", re.IGNORECASE)
"""What a shop says with 400 of how a call is signed: of our credentials, then, and of no record."""
_INTERNAL = re.compile(r"^Internal Error\. Details are available in Magento log file", re.IGNORECASE)
_NO_ROUTE = re.compile(r"does not match any route", re.IGNORECASE)
_PLACE = re.compile(r"%(\d{1,2}|[A-Za-z_]\w*)")


class PageTooLarge(Rejected):
    """The shop limits pages. `most` is how many rows one may have."""

    most: int


class Refusal(msgspec.Struct, frozen=True):
    """The body of a refusal, in both shapes."""

    message: str | None = None
    parameters: Any = None
    errors: tuple[Refusal, ...] | None = None
    messages: Any = None


def table_of(options: Options) -> Callable[[Answer, dt.datetime], Fault | None]:
    """The error table of a connection: what an answer other than 2xx means depends on how it logs in."""
    renewable = options.auth != "oauth1"

    def fault(answer: Answer, now: dt.datetime) -> Fault | None:
        said = sentence_of(answer.body)
        technical = f"{answer.method} {answer.url} → {answer.status}: {said or answer.text or 'no explanation'}"
        if answer.status == 401:
            return _unauthorized(said, technical, renewable=renewable)
        if not said and answer.body.lstrip()[:1] == b"<":
            return _html(answer, now, technical)
        if answer.status in (400, 404, 405):
            return _refused(answer, said, technical)
        if answer.status == 500 and not answer.effect:
            return Transient(f"{LABEL} failed (500): {said}", technical=technical, status=500)
        return None

    return fault


def _unauthorized(said: str, technical: str, *, renewable: bool) -> Fault:
    """Missing, expired and too small rights look alike: only a token that can be had anew tells them apart, by still
    being refused."""
    if _SECOND_FACTOR.search(said):
        return _second_factor(said, technical)
    if _PERMISSION.search(said) and not renewable:
        return ConfigError(
            f"{LABEL} does not permit this to our integration: {said}",
            remedy="Admin › System › Extensions › Integrations: allow the integration this resource, save, and "
            "reauthorize it. If it has all of them, it was revoked: activate it again.",
            technical=technical,
            status=401,
        )
    return Unauthorized(f"{LABEL} refused our credentials: {said or 'no reason'}", technical=technical, status=401)


def _second_factor(said: str, technical: str) -> ConfigError:
    return ConfigError(
        f"{LABEL} asks administrators for a second factor: {said}",
        remedy="Use an integration instead of an administrator; or store the seed of Google Authenticator in the "
        "connection's settings.",
        technical=technical,
        status=401,
    )


def _html(answer: Answer, now: dt.datetime, technical: str) -> Fault | None:
    """What stands before the shop answered: it was not reached, but for what came after a time-out of it."""
    if answer.status == 503 or (answer.status in (403, 406) and not answer.effect):
        wait = retry_after(answer.headers, now)
        what = "is in maintenance" if answer.status == 503 else "is kept from us by what stands before it"
        if answer.effect:
            return Unknown(
                f"{LABEL} {what} ({answer.status}); whether it was done is not known.", technical=technical, status=503
            )
        return Transient(
            f"{LABEL} {what} ({answer.status}).",
            technical=technical,
            status=answer.status,
            retry_after=wait - now if wait else None,
        )
    if answer.status in (404, 405):
        # The shop's API says it in JSON. From a page nobody may conclude that a record was deleted.
        return Transient(
            f"{LABEL} was not reached: something else answered with a page ({answer.status}). If it stays so, check "
            "address, store view and path of the API in the connection's settings.",
            technical=technical,
            status=answer.status,
        )
    return None


def _refused(answer: Answer, said: str, technical: str) -> Fault | None:
    status = answer.status
    if most := _PAGE_TOO_LARGE.search(said):
        fault = PageTooLarge(f"{LABEL} gives at most {most.group(1)} rows a page.", technical=technical, status=status)
        fault.most = int(most.group(1))
        return fault
    if _SECOND_FACTOR.search(said):
        return _second_factor(said, technical)
    if status == 400 and _INTERNAL.search(said):
        # Newer shops say 400 for some crashes.
        if answer.effect:
            return Unknown(f"{LABEL} failed and may or may not have done it: {said}", technical=technical, status=400)
        return Transient(f"{LABEL} failed: {said}", technical=technical, status=400)
    if status in (404, 405) and _NO_ROUTE.search(said):
        return ConfigError(
            f"{LABEL} does not know this call: {said}",
            remedy="Check the address and the store view in the connection's settings. What needs a module that the "
            "shop has not is named by the live test.",
            technical=technical,
            status=404,
        )
    if status == 400 and _CREDENTIALS.search(said):
        return Unauthorized(f"{LABEL} refused our credentials: {said}", technical=technical, status=400)
    if status == 400:
        return Rejected(
            f"{LABEL} refused it: {said or 'it says no reason'}",
            remedy="Correct what it names, then replay.",
            technical=technical,
            status=400,
        )
    return None


def sentence_of(body: bytes) -> str:
    """What a refusal says, its parameters filled in; "" for a body that is none."""
    try:
        refusal = msgspec.json.decode(body, type=Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    parts = [filled(refusal.message or "", refusal.parameters)]
    parts += [filled(inner.message or "", inner.parameters) for inner in refusal.errors or ()]
    if isinstance(refusal.messages, Mapping):
        errors = refusal.messages.get("error")
        parts += [str(one.get("message") or "") for one in errors or () if isinstance(one, Mapping)]
    return " ".join(" ".join(part.split()) for part in parts if part)[:600]


def filled(message: str, parameters: Any) -> str:
    """`%1` by place (from 1) and `%name` by name. What has no value stays as it is."""
    if isinstance(parameters, Mapping):
        values = {str(name): str(value) for name, value in parameters.items()}
    elif isinstance(parameters, list):
        values = {str(place): str(value) for place, value in enumerate(parameters, 1)}
    else:
        return message
    return _PLACE.sub(lambda found: values.get(found.group(1), found.group(0)), message)
