"""Customers that are kept elsewhere: found, kept in step, made once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from edi.documents.values import Address
from integrations.http.errors import Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import Applied, Delivered, Effect, Evidence, NotApplied
from integrations.systems.visma.sale_commands import KeepCustomer
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.conftest import requests_of
from tests.integrations.systems.visma.outgoing import outgoing

pytestmark = pytest.mark.django_db
JO = KeepCustomer(
    stamp="adobe:customer:3",
    name="Jo Li",
    email="jo@example.se",
    phone="+46 8 1",
    address=Address(lines=("Nya gatan 1",), city="Lund", postal_code="222 22", country="SE"),
    fields=("name", "email", "phone", "address"),
    customer_class="1",
    vat_zone="01",
)


@pytest.fixture
def sink(session: Session, connection: Connection) -> Any:
    return SYSTEM.sink("customers").open(connection, session)


def do(sink: Any, command: KeepCustomer) -> Effect:
    [effect] = sink.apply_many([outgoing(command)])
    return effect


def look(sink: Any, command: KeepCustomer) -> Evidence:
    Breaker.objects.all().delete()
    return sink.evidence(outgoing(command))


def customers(visma: Served) -> dict[str, dict[str, Any]]:
    return {r["body"]["number"]: r["body"] for r in visma.rows("customer") if r["key"].startswith("SE/")}


def test_a_customer_is_made_once_with_its_stamp(visma: Served, sink: Any):
    known = customers(visma)
    assert isinstance(look(sink, JO), NotApplied)
    made, again = do(sink, JO), do(sink, JO)
    assert isinstance(made, Delivered)
    assert isinstance(again, Delivered)
    assert again.target_id == made.target_id
    now = customers(visma)
    assert set(now) - set(known) == {made.target_id}
    there = now[made.target_id]
    assert (there["accountReference"], there["mainContact"]["email"]) == (JO.stamp, JO.email)
    assert there["mainAddress"]["city"] == "Lund"
    assert isinstance(look(sink, JO), Applied)


def test_a_customer_whose_making_was_not_heard_of_is_found_again(visma: Served, sink: Any):
    known = customers(visma)
    visma.fault(fault="timeout_after", path_regex="/v1/customer$", method="POST")
    assert isinstance(do(sink, JO), Unknown)
    assert isinstance(look(sink, JO), Applied)
    assert isinstance(do(sink, JO), Delivered)
    assert len(customers(visma)) == len(known) + 1


@pytest.mark.parametrize("by", ["vatRegistrationId", "corporateId"])
def test_who_types_the_number_of_a_customer_of_the_books_changes_nothing_there(visma: Served, sink: Any, by: str):
    number, before = next((n, c) for n, c in customers(visma).items() if c[by])
    command = msgspec.structs.replace(JO, vat_number=before[by].lower())
    done = do(sink, command)
    assert isinstance(done, Delivered)
    assert (done.target_id, customers(visma)[number]) == (number, before)
    assert done.differs is not None
    assert before["name"] in done.differs.sentence
    assert f"“{JO.name}” in the shop" in done.differs.sentence
    assert "VAT number" not in done.differs.sentence
    assert JO.name not in done.differs.reason
    assert "name, e-mail" in done.differs.reason
    again = do(sink, msgspec.structs.replace(command, number=number, name="Somebody Else", tell=False))
    assert customers(visma)[number] == before
    assert isinstance(again, Delivered)
    assert again.differs is not None
    assert (again.differs.sentence, again.differs.about) == ("", done.differs.about)


def test_a_customer_that_was_made_for_somebody_else_stays_theirs(visma: Served, sink: Any):
    made = do(sink, msgspec.structs.replace(JO, vat_number="SE556016068001")).target_id  # type: ignore[union-attr]
    before = customers(visma)[made]
    guest = msgspec.structs.replace(JO, stamp="adobe:guest:1", name="Mallory", email="m@example.se")
    done = do(sink, msgspec.structs.replace(guest, vat_number="SE556016068001"))
    assert done.target_id == made  # type: ignore[union-attr]
    assert customers(visma)[made] == before


def test_fields_of_a_customer_of_the_books_follow_the_shop_where_a_setting_says_so(visma: Served, sink: Any):
    number, before = next((n, c) for n, c in customers(visma).items() if c["vatRegistrationId"])
    command = msgspec.structs.replace(JO, vat_number=before["vatRegistrationId"], matched_fields=("phone",))
    done = do(sink, command)
    now = customers(visma)[number]
    assert (now["name"], now["mainContact"]["phone1"]) == (before["name"], JO.phone)
    assert now["accountReference"] == before["accountReference"]
    assert done.differs.sentence  # type: ignore[union-attr]
    same = msgspec.structs.replace(command, name=before["name"].upper(), address=None, email="", number=number)
    assert do(sink, same).differs.reason == ""  # type: ignore[union-attr]
    assert isinstance(look(sink, same), Applied)


def test_two_customers_of_one_address_are_left_to_a_person(visma: Served, sink: Any):
    first, second = list(customers(visma))[:2]
    for number in (first, second):
        visma.mutate("customer", {"mainContact.email": JO.email}, key=f"SE/{number}")
    effect = do(sink, JO)
    assert isinstance(effect, Rejected)
    assert first in effect.sentence
    assert second in effect.sentence


def test_of_several_of_one_address_the_one_of_the_same_name_is_it(visma: Served, sink: Any):
    first, second = list(customers(visma))[:2]
    for number, name in ((first, "Somebody Else"), (second, JO.name.upper())):
        visma.mutate("customer", {"mainContact.email": JO.email, "name": name}, key=f"SE/{number}")
    assert do(sink, JO).target_id == second  # type: ignore[union-attr]


def test_e_mail_is_no_sign_where_a_setting_says_so(visma: Served, sink: Any):
    number = next(iter(customers(visma)))
    visma.mutate("customer", {"mainContact.email": JO.email}, key=f"SE/{number}")
    made = do(sink, msgspec.structs.replace(JO, match_email=False))
    assert made.target_id != number  # type: ignore[union-attr]


def test_only_fields_that_follow_the_shop_are_written_and_only_when_they_differ(visma: Served, sink: Any):
    made = do(sink, JO).target_id  # type: ignore[union-attr]
    visma.mutate("customer", {"name": "Jo Li (ours)"}, key=f"SE/{made}")
    command = msgspec.structs.replace(JO, number=made, phone="+46 8 2", fields=("phone",))
    assert do(sink, command).target_id == made  # type: ignore[union-attr]
    there = customers(visma)[made]
    assert (there["name"], there["mainContact"]["phone1"]) == ("Jo Li (ours)", "+46 8 2")
    puts = sum(1 for r in requests_of(visma) if r["method"] == "PUT")
    assert isinstance(do(sink, command), Delivered)
    assert sum(1 for r in requests_of(visma) if r["method"] == "PUT") == puts
