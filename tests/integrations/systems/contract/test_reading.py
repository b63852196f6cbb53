"""Every feed, whatever its pages look like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations.http.errors import ConfigError, Fault, RateLimited, Transient, Unauthorized
from integrations.http.session import Session
from integrations.models import Connection, Feed
from integrations.systems.contract import Item, System, Window
from tests.integrations.systems.contract.subjects import SUBJECTS, Subject
from tests.support.simulators import Simulators

Arm = Callable[..., None]
FEEDS = [(key, feed) for key, subject in sorted(SUBJECTS.items()) for feed in subject.feeds]
each_feed = pytest.mark.parametrize(("key", "feed"), FEEDS, ids=[f"{key}-{feed}" for key, feed in FEEDS])


def read(system: System, connection: Connection, session: Session, feed: str) -> list[Item]:
    """Everything that the feed gives from the beginning until now, page after page."""
    Feed.objects.get_or_create(tenant=connection.tenant, connection=connection, key=feed)
    source = system.feed(feed).open(connection, session)
    window = Window(start=None, end=timezone.now() + dt.timedelta(seconds=5))
    return [item for page in source.read(window, None) for item in page.items]


def said(items: list[Item]) -> dict[str, str]:
    return {item.source_id: item.fingerprint for item in items}


@pytest.fixture
def there(
    system: System, connection: Connection, session: Session, feed: str, key: str, sandbox: Simulators
) -> dict[str, str]:
    """What the feed gives when nothing is wrong: id and fingerprint of each item."""
    SUBJECTS[key].feeds[feed](sandbox)
    items = read(system, connection, session, feed)
    assert items, "a feed that reads nothing proves nothing"
    assert not [item.problem for item in items if item.problem]
    assert all(item.source_id and item.raw and item.fingerprint for item in items)
    assert len(said(items)) == len(items)
    return said(items)


@each_feed
def test_reading_again_says_the_same(
    system: System, connection: Connection, session: Session, feed: str, there: dict[str, str]
) -> None:
    assert said(read(system, connection, session, feed)) == there


@each_feed
def test_what_is_listed_is_fetched_one_by_one_as_it_was_listed(
    system: System, connection: Connection, session: Session, feed: str, there: dict[str, str], subject: Subject
) -> None:
    """Waiting for a parent, comparing and reconciling ask for single objects; not every source has an address for
    them."""
    source = system.feed(feed).open(connection, session)
    some = dict(list(there.items())[:3])
    fetched = [item for source_id in some if (item := source.fetch(source_id)) is not None]
    assert [item.source_id for item in fetched] == list(some)
    assert feed in subject.fetched_otherwise or said(fetched) == some


@each_feed
def test_what_does_not_exist_is_nothing(
    system: System, connection: Connection, session: Session, feed: str, there: dict[str, str]
) -> None:
    source = system.feed(feed).open(connection, session)
    assert source.fetch("999999999") is None


@each_feed
def test_small_pages_give_what_one_gives(
    system: System, connect: Callable[..., Connection], feed: str, there: dict[str, str]
) -> None:
    if not any(setting.name == "page_size" for setting in system.settings):
        return  # its pages have the size that the source likes
    small = connect(page_size=2)
    session = system.session(small)
    assert said(read(system, small, session, feed)) == there
    session.close()


@each_feed
@pytest.mark.parametrize("kind", ["unknown_fields", "unsorted", "duplicates"])
def test_what_does_not_matter_does_not_matter(
    system: System,
    connection: Connection,
    session: Session,
    feed: str,
    there: dict[str, str],
    fault: Arm,
    kind: str,
    sandbox: Simulators,
) -> None:
    fault(kind, times=9999)
    found = read(system, connection, session, feed)
    assert sandbox.fired()
    assert set(said(found)) == set(there)
    assert not [item.problem for item in found if item.problem]


@each_feed
def test_an_empty_answer_is_no_item_and_no_end_of_the_world(
    system: System,
    connection: Connection,
    session: Session,
    feed: str,
    there: dict[str, str],
    fault: Arm,
    sandbox: Simulators,
    subject: Subject,
) -> None:
    fault("empty", times=9999)
    if subject.counts:
        with pytest.raises(Transient):
            read(system, connection, session, feed)
    else:
        assert set(said(read(system, connection, session, feed))) <= set(there)
    assert sandbox.fired()


@each_feed
@pytest.mark.parametrize("kind", ["wrong_types", "malformed", 500, "503html", "reset_after", 404, 403, 409, 412])
def test_what_cannot_be_read_is_a_fault_or_an_item_with_a_problem_never_a_bug(
    system: System,
    connection: Connection,
    session: Session,
    feed: str,
    there: dict[str, str],
    fault: Arm,
    kind: int | str,
    sandbox: Simulators,
) -> None:
    fault(kind, times=9999)
    found, error = tried(lambda: read(system, connection, session, feed))
    assert sandbox.fired()
    assert error is None or (error.sentence and error.certainly_not_applied)
    if kind in ("malformed", 500, "503html", "reset_after"):
        assert isinstance(error, Transient)
    assert not [item for item in found if not item.problem and there.get(item.source_id) != item.fingerprint]


@each_feed
def test_a_feed_that_is_refused_asks_no_more(
    system: System,
    connection: Connection,
    session: Session,
    feed: str,
    there: dict[str, str],
    fault: Arm,
    sandbox: Simulators,
) -> None:
    fault(401, times=9999)
    found, error = tried(lambda: read(system, connection, session, feed))
    assert not found
    assert isinstance(error, Unauthorized | ConfigError), repr(error)
    assert sandbox.fired() <= 2, "a token is fetched anew once"


@each_feed
def test_a_token_that_ends_while_a_feed_is_read_costs_nothing(
    system: System,
    connection: Connection,
    session: Session,
    feed: str,
    key: str,
    there: dict[str, str],
    fault: Arm,
    sandbox: Simulators,
) -> None:
    if SUBJECTS[key].fixed_key:
        return  # its key does not end
    fault(401)
    assert said(read(system, connection, session, feed)) == there
    assert sandbox.fired() == 1


@each_feed
@pytest.mark.parametrize("seconds", [7, None])
def test_a_feed_that_is_limited_stops_at_once(
    system: System,
    connection: Connection,
    session: Session,
    feed: str,
    there: dict[str, str],
    fault: Arm,
    sandbox: Simulators,
    seconds: int | None,
) -> None:
    fault(429, times=9999, retry_after=seconds)
    now = timezone.now()
    found, error = tried(lambda: read(system, connection, session, feed))
    assert not found
    assert isinstance(error, RateLimited), repr(error)
    assert error.retry_at > now + dt.timedelta(seconds=5 if seconds else 0)
    assert sandbox.fired() == 1


def tried(work: Callable[[], list[Item]]) -> tuple[list[Item], Fault | None]:
    """What it gives, or its Fault; any other exception fails the test."""
    try:
        return work(), None
    except Fault as error:
        return [], error
