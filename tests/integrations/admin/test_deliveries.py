"""The error desk: what staff press, what it does, and what it leaves in the audit trail."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Delivery, State
from integrations.services import deliveries as services
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


def act(action: str, **query: object) -> str:
    url = reverse("admin:integrations_delivery_act", args=[action])
    return url + "?" + "&".join(f"{k}={v}" for k, v in query.items())


def page(row: Delivery) -> str:
    return reverse("admin:integrations_delivery_change", args=[row.pk])


def last_event(action: str) -> AuditEvent:
    return AuditEvent.objects.filter(action=action).order_by("-id")[0]


def state_of(row: Delivery) -> str:
    row.refresh_from_db()
    return row.state


def test_replay_says_what_it_will_do_and_does_nothing_by_being_looked_at(house: House, staff: Client) -> None:
    text = staff.get(act("replay", ids=f"{house.failed.pk},{house.delivered.pk},{house.in_doubt.pk}")).content.decode()
    assert "Tried again" in text
    assert "Left alone: delivered" in text
    assert "Left alone: in doubt" in text
    assert state_of(house.failed) == State.FAILED


def test_the_plan_of_one_delivery_says_which_and_why(house: House, staff: Client) -> None:
    text = staff.get(act("replay", ids=house.failed.pk)).content.decode()
    assert "500123 – Purchase orders → 850 to Orderful" in text
    assert house.failed.reason in text


def test_replay_tries_a_failed_delivery_again_and_says_who_and_why(house: House, staff: Client) -> None:
    answer = staff.post(act("replay", ids=house.failed.pk), {"content": "current", "reason": "VAT number added"})
    assert answer["Location"] == page(house.failed)
    assert state_of(house.failed) == State.PENDING
    event = last_event("delivery.replayed")
    assert (event.actor, event.object_id) == (house.staff, str(house.failed.pk))
    assert "VAT number added" in event.summary


def test_replay_never_touches_what_was_delivered_or_is_in_doubt(house: House, staff: Client) -> None:
    ids = f"{house.delivered.pk},{house.in_doubt.pk}"
    text = staff.post(act("replay", ids=ids), {"content": "current", "reason": ""}).content.decode()
    assert "nothing to try again" in text
    assert (state_of(house.delivered), state_of(house.in_doubt)) == (State.DELIVERED, State.IN_DOUBT)


def test_of_a_mixed_choice_only_what_failed_is_tried_again(house: House, staff: Client) -> None:
    ids = f"{house.delivered.pk},{house.failed.pk},{house.in_doubt.pk}"
    text = staff.post(act("replay", ids=ids), {"content": "current", "reason": ""}, follow=True).content.decode()
    assert "1 delivery will be tried again." in text
    assert "nothing is sent twice" not in text, "what the plan left alone is no refusal"
    assert state_of(house.failed) == State.PENDING


def test_the_first_one_can_be_tried_alone(house: House, staff: Client) -> None:
    later = house.delivery("500200", State.FAILED)
    url = act("replay", ids=f"{house.failed.pk},{later.pk}")
    assert "Try the oldest one first" in staff.get(url).content.decode()
    staff.post(url, {"content": "current", "reason": "", "how": "first"})
    assert (state_of(house.failed), state_of(later)) == (State.PENDING, State.FAILED)


def test_all_that_match_a_filter_are_replayed_not_only_the_page(
    house: House, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [house.delivery(f"6{n:05}", State.FAILED) for n in range(5)]
    elsewhere = house.delivery("700000", State.DISMISSED)
    url = act("replay", matching=f"state%3Dfailed%26tenant%3D{house.tenant.pk}")
    assert "Try all 6 again" in staff.get(url).content.decode()
    answer = staff.post(url, {"content": "current", "reason": "", "how": "all"})
    assert answer["Location"].endswith(f"?state=failed&tenant={house.tenant.pk}")
    assert {state_of(d) for d in [house.failed, *more]} == {State.PENDING}
    assert state_of(elsewhere) == State.DISMISSED


def test_no_more_than_one_request_can_do_are_done_at_once(
    house: House, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.actions.deliveries.AT_ONCE", 2)
    for n in range(3):
        house.delivery(f"6{n:05}", State.FAILED)
    url = act("replay", matching="state%3Dfailed")
    assert "at most 2 at once" in staff.get(url).content.decode()
    staff.post(url, {"content": "current", "reason": "", "how": "all"})
    assert Delivery.objects.filter(state=State.FAILED).count() == 2


def test_sending_once_more_asks_why_and_makes_a_delivery_that_points_to_the_original(
    house: House, staff: Client
) -> None:
    url = act("force", ids=house.delivered.pk)
    text = staff.get(url).content.decode()
    assert "gets them a second time" in text
    refused = staff.post(url, {"content": "original", "reason": ""})
    assert refused.status_code == 200
    assert not Delivery.objects.filter(replays=house.delivered).exists()
    staff.post(url, {"content": "original", "reason": "the partner lost it"})
    copy = Delivery.objects.get(replays=house.delivered)
    assert (copy.state, copy.frozen_id) == (State.PENDING, house.delivered.frozen_id)
    assert "the partner lost it" in last_event("delivery.forced").summary
    assert f"delivery {copy.pk}" in staff.get(page(house.delivered)).content.decode()


def test_a_refusal_is_shown_with_its_reason(house: House, staff: Client) -> None:
    record = house.delivered.record
    type(record).objects.filter(pk=record.pk).update(is_newest=False)
    newer = house.delivery("500124x", State.DELIVERED).record
    type(newer).objects.filter(pk=newer.pk).update(source_id=record.source_id)
    answer = staff.post(act("force", ids=house.delivered.pk), {"content": "current", "reason": "again"})
    assert "newer version" in answer.content.decode()
    assert not Delivery.objects.filter(replays=house.delivered).exists()


def test_dismissing_asks_why_and_counts_what_goes_next(house: House, staff: Client) -> None:
    behind = house.delivery("500127", State.PENDING, lane=house.failed.lane)
    url = act("dismiss", ids=house.failed.pk)
    assert "Wait behind them and go next" in staff.get(url).content.decode()
    assert staff.post(url, {"reason": " "}).status_code == 200
    assert state_of(house.failed) == State.FAILED
    staff.post(url, {"reason": "sent by mail"})
    assert (state_of(house.failed), state_of(behind)) == (State.DISMISSED, State.PENDING)
    assert house.failed.reason == "sent by mail"
    assert last_event("delivery.dismissed").actor == house.staff


@pytest.mark.parametrize(("answer", "state"), [("yes", State.DELIVERED), ("no", State.PENDING)])
def test_a_person_settles_what_is_in_doubt(house: House, staff: Client, answer: str, state: State) -> None:
    url = act("settle", ids=house.in_doubt.pk)
    assert staff.post(url, {"arrived": answer}).status_code == 200
    assert state_of(house.in_doubt) == State.IN_DOUBT
    staff.post(url, {"arrived": answer, "reason": "seen in Orderful"})
    assert state_of(house.in_doubt) == state
    assert "seen in Orderful" in house.in_doubt.evidence[-1]["proof"]
    assert "seen in Orderful" in last_event("delivery.settled").summary


def test_what_failed_is_settled_with_its_number_one_at_a_time(house: House, staff: Client) -> None:
    house.failed.frozen = house.failed.record.payload
    house.failed.save()
    given = {"arrived": "yes", "number": "4711", "reason": "mailed"}
    both = staff.post(act("settle", ids=f"{house.failed.pk},{house.in_doubt.pk}"), given)
    assert "A number is of one delivery" in both.content.decode()
    assert (state_of(house.failed), state_of(house.in_doubt)) == (State.FAILED, State.IN_DOUBT)
    staff.post(act("settle", ids=house.failed.pk), given)
    assert (state_of(house.failed), house.failed.target_id) == (State.DELIVERED, "4711")


def test_one_refusal_does_not_stop_its_neighbours(house: House) -> None:
    many = services.each(
        [house.delivered.pk, house.failed.pk], lambda pk: services.reopen(pk, actor=house.staff, content="current")
    )
    assert many.done == 1
    assert many.refused[0].startswith(f"Delivery {house.delivered.pk}: ")
    assert state_of(house.failed) == State.PENDING


# --- The page


def test_the_page_says_why_a_pending_delivery_has_not_gone(house: House, staff: Client) -> None:
    type(house.flow).objects.filter(pk=house.flow.pk).update(paused_reason="the partner moves house")
    behind = house.delivery("500200", State.PENDING, lane=house.failed.lane)
    text = staff.get(page(behind)).content.decode()
    assert "the partner moves house" in text
    assert f"Delivery {house.failed.pk} of the same object" in text
    free = house.delivery("500201", State.PENDING)
    type(house.flow).objects.filter(pk=house.flow.pk).update(paused_reason="")
    assert "the next free worker takes it" in staff.get(page(free)).content.decode()


def test_the_page_names_remedy_and_who_acts(house: House, staff: Client) -> None:
    text = staff.get(page(house.failed)).content.decode()
    assert "Add it to the supplier in Visma." in text
    assert "Who acts: the customer." in text


def test_buttons_fit_the_state(house: House, staff: Client) -> None:
    def offered(row: Delivery) -> set[str]:
        text = staff.get(page(row)).content.decode()
        return {name for name in ("replay", "force", "dismiss", "settle") if f"/act/{name}/?ids={row.pk}" in text}

    assert offered(house.failed) == {"replay", "dismiss"}
    assert offered(house.delivered) == {"force"}
    assert offered(house.in_doubt) == {"settle", "dismiss"}
    assert offered(house.pending) == {"dismiss"}


def test_attempts_lead_to_their_exchanges_and_the_set_to_its_interchange(house: House, staff: Client) -> None:
    text = staff.get(page(house.delivered)).content.decode()
    assert reverse("admin:integrations_exchange_change", args=[house.exchange.pk]) in text
    assert reverse("admin:edi_transactionset_change", args=[house.sent.pk]) in text


# --- The list


def numbers(client: Client, **query: object) -> list[str]:
    answer = client.get(reverse("admin:integrations_delivery_changelist"), query)
    assert answer.status_code == 200
    return [d.business_number for d in answer.context["cl"].result_list]


def test_the_list_is_narrowed_by_state_tenant_flow_and_age(house: House, staff: Client) -> None:
    assert numbers(staff, state="failed") == ["500123"]
    assert numbers(staff, state="needs") == ["500125", "500123"]
    assert numbers(staff, state="under_way") == ["500126"]
    assert numbers(staff, tenant=house.other.pk) == []
    assert len(numbers(staff, flow="visma-orderful.purchase-orders")) == 4
    assert numbers(staff, flow="visma-cleo.purchase-orders") == []
    assert numbers(staff, older="1d") == []
    Delivery.objects.filter(pk=house.failed.pk).update(since=timezone.now() - timezone.timedelta(days=2))
    assert numbers(staff, older="1d") == ["500123"]


def test_a_number_is_found_whole_and_by_its_beginning(house: House, staff: Client) -> None:
    house.delivery("5001", State.DELIVERED)
    assert numbers(staff, q="5001") == ["5001"], "the whole number wins over its longer neighbours"
    assert numbers(staff, q="50012") == ["500126", "500125", "500124", "500123"]
    assert numbers(staff, q="00124") == [], "the middle of a number is not looked for"
    assert numbers(staff, q=f"#{house.failed.pk}") == ["500123"]
    assert numbers(staff, q="x' OR 1=1 --") == []


def test_ticked_rows_lead_to_the_plan(house: House, staff: Client) -> None:
    url = reverse("admin:integrations_delivery_changelist")
    answer = staff.post(
        url, {"action": "replay", "_selected_action": [house.failed.pk, house.delivered.pk], "index": 0}
    )
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:integrations_delivery_act", args=["replay"]))
    assert set(answer["Location"].partition("ids=")[2].split("%2C")) == {str(house.failed.pk), str(house.delivered.pk)}
    assert state_of(house.failed) == State.FAILED


@pytest.mark.parametrize("query", ["", "ids=", "ids=x", "ids=0", "ids=" + "9" * 40, "matching=state%3Dnothing"])
def test_an_action_on_no_rows_is_no_error(house: House, staff: Client, query: str) -> None:
    url = reverse("admin:integrations_delivery_act", args=["replay"])
    assert staff.get(f"{url}?{query}").status_code in (200, 404)
    assert staff.post(f"{url}?{query}", {"content": "current"}).status_code in (200, 404)


def test_an_action_that_does_not_exist_is_not_found(house: House, staff: Client) -> None:
    assert staff.get(act("delete", ids=house.failed.pk)).status_code == 404
