"""The public pages: for everybody, of every pair, with nobody's data."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from django.urls import reverse

from integrations.flows.registry import flows_of_pair, pairs
from portal.customer.questions import OF_PAIRS


def test_every_pair_is_listed_without_a_login(db: None) -> None:
    text = Client().get(reverse("catalogue")).content.decode()
    assert all(reverse("catalogue_pair", args=[key]) in text for key in pairs())


@pytest.mark.parametrize("key", pairs())
def test_a_pair_says_what_moves(db: None, key: str) -> None:
    answer = Client().get(reverse("catalogue_pair", args=[key]))
    shown = answer.context["pair"]
    assert {f.key for f in [*shown.outward, *shown.inward]} == {f.key for f in flows_of_pair(key)}
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("key", pairs())
def test_a_pair_answers_questions_and_names_its_relatives(db: None, key: str) -> None:
    answer = Client().get(reverse("catalogue_pair", args=[key]))
    text = html.unescape(answer.content.decode())
    asked = answer.context["questions"]
    assert len(OF_PAIRS[key]) >= 2
    assert len({str(q.asked) for q in asked}) == len(asked) >= 8
    assert all(str(q.asked) in text and str(q.answer) in text for q in asked)
    others = answer.context["others"]
    assert {p.key for p, _shared in others} == {k for k in pairs() if k != key}
    own = {f.entity for f in flows_of_pair(key)}
    for other, shared in others:
        assert set(shared) == {f.label for f in flows_of_pair(other.key) if f.entity in own}
        assert reverse("catalogue_pair", args=[other.key]) in text
    assert [len(shared) for _, shared in others] == sorted((len(shared) for _, shared in others), reverse=True)


def test_questions_are_those_of_pairs_that_there_are() -> None:
    assert set(OF_PAIRS) == set(pairs())


def test_how_soon_is_told_from_what_feeds_declare(db: None) -> None:
    text = Client().get(reverse("catalogue_pair", args=["visma-cleo"])).content.decode()
    assert "Visma.net ERP is read every 5 minutes at most." in text


def test_a_pair_that_is_not_there_is_not_found(db: None) -> None:
    assert Client().get(reverse("catalogue_pair", args=["visma-nothing"])).status_code == 404
