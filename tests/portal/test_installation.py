"""Whether the database is the one that this host's keys belong to."""

from __future__ import annotations

import pytest

from portal.common.installation import agrees, beat, epoch_file, epoch_matches, installation
from portal.common.models import Installation
from tests.support.database import in_threads


@pytest.mark.django_db
def test_a_sign_of_life_between_the_two_looks_is_no_restored_database():
    beat("a worker")
    said = epoch_file()
    assert said is not None
    beat("another worker")
    assert agrees(installation(), said)


@pytest.mark.django_db
def test_a_database_that_counts_less_than_the_file_gets_an_epoch_of_its_own():
    beat("a worker")
    beat("a worker")
    before = installation().epoch
    Installation.objects.update(beats=1)
    assert not epoch_matches()
    assert installation().epoch != before
    assert not epoch_matches(), "counting on does not make it forget"


@pytest.mark.django_db(transaction=True)
def test_workers_that_show_themselves_at_once_take_nothing_for_a_restored_database():
    installation()

    def live(number: int) -> bool:
        for _ in range(15):
            beat(f"worker {number}")
            if not epoch_matches():
                return False
        return True

    assert all(in_threads(4, live))


@pytest.mark.django_db
def test_the_first_look_at_an_empty_database_makes_it_this_hosts_own():
    beat("a worker")
    Installation.objects.all().delete()
    assert epoch_matches()
