"""Thousands of documents with one fault each: every fault is found once, at its place, or is none by a stated rule."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from edi.x12.findings import Finding
from edi.x12.maps import standard
from edi.x12.reference import difference, judge
from edi.x12.validate import validate, validate_set
from tests.edi.x12.corpus import BODIES, document, transaction_set
from tests.edi.x12.mutations import Mutation, mutations

COMPARED_EVERY = {"004010": 3, "005010": 20}
"""pyx12 needs milliseconds a document: it judges each third (twentieth) mutation."""

ALWAYS_FAULTS = frozenset(
    {"rename", "foreign", "insert", "long", "short", "surplus", "comma", "letters", "control", "separator"}
    | {"no-date", "us-date", "no-time", "no-code"}
)
"""Kinds of mutation that break every document."""


@cache
def corpus(version: str) -> tuple[Mutation, ...]:
    return tuple(mutations(version))


def all_errors(mutation: Mutation) -> list[Finding]:
    """Errors of structure, elements and meaning of the broken document."""
    tset, interchange = transaction_set(mutation.body, mutation.set_id, mutation.version)
    found = validate_set(tset, mutation.version, separators=interchange.separators)
    return [finding for finding in found if finding.is_error]


def errors(mutation: Mutation) -> list[Finding]:
    """Structure and element errors of the broken document."""
    return [finding for finding in all_errors(mutation) if finding.level != "meaning"]


def is_at_its_place(mutation: Mutation, finding: Finding) -> bool:
    """Whether the finding points to where the fault was made."""
    if mutation.kind == "swap":
        return mutation.position <= finding.position <= mutation.position + 2
    if mutation.kind == "drop":
        return mutation.position <= finding.position <= mutation.position + 1
    if mutation.kind.startswith("run-"):
        return finding.segment == mutation.tag and finding.position <= mutation.position
    if finding.position != mutation.position:
        return False
    if mutation.kind == "blank":
        return finding.element == mutation.element or finding.code == "element-condition"
    return not mutation.element or finding.element == mutation.element


def legitimate(mutation: Mutation) -> str:
    """The rule by which a mutation leaves a valid document, ``""`` when none does."""
    described = standard(mutation.version)
    assert described is not None
    definition = described.segments[mutation.tag]
    if mutation.kind == "blank":
        is_optional = not definition.elements[mutation.element - 1].mandatory
        return "an optional element that no relational note needs" if is_optional else ""
    return {
        "drop": "an optional segment, or a line that is not the only one",
        "double": "a segment or loop that may be repeated",
        "swap": "the other order is one that the set allows",
    }.get(mutation.kind, "the segment may stand here more often" if mutation.kind.startswith("run-") else "")


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_the_corpus_is_large_and_covers_all_sets(version: str) -> None:
    counts = Counter(mutation.set_id for mutation in corpus(version))
    assert set(counts) == set(BODIES)
    assert sum(counts.values()) > 5000
    assert min(counts.values()) > 200


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_each_fault_is_one_finding_at_its_place_or_legitimate(version: str) -> None:
    wrong = []
    accepted: Counter[str] = Counter()
    for mutation in corpus(version):
        everything = all_errors(mutation)
        found = [finding for finding in everything if finding.level != "meaning"]
        if len(everything) > max(len(found), 1):
            wrong.append(f"{mutation.label}: said again as {[f.message for f in everything if f not in found]}")
        if not found:
            accepted[mutation.kind.partition("-")[0]] += 1
            if mutation.kind in ALWAYS_FAULTS or not legitimate(mutation):
                wrong.append(f"{mutation.label}: accepted")
        elif len(found) > 1 or not is_at_its_place(mutation, found[0]):
            wrong.append(f"{mutation.label}: {[(f.position, f.segment, f.element, f.code) for f in found]}")
    assert wrong == []
    assert set(accepted) == {"blank", "double", "drop", "run", "swap"}


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_accept_or_reject_is_as_pyx12_says(version: str) -> None:
    wrong = []
    explained: Counter[str] = Counter()
    compared = 0
    for mutation in corpus(version)[:: COMPARED_EVERY[version]]:
        compared += 1
        tset, interchange = transaction_set(mutation.body, mutation.set_id, version)
        verdict = judge(tset, version, separators=interchange.separators)
        found = errors(mutation)
        if verdict.accepted == (not found):
            continue
        rule = difference(tset, found, verdict)
        explained[rule] += 1
        if not rule:
            wrong.append(f"{mutation.label}: {[f.message for f in found]} {[o.text for o in verdict.opinions]}")
    assert wrong == []
    assert compared > (1900 if version == "004010" else 250)
    assert set(explained) <= {"repeated-trigger"}


def test_the_whole_of_validate_says_the_same() -> None:
    """``validate`` adds findings on the envelope and on meaning, and loses none."""
    for mutation in corpus("004010")[::17]:
        report = validate(document(mutation.body, mutation.set_id, mutation.version))
        codes = Counter(finding.code for finding in report.findings if finding.level in ("segment", "element"))
        for finding in errors(mutation):
            assert codes[finding.code] >= 1, mutation.label
