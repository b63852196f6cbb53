"""What Cleo's refusals mean. An error body is `{"message": …}`; more is not known publicly."""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from integrations.http.errors import Answer, ConfigError, Conflict, Fault, Rejected

ABOUT_FILE = re.compile(
    r"file (name|type|extension)|(name|extension|type) .*not allowed|allowed file types?", re.IGNORECASE
)
LOGIN_PATH = "/api/authentication"

PORTAL_REMEDY = "In Cleo, enable 'Cleo Portal' for the mailbox and give it the upload permission."


class FileRefused(Rejected):
    """Cleo does not take a file of this name or content type."""


def fault(answer: Answer, now: dt.datetime) -> Fault | None:
    """The error table: what an answer other than 2xx means. None: the usual meaning of its status."""
    if answer.status >= 500 or answer.status in (408, 429):
        return None
    said = message_of(answer) or "no explanation"
    technical = f"{answer.method} {answer.url} → {answer.status}: {said}"
    if _path(answer.url).endswith(LOGIN_PATH):
        return _login_refused(answer.status, said, technical)
    if answer.effect and (answer.status in (413, 415, 422) or ABOUT_FILE.search(said)) and answer.status != 409:
        return FileRefused(
            f"Cleo did not take the file: {said}",
            remedy="Compare file name and content type in the connection's settings with the mailbox's 'Allowed File "
            "Types'.",
            technical=technical,
            status=answer.status,
        )
    if answer.status == 409:
        # Of a name that is taken: Cleo knows no versions, so nobody has changed a record under us.
        return Conflict(
            f"Cleo refused it, because it does not go with what is there: {said}",
            remedy="Look in Cleo for what has the same name.",
            technical=technical,
            status=409,
        )
    if answer.status == 403:
        return ConfigError(
            f"Cleo does not permit this to the mailbox: {said}", remedy=PORTAL_REMEDY, technical=technical, status=403
        )
    if answer.status in (400, 405):
        return Rejected(
            f"Cleo refused it: {said}",
            remedy="If it is refused every time, the address in the connection's settings may be another at your "
            "tenant.",
            technical=technical,
            status=answer.status,
        )
    return None


def _login_refused(status: int, said: str, technical: str) -> Fault | None:
    """A refused login. Which status stands for which reason is not known publicly, so the text decides what to do."""
    if status == 404:
        return ConfigError(
            "There is no Cleo at this address.",
            remedy="The address is https://YOURTENANT.cleointegration.com, without /api.",
            technical=technical,
            status=404,
        )
    low = said.lower()
    if "lock" in low:
        remedy = "Wait until Cleo unlocks the account, correct the password, then test the connection."
    elif "expired" in low:
        remedy = "Set a new password in Cleo and fill it in here."
    elif "portal" in low or "permission" in low:
        remedy = PORTAL_REMEDY
    else:
        remedy = "Check user name and password. They are not tried again by themselves: Cleo locks accounts."
    return ConfigError(f"Cleo did not let us sign in: {said}", remedy=remedy, technical=technical, status=status)


def message_of(answer: Answer) -> str:
    """The text of an error body, or what can be shown of a page."""
    try:
        said = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answer.text
    message = said.get("message") if isinstance(said, dict) else None
    return " ".join(str(message).split())[:500] if message else answer.text


def _path(url: str) -> str:
    return url.partition("?")[0].rstrip("/")
