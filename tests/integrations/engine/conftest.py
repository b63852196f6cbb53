"""The engine with the scripted pair, in one transaction or, for threads and processes, with real commits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django_scopes import scopes_disabled

from tests.support.harness import Engine
from tests.support.pair import Pair, install


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two systems that the test scripts, in the place of real ones."""
    scripted = Pair()
    remove = install(scripted)
    yield scripted
    remove()


@pytest.fixture
def engine(db: None, pair: Pair) -> Iterator[Engine]:
    """The engine at work for one tenant. The test looks at it unscoped."""
    with scopes_disabled():
        yield Engine.make(pair)


@pytest.fixture
def live_engine(transactional_db: None, pair: Pair) -> Iterator[Engine]:
    """The same with real commits, for threads."""
    with scopes_disabled():
        yield Engine.make(pair)
