"""What no map can say: counts, totals, hierarchy, line numbers, roles, units and check digits.

The rules run on a transaction set whose structure is sound (a lost line would only be reported twice otherwise). They
look at values that are valid by themselves: a price that is no number, or too long, is a finding of the element check,
and the totals that need it are then left alone. All tolerances are constants of the module that uses them.

Errors are contradictions inside the document; warnings are what people should look at. Neither has a code in a 997.
"""

from __future__ import annotations

from collections.abc import Collection

from edi.x12.findings import Finding
from edi.x12.meaning import acknowledgments, check_digits, dates, hierarchy, invoice_total, lines, parties
from edi.x12.meaning.document import LINE_TAGS, Document
from edi.x12.segments import TransactionSet

_RULES = {
    "850": (lines.check, lines.check_order_total, parties.check, dates.check, check_digits.check),
    "855": (lines.check, lines.check_answers, parties.check, dates.check, check_digits.check),
    "856": (hierarchy.check, lines.check, parties.check, dates.check, check_digits.check),
    "860": (lines.check, lines.check_order_total, parties.check, dates.check, check_digits.check),
    "865": (lines.check, lines.check_answers, parties.check, dates.check, check_digits.check),
    "810": (lines.check, invoice_total.check, parties.check, dates.check, check_digits.check),
    "997": (acknowledgments.check,),
}


def check_meaning(tset: TransactionSet, faulty: Collection[tuple[str, int]] = ()) -> list[Finding]:
    """Findings of level ``meaning`` on one transaction set, in the order of its segments.

    ``faulty`` names the elements (segment, position) that are wrong in themselves: what follows from these is not said.
    """
    rules = _RULES.get(tset.set_id)
    if rules is None:
        return []
    document = Document(tset, faulty)
    for rule in rules:
        rule(document)
    document.findings.sort(key=lambda finding: finding.position)
    return document.findings


def check_line_count(tset: TransactionSet) -> list[Finding]:
    """Only whether CTT01 is the number of lines, which every version of the standard asks for."""
    if tset.set_id not in LINE_TAGS:
        return []
    document = Document(tset)
    lines.check_count(document)
    return document.findings
