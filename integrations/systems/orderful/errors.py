"""What Orderful's refusals mean, and how they read.

Orderful declares almost no error answers. The texts matched here are those that public clients have seen; a text that
is not matched falls back to the meaning of its status.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from integrations.http.errors import Answer, ConfigError, Fault, Rejected
from integrations.systems.orderful import wire
from integrations.systems.orderful.kinds import noun

VALUE_SHOWN, REASON_SHOWN = 80, 240
"""Characters of a value, and of one reason, that a sentence repeats: some reasons list every word of a table."""


class RelationshipRefused(Rejected):
    """Orderful knows no relationship for this sender, receiver and type, or it is not far enough for the stream."""


def fault(answer: Answer, now: dt.datetime) -> Fault | None:
    """The error table: what an answer other than 2xx means. None: the usual meaning of its status."""
    if answer.status >= 500 or answer.status in (408, 429):
        return None
    text = message_of(answer.body) or answer.text
    technical = f"{answer.method} {answer.url} → {answer.status}: {text}"
    if answer.status in (401, 403) and (answer.status == 401 or "application with key" in text.lower()):
        # The text repeats the key that was sent, so it is not shown. Status 401 whatever it was: refused credentials
        # stop all calls.
        return ConfigError(
            "Orderful does not know the API key.",
            remedy="Copy the key again from Orderful: Settings, API Credentials. A key of the United States does not "
            "work in Europe.",
            technical=f"{answer.method} {answer.url} → {answer.status}",
            status=401,
        )
    if is_about_relationship(text):
        return RelationshipRefused(f"Orderful refused it: {text}", technical=technical, status=answer.status)
    if answer.status == 403:
        return ConfigError(
            f"The API key may not do this in Orderful: {text}",
            remedy="Ask an administrator of your Orderful account to give the key's user the permission.",
            technical=technical,
            status=403,
        )
    if answer.effect and 400 <= answer.status < 500 and answer.status not in (404,):
        return Rejected(f"Orderful refused it: {text}", technical=technical, status=answer.status)
    if answer.status == 400:
        return Rejected(f"Orderful does not accept the question: {text}", technical=technical, status=400)
    return None


def is_about_relationship(text: str) -> bool:
    """Whether a text says that sender and receiver are not (or not yet) set up for the document."""
    low = text.lower()
    return "relationship" in low or bool(
        re.search(r"(sender|receiver|partnership)\b.*(not found|unknown|does ?n[o']t exist)", low)
    )


def message_of(body: bytes) -> str:
    """The reasons of an error body in one line, "" when it is not of a known form.

    Known: `{"type": "argumentError", "message": …, "errors": [{"ref": "limit", "message": "property limit should not
    exist"}]}`.
    """
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    if not isinstance(said, dict):
        return ""
    head = said.get("message") or said.get("detail") or said.get("error") or ""
    reasons = [_sub_error(e) for e in said.get("errors") or [] if e]
    head = ", ".join(str(h) for h in head) if isinstance(head, list) else str(head)
    if reasons:
        head = f"{head.rstrip('.:')}: {'; '.join(reasons)}" if head else "; ".join(reasons)
    return " ".join(head.split())[:1000]


def _sub_error(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    ref, text = str(error.get("ref") or ""), str(error.get("message") or "")
    return text if not ref or ref in text else f"{ref}: {text}"


# --- Failed validation ---


def validation_refusal(created: wire.Created, posted: wire.Posted, business_number: str) -> Rejected:
    """The refusal of a document that failed validation (202 with status FAILED): every reason, in our words, with the
    value."""
    errors = created.validation_errors or []
    reasons = [reason for error in errors for reason in _reasons(error, posted)]
    said = "; ".join(dict.fromkeys(reasons)) or created.detail or "no reason was given"
    paths = [path for error in errors for path in error.payload_paths or []]
    return Rejected(
        f"Orderful refused {noun(posted.type)} {business_number}: {said}",
        remedy="Correct the named values in the books or in the partner's settings, then replay it.",
        technical=f"Transaction {created.id} failed: {created.detail}; "
        + "; ".join(f"{e.payload_paths} {e.error_message} ({e.output_path})" for e in errors),
        status=202,
        field=paths[0] if paths else "",
    )


def _reasons(error: wire.ValidationError, posted: wire.Posted) -> list[str]:
    text = _cut(error.error_message.strip().rstrip(".") or "not valid", REASON_SHOWN)
    if not error.payload_paths:
        return [f"{text} (in {error.output_path})" if error.output_path else text]
    root = {"message": posted.message, "senderId": posted.sender_id, "receiverId": posted.receiver_id}
    return [f"{place(path, root)}: {text}{_sent(path, root)}" for path in error.payload_paths]


def place(path: str, root: dict[str, Any]) -> str:
    """A payload path in our words: `message.lineItems[0].productIds` is "line 10, product ids" when line 10 stands
    first."""
    words: list[str] = []
    walked: list[str | int] = []
    for step in _steps(path):
        walked.append(step)
        if isinstance(step, int):
            words[-1:] = [_numbered(words[-1] if words else "", step, _value(walked, root))]
        elif step != "message" or len(walked) > 1:
            words.append(_spaced(step))
    return ", ".join(words) or "the document"


def _numbered(name: str, index: int, value: Any) -> str:
    if name != "line items":
        return f"{name.removesuffix('s')} {index + 1}" if name else str(index + 1)
    own = value.get("purchaseOrderLineId") if isinstance(value, dict) else None
    return f"line {own or index + 1}"


def _sent(path: str, root: dict[str, Any]) -> str:
    value = _value(_steps(path), root)
    if value is None or isinstance(value, dict | list):
        return ""
    return f" (sent: '{_cut(str(value), VALUE_SHOWN)}')"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _steps(path: str) -> list[str | int]:
    """`message.lineItems[0].productIds` and `/message/lineItems/0/productIds` as their steps."""
    found = re.findall(r"[^.\[\]/]+", path)
    return [int(step) if step.isdecimal() else step for step in found]


def _value(steps: Sequence[str | int], root: Any) -> Any:
    for step in steps:
        if isinstance(step, int):
            root = root[step] if isinstance(root, list) and step < len(root) else None
        else:
            root = root.get(step) if isinstance(root, dict) else None
    return root


def _spaced(name: str) -> str:
    """`unitCostPrice` as "unit cost price"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
