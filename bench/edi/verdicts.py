"""The whole mutation corpus of the tests: accept or reject as pyx12 does with maps of the same description."""

from __future__ import annotations

from collections import Counter

from bench.figures import Figure, Target
from edi.x12.maps import VERSIONS
from edi.x12.reference import difference, judge
from edi.x12.validate import validate_set
from tests.edi.x12.corpus import transaction_set
from tests.edi.x12.mutations import mutations


def against_the_reference() -> list[Figure]:
    """How many single faults there are, and on how many the verdicts differ without a stated rule."""
    counts: Counter[str] = Counter()
    for version in VERSIONS:
        for mutation in mutations(version):
            tset, interchange = transaction_set(mutation.body, mutation.set_id, version)
            verdict = judge(tset, version, separators=interchange.separators)
            found = validate_set(tset, version, separators=interchange.separators)
            is_accepted = not any(finding.is_error and finding.level != "meaning" for finding in found)
            counts["all"] += 1
            if is_accepted != verdict.accepted:
                counts["explained" if difference(tset, found, verdict) else "differ"] += 1
    compared_with = "pyx12's walker on maps of the same description"
    return [
        Figure(name="Single faults judged", value=counts["all"], unit="documents", target=Target("at least", 2000)),
        Figure(name="Verdicts that differ by a stated rule", value=counts["explained"], unit="documents"),
        Figure(
            name="Verdicts that differ without one",
            value=counts["differ"],
            unit="documents",
            target=Target("at most", 0),
            compared_with=compared_with,
        ),
    ]
