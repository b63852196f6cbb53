"""What is refused: it stands nowhere, says why, stops nobody else, and goes when it was repaired."""

from __future__ import annotations

from pathlib import Path

from integrations.models import Breaker, Issue, State
from integrations.services.connections import save_connection
from integrations.services.deliveries import reopen
from tests.support.cluster import Cluster
from tests.support.networks import must_stand, of_number, stands
from tests.support.world import World, apply_entry

AT_CLEO, AT_ORDERFUL = "500001", "500002"


def open_issues(world: World) -> list[Issue]:
    return list(Issue.objects.filter(tenant=world.tenant, status=Issue.Status.OPEN))


def test_a_202_that_failed_is_a_refusal_with_reasons_and_is_repaired_by_a_replay(
    world: World, cluster: Cluster
) -> None:
    world.simulators.options("orderful", outcomes={AT_ORDERFUL: "FAILED"})
    cluster.settle()
    (failed,) = [d for d in world.deliveries() if d.state == State.FAILED]
    assert failed.business_number == AT_ORDERFUL
    assert "does not accept this document" in failed.reason
    assert failed.issue is not None
    assert failed.issue.who == Issue.Who.CUSTOMER
    assert stands(world) == must_stand(world, without=frozenset({AT_ORDERFUL}))

    world.simulators.options("orderful", outcomes={})
    again = reopen(failed.pk, actor=None, reason="The partner has corrected its guideline.")
    cluster.settle(read=False)
    assert again.pk == failed.pk
    assert stands(world) == must_stand(world)
    assert open_issues(world) == []


def test_a_late_refusal_fails_the_delivery_and_the_corrected_order_is_an_original(
    world: World, cluster: Cluster
) -> None:
    """Orderful takes the document and finds later that it cannot deliver it."""
    world.simulators.options("orderful", outcomes={AT_ORDERFUL: "DELIVERY_FAILED"}, send_delay=0, delivery_delay=0)
    cluster.settle()
    (failed,) = [d for d in world.deliveries() if d.state == State.FAILED]
    assert failed.business_number == AT_ORDERFUL
    assert failed.target_id
    assert "could not deliver" in failed.reason

    world.simulators.options("orderful", outcomes={})
    world.simulators.mutate("purchaseorder", f"{world.company}/{AT_ORDERFUL}", {"description": "Ny text"})
    cluster.settle()
    assert [(d.state, d.purpose) for d in world.deliveries(AT_ORDERFUL) if d.purpose] == [
        (State.SUPERSEDED, "original"),
        (State.DELIVERED, "original"),
    ]
    assert open_issues(world) == []


def test_one_bad_order_fails_alone_and_goes_when_it_is_corrected(world: World, cluster: Cluster) -> None:
    """Without a currency, without lines of any use: a partner would not know what to do with it."""
    key = f"{world.company}/"
    world.simulators.mutate("purchaseorder", key + AT_CLEO, {"currency": ""})
    world.simulators.mutate("purchaseorder", key + AT_ORDERFUL, {"lines.0.lineNbr": None})
    cluster.settle()
    failed = {d.business_number: d for d in world.deliveries() if d.state == State.FAILED}
    assert stands(world) == must_stand(world, without=frozenset({AT_CLEO, AT_ORDERFUL}))
    assert {AT_CLEO, AT_ORDERFUL} == set(failed)
    for delivery in failed.values():
        assert delivery.business_number in delivery.reason
        assert delivery.tries == 0

    world.simulators.mutate("purchaseorder", key + AT_CLEO, {"currency": "EUR"})
    world.simulators.mutate("purchaseorder", key + AT_ORDERFUL, {"lines.0.lineNbr": 1})
    cluster.settle()
    assert stands(world) == must_stand(world)
    assert open_issues(world) == []


def test_a_supplier_without_agreement_is_no_problem_unless_the_tenant_says_so(
    world: World, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.settle()
    nowhere = [d for d in world.deliveries() if d.state == State.NO_EFFECT]
    assert nowhere
    assert all(d.reason.startswith("Not on this network: supplier ") for d in nowhere)
    assert open_issues(world) == []

    for integration in world.entry["integrations"]:
        integration["settings"]["unknown_partner_is_issue"] = integration["key"] == "visma-cleo"
    apply_entry(world.entry, world.simulators, folder=tmp_path)
    orders = [d.business_number for d in nowhere if d.flow.key == "purchase-orders"]
    stranger = next(number for number in orders if orders.count(number) == len(world.entry["integrations"]))
    world.simulators.mutate("purchaseorder", f"{world.company}/{stranger}", {"description": "Ny text"})
    cluster.settle()
    (issue,) = open_issues(world)
    assert "has no test agreement for 850 over Cleo" in issue.sentence
    assert of_number(stands(world), stranger) == []


def test_a_wrong_password_is_tried_once_and_told_once(world: World, cluster: Cluster) -> None:
    connection = world.connection("cleo")

    def password(value: str) -> None:
        save_connection(
            tenant=world.tenant,
            key="cleo",
            system_key="cleo",
            name=connection.name,
            values={"password": value},
            actor=None,
        )

    right = connection.secrets["password"]
    password("Wrong-Password-7")
    cluster.rest()
    logins = world.simulators.rows("cleo", "authentications")
    assert len(logins) == 1
    (issue,) = open_issues(world)
    assert issue.connection_id == connection.pk
    assert "let us sign in" in issue.sentence
    breaker = Breaker.objects.get(connection=connection)
    assert breaker.position == Breaker.Position.OPEN
    assert {d.network for d in stands(world)} == {"orderful"}

    password(right)
    cluster.settle()
    assert stands(world) == must_stand(world)
    assert open_issues(world) == []
    assert len(world.simulators.rows("cleo", "authentications")) == 2
