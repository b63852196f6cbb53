"""Services with the scripted pair of systems."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django_scopes import scopes_disabled

from tests.support.harness import Engine
from tests.support.pair import Pair, install


@pytest.fixture
def pair() -> Iterator[Pair]:
    scripted = Pair()
    remove = install(scripted)
    yield scripted
    remove()


@pytest.fixture
def engine(db: None, pair: Pair) -> Iterator[Engine]:
    """A tenant with both connections and a flow between them. The test looks at it unscoped."""
    with scopes_disabled():
        yield Engine.make(pair)
