"""What the codes of 997, 999 and TA1 mean, as the end of a sentence. Numbers in the docstrings are data elements."""

from __future__ import annotations

from collections.abc import Mapping

ACKNOWLEDGED = {
    "A": "accepted",
    "E": "accepted, with errors noted",
    "P": "partly accepted: at least one transaction set was rejected",
    "R": "rejected",
    "M": "rejected: the message authentication code failed",
    "W": "rejected: the signature is not valid",
    "X": "rejected: it could not be decrypted",
}
"""717 and 715: AK501, IK501, AK901."""

ACCEPTING = frozenset({"A", "E"})

SET_ERRORS = {
    "1": "the transaction set is not supported",
    "2": "its trailer (SE) is missing",
    "3": "the control numbers in header and trailer differ",
    "4": "the number of segments does not match the actual count",
    "5": "one or more segments are in error",
    "6": "the transaction set identifier is missing or invalid",
    "7": "the transaction set control number is missing or invalid",
    "18": "the transaction set is not part of this functional group",
    "19": "the implementation convention (ST03) is invalid",
    "23": "the control number is not unique within the functional group",
    "I5": "one or more segments break the implementation guide",
    "I6": "the implementation convention is not supported",
}
"""718: AK502 to AK506, IK502 to IK506."""

GROUP_ERRORS = {
    "1": "the functional group is not supported",
    "2": "the version of the functional group is not supported",
    "3": "its trailer (GE) is missing",
    "4": "the control numbers in header and trailer differ",
    "5": "the number of transaction sets does not match the actual count",
    "6": "the group control number is invalid",
    "19": "the group control number is not unique within the interchange",
}
"""716: AK905 to AK909."""

SECURITY_ERRORS = {
    "8": "the authentication key is unknown",
    "9": "the encryption key is unknown",
    "10": "the requested security service is not available",
    "11": "the security recipient is unknown",
    "12": "the encrypted message has the wrong length",
    "13": "the message authentication code failed",
    "15": "the security originator is unknown",
    "16": "there is a syntax error in the decrypted text",
    "17": "security is not supported",
}
"""The part of 718 that is about security."""

SEGMENT_ERRORS = {
    "1": "the segment is not recognized",
    "2": "the segment is not expected here",
    "3": "a mandatory segment is missing",
    "4": "the loop occurs too often",
    "5": "the segment occurs too often",
    "6": "the segment is not part of this transaction set",
    "7": "the segment is out of sequence",
    "8": "the segment has errors in its elements",
    "I4": "the segment is not used in the implementation guide",
    "I6": "a segment that depends on other data is missing",
    "I7": "the loop occurs too seldom",
    "I8": "the segment occurs too seldom",
    "I9": "a segment is present that other data exclude",
}
"""720 (AK304) and 620 (IK304)."""

ELEMENT_ERRORS = {
    "1": "a mandatory element is missing",
    "2": "an element that depends on another is missing",
    "3": "there are too many elements",
    "4": "the value is too short",
    "5": "the value is too long",
    "6": "the value has a character that is not allowed",
    "7": "the code is not valid",
    "8": "the date is not valid",
    "9": "the time is not valid",
    "10": "elements that exclude each other are both present",
    "12": "the element is repeated too often",
    "13": "there are too many components",
    "I6": "the code is not used in the implementation guide",
    "I9": "an element that depends on other data is missing",
    "I10": "the element is not used in the implementation guide",
    "I11": "the element is repeated too seldom",
    "I12": "the value does not have the form that the implementation guide asks for",
    "I13": "an element is present that other data exclude",
}
"""723 (AK403) and 621 (IK403)."""

INTERCHANGE_NOTES = {
    "000": "no error",
    "001": "the control numbers in ISA and IEA differ",
    "002": "the standard in ISA11 is not supported",
    "003": "the version of the controls is not supported",
    "004": "the segment terminator is invalid",
    "005": "the qualifier of the sender's id is invalid",
    "006": "the sender's id is invalid",
    "007": "the qualifier of the receiver's id is invalid",
    "008": "the receiver's id is invalid",
    "009": "the receiver's id is unknown",
    "010": "the authorization qualifier is invalid",
    "011": "the authorization value is invalid",
    "012": "the security qualifier is invalid",
    "013": "the security value is invalid",
    "014": "the date is invalid",
    "015": "the time is invalid",
    "016": "the standards identifier is invalid",
    "017": "the version is invalid",
    "018": "the control number is invalid",
    "019": "the acknowledgment request (ISA14) is invalid",
    "020": "the test indicator (ISA15) is invalid",
    "021": "the number of functional groups does not match",
    "022": "the control structure is invalid",
    "023": "the transmission ended too early",
    "024": "the content is invalid, for example a GS segment",
    "025": "the control number was used before",
    "026": "the element separator is invalid",
    "027": "the component separator is invalid",
    "028": "the delivery date is invalid",
    "029": "the delivery time is invalid",
    "030": "the delivery time code is invalid",
    "031": "the grade of service is invalid",
    "032": "the repetition separator is invalid",
}
"""I18: TA105."""


def words(table: Mapping[str, str], code: str) -> str:
    """The meaning of ``code``, or that it has none here."""
    return table.get(code, f"code {code[:20]!r}, which the standard does not define" if code else "no code was given")
