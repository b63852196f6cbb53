"""Reading of request fields: each function notes what is wrong and answers a value that can be stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from .errors import BLANK, NULL, REQUIRED, UNKNOWN, Errors

_AMOUNT: Final = re.compile(r"-?\d{1,15}(\.\d{1,4})?\Z")
Lookup = Callable[[str, str], Any]
"""(airbase_id, erp_reference_id) to whatever is meant by it, None when unknown."""


def text(values: Mapping[str, Any], name: str, errors: Errors, *, blank: bool = False, size: int = 255) -> str:
    """A text."""
    given = values[name]
    if given is None:
        errors.setdefault(name, []).append(NULL)
    elif not isinstance(given, str):
        errors.setdefault(name, []).append("Not a valid string.")
    elif not given.strip() and not blank:
        errors.setdefault(name, []).append(BLANK)
    elif len(given) > size:
        errors.setdefault(name, []).append(f"Ensure this field has no more than {size} characters.")
    else:
        return given
    return ""


def amount(given: Any, name: str, errors: Errors) -> str:
    """An amount, which is a decimal string: a JSON number is refused, because it was a float on its way."""
    if not isinstance(given, str) or not _AMOUNT.match(given):
        errors.setdefault(name, []).append("A valid decimal string is required.")
        return "0"
    return given


def date_time(given: Any, name: str, errors: Errors) -> str:
    """A date or date-time in ISO form, kept as given."""
    try:
        datetime.fromisoformat(given)
    except (TypeError, ValueError):
        errors.setdefault(name, []).append("Datetime has wrong format. Use YYYY-MM-DDThh:mm:ss.")
        return ""
    return str(given)


def required(values: Mapping[str, Any], names: tuple[str, ...], errors: Errors) -> None:
    """Note every missing name."""
    for name in names:
        if name not in values:
            errors.setdefault(name, []).append(REQUIRED)


def reference(given: Any, name: str, errors: Errors, lookup: Lookup) -> Any:
    """What an object with airbase_id or erp_reference_id points to."""
    if not isinstance(given, dict):
        errors.setdefault(name, []).append("Invalid data. Expected a dictionary.")
        return None
    meant = lookup(str(given.get("airbase_id") or given.get("id") or ""), str(given.get("erp_reference_id") or ""))
    if meant is None:
        errors.setdefault(name, []).append(UNKNOWN)
    return meant


def references(given: Any, name: str, errors: Errors, lookup: Lookup) -> list[Any]:
    """What a list of such objects points to."""
    if not isinstance(given, list):
        errors.setdefault(name, []).append('Expected a list of items but got type "dict".')
        return []
    return [meant for one in given if (meant := reference(one, name, errors, lookup)) is not None]


def amounts_inside(given: Any, name: str, errors: Errors) -> None:
    """Every member called amount, total or price, however deep, is a decimal string."""
    if isinstance(given, list):
        for one in given:
            amounts_inside(one, name, errors)
    elif isinstance(given, dict):
        for member, value in given.items():
            if isinstance(value, dict | list):
                amounts_inside(value, name, errors)
            elif value is not None and re.search(r"amount|total|price", member):
                amount(value, name, errors)


def decimal(given: Any) -> Decimal:
    """A stored amount as a number."""
    return Decimal(str(given or "0"))
