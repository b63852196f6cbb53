"""Which values belong to a person or open a bank account: by the name of their field, and by their form in a text."""

from __future__ import annotations

import re

from portal.common.redaction import MASK

PERSONAL = re.compile(
    r"(iban|bban|swift|\bbic\b|bank.*(account|number|code)|account.?number|giro|card.?number|phone|mobile|fax|e-?mail|attention|"
    r"contact.?name|first.?name|last.?name|birth|personal.?(id|number)|social.?security|address.?line|street|postal.?code|zip)",
    re.IGNORECASE,
)
"""Names of fields that hold what belongs to a person or opens a bank account."""
IN_TEXT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[\w.]{1,190}"
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
)
"""Mail addresses and IBANs, in text of no known form. Every repetition is bounded: the text may be anything."""


def masked_field(name: str, value: str) -> str:
    """One value of a comparison, hidden where its field's name says that it is a person's or opens a bank account."""
    personal = name == "address" or PERSONAL.search(name)
    return MASK if value and personal else value


def masked_text(text: str) -> str:
    """A sentence without the mail addresses and IBANs that it may quote."""
    return IN_TEXT.sub(MASK, text)
