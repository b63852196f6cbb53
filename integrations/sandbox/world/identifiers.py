"""Registration, VAT, bank and article numbers with correct check digits, from a random source."""

from __future__ import annotations

import random
from collections.abc import Sequence

IBAN_BANK_DIGITS = {"SE": 20, "NO": 11, "DK": 14, "FI": 14, "DE": 18}
GS1_PREFIX = {"SE": "73", "NO": "70", "DK": "57", "FI": "64", "DE": "40", "US": "06"}


def luhn_digit(digits: str) -> str:
    """Check digit by the Luhn formula (Swedish organisation numbers, bankgiro, OCR, Norwegian KID mod 10)."""
    total = 0
    for position, character in enumerate(reversed(digits)):
        value = int(character) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def gs1_digit(digits: str) -> str:
    """Check digit of GTIN and GLN: weights 3 and 1 from the right."""
    return str(-sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(reversed(digits))) % 10)


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _digits(rng: random.Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def organisation_number(country: str, rng: random.Random) -> str:
    """A company's registration number as people write it: "556677-8899", "912345678", "12345678", "1234567-8"."""
    match country:
        case "SE":
            stem = "55" + str(rng.randrange(6, 10)) + _digits(rng, 6)
            return f"{stem[:6]}-{stem[6:]}{luhn_digit(stem)}"
        case "NO":
            return _modulo_11(rng, lead="9", weights=(3, 2, 7, 6, 5, 4, 3, 2), separator="")
        case "DK":
            return _danish(rng)
        case "FI":
            return _modulo_11(rng, lead=str(rng.randrange(1, 4)), weights=(7, 9, 10, 5, 8, 4, 2), separator="-")
        case "DE":
            return f"HRB {rng.randrange(1000, 99999)}"
        case _:
            return f"{rng.randrange(10, 99)}-{_digits(rng, 7)}"


def _modulo_11(rng: random.Random, *, lead: str, weights: Sequence[int], separator: str) -> str:
    while True:
        stem = lead + _digits(rng, len(weights) - len(lead))
        remainder = -_weighted(stem, weights) % 11
        if remainder != 10:
            return f"{stem}{separator}{remainder}"


def _danish(rng: random.Random) -> str:
    while True:
        stem = str(rng.randrange(1, 10)) + _digits(rng, 6)
        remainder = -_weighted(stem, (2, 7, 6, 5, 4, 3, 2)) % 11
        if remainder != 10:
            return f"{stem}{remainder}"


def vat_number(country: str, organisation: str, rng: random.Random) -> str | None:
    """The VAT registration number; None where the country has none (US)."""
    plain = organisation.replace("-", "")
    match country:
        case "SE":
            return f"SE{plain}01"
        case "NO":
            return f"NO{plain}MVA"
        case "DK" | "FI":
            return f"{country}{plain}"
        case "DE":
            return f"DE{_german(rng)}"
        case _:
            return None


def _german(rng: random.Random) -> str:
    stem = str(rng.randrange(1, 10)) + _digits(rng, 7)
    return stem + iso7064_mod_11_10(stem)


def iso7064_mod_11_10(digits: str) -> str:
    """Check digit of German VAT numbers (ISO 7064, MOD 11,10)."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return str((11 - product) % 10)


def iban(country: str, rng: random.Random) -> str | None:
    """An IBAN with correct check digits (ISO 13616); None for countries without."""
    length = IBAN_BANK_DIGITS.get(country)
    if length is None:
        return None
    account = _digits(rng, length)
    numeric = account + "".join(str(ord(letter) - 55) for letter in country) + "00"
    return f"{country}{98 - int(numeric) % 97:02d}{account}"


def bankgiro(rng: random.Random) -> str:
    """A Swedish bankgiro number: "5050-1055"."""
    stem = str(rng.randrange(1, 10)) + _digits(rng, 6)
    full = stem + luhn_digit(stem)
    return f"{full[:4]}-{full[4:]}"


def gln(country: str, rng: random.Random) -> str:
    """A 13-digit location number with the GS1 prefix of the country."""
    prefix = GS1_PREFIX[country]
    stem = prefix + _digits(rng, 12 - len(prefix))
    return stem + gs1_digit(stem)


def gtin(country: str, rng: random.Random) -> str:
    """A 13-digit article number."""
    return gln(country, rng)


def payment_reference(number: int) -> str:
    """An OCR or KID reference: the number with its Luhn digit."""
    return f"{number}{luhn_digit(str(number))}"


def guid(rng: random.Random) -> str:
    """A random version-4 GUID in lower case."""
    raw = rng.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | (4 << 76) | (2 << 62)
    text = f"{raw:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
