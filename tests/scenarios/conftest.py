"""Whole stories: real processes, real HTTP, real faults. What was said in each is checked when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.heard import Heard
from tests.support.simulators import Simulators

LAST = "test_everything_said"
PATIENCE = 400
"""Seconds for one story: more than the longest wait in one, so that it is the wait that says what did not happen."""


@pytest.hookimpl(tryfirst=True)  # the plugin that deals tests out reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs all stories, for they share a cluster, and begins with them, for they take longest; what looks
    back at them comes after them."""
    here = Path(__file__).parent
    stories = [item for item in items if here in item.path.parents]
    for item in stories:
        item.add_marker(pytest.mark.scenario)
        item.add_marker(pytest.mark.xdist_group("scenarios"))
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PATIENCE))
    others = [item for item in items if item not in stories]
    items[:] = [*sorted(stories, key=lambda item: item.path.stem == LAST), *others]


@pytest.fixture(scope="package", autouse=True)
def no_cluster_afterwards(cluster_process: Cluster) -> Iterator[None]:
    """The cluster ends with the stories: it would take the work of the tests that come after them in this process."""
    yield
    cluster_process.stop()


@pytest.fixture(autouse=True)
def no_cluster_beside(request: pytest.FixtureRequest, cluster_process: Cluster) -> None:
    """A story that works in this process has nobody beside it who takes its work."""
    if "cluster" not in request.fixturenames:
        cluster_process.stop()


@pytest.fixture(scope="session")
def all_heard() -> Heard:
    """What was said in all stories so far."""
    return Heard()


@pytest.fixture(autouse=True)
def heard(transactional_db: None, sandbox: Simulators, own_folder: Path, all_heard: Heard) -> Iterator[Heard]:
    """Each story ends with a look at every exchange, every line that people read, and the logs."""
    yield all_heard
    problems = all_heard.listen(sandbox, own_folder / "log")
    assert not problems, "\n".join(problems[:20])
