"""What comes back through the Cleo simulator: acknowledgments, answers, files that are not whole yet."""

from __future__ import annotations

import json

import pytest

from tests.integrations.sandbox.cleo_client import (
    PARTNER,
    X12,
    api,
    downloads,
    folder,
    listed,
    sandbox,
    segments,
    server,
    upload,
)
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.vendor_schema import Checked
from tests.integrations.sandbox.x12_text import INVOICE, ORDER, interchange, purchase_order

__all__ = ["api", "sandbox", "server"]


def test_every_order_is_acknowledged(api: Checked, sandbox: Served) -> None:
    upload(api, purchase_order(7, usage="T"))
    assert listed(api, f"/{PARTNER}/download/997") == []
    (content,) = downloads(api, sandbox)
    found = segments(content)
    assert [one for one in found if one[:2] == "AK"] == ["AK1*PO*7", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"]
    isa = found[0].split("*")
    assert (isa[6].strip(), isa[8].strip(), isa[15]) == (PARTNER, "NORDLOGISTIK", "T")
    assert [row["body"]["kind"] for row in sandbox.rows("files")] == ["850", "997"]


def test_bad_files_are_stored_and_answered(api: Checked, sandbox: Served) -> None:
    upload(api, purchase_order(1).replace("SE*6", "SE*5"), "count.x12")
    upload(api, purchase_order(2).replace("IEA*1*", "IEA*4*"), "groups.x12")
    upload(api, purchase_order(3)[:90], "torn.x12")
    upload(api, "no interchange", "text.txt")
    answers = downloads(api, sandbox)
    assert len(answers) == 2
    assert "AK5*R*4" in answers[0]
    assert "TA1*000000002*261120*1200*R*021" in answers[1]
    assert "AK1" not in answers[1]
    assert [bool(row["body"]["problems"]) for row in sandbox.rows("files")] == [True] * 4 + [False] * 2
    events = api.get("/api/events", params={"filter": 'type eq "invalidInterchange"'}).json()
    assert events["totalResults"] == 4
    assert {event["severity"] for event in events["resources"]} == {"error"}


def test_acknowledgments_are_not_acknowledged(api: Checked, sandbox: Served) -> None:
    acknowledgment = ("AK1*PR*1", "AK9*A*1*1*1")
    upload(api, interchange(("997", acknowledgment), functional_id="FA"), path=f"/{PARTNER}/upload/997")
    assert downloads(api, sandbox) == []


def test_ta1_is_sent_when_asked_for(api: Checked, sandbox: Served) -> None:
    upload(api, purchase_order(ta1="1"))
    answers = downloads(api, sandbox)
    assert ["TA1*000000001*261120*1200*A*000" in answers[0], "AK9*A" in answers[1]] == [True, True]


def test_a_control_number_is_used_once(api: Checked, sandbox: Served) -> None:
    upload(api, purchase_order(5), "a.x12")
    upload(api, purchase_order(5), "b.x12")
    upload(api, purchase_order(5, usage="T"), "c.x12")
    upload(api, purchase_order(5, receiver="SUP50003"), "d.x12", path="/SUP50003/upload/850")
    flags = {row["body"]["name"]: row["body"]["duplicate_control_number"] for row in sandbox.rows("files")}
    assert flags == {"a.x12": False, "b.x12": True, "c.x12": False, "d.x12": False}
    (event,) = api.get("/api/events", params={"filter": 'type eq "duplicateControlNumber"'}).json()["resources"]
    assert event["path"].endswith("/b.x12")
    sandbox.options(duplicate_policy="reject")
    upload(api, purchase_order(5), "e.x12")
    assert "*R*025~" in downloads(api, sandbox)[-1]


def test_another_partners_file_is_noted(api: Checked) -> None:
    upload(api, purchase_order(receiver="SUP50003"))
    assert api.get("/api/events", params={"filter": 'type eq "wrongReceiver"'}).json()["totalResults"] == 1


def test_options_of_answers(api: Checked, sandbox: Served) -> None:
    sandbox.options(reject_every=2)
    for number in (1, 2):
        upload(
            api,
            interchange(("810", INVOICE), number=number, functional_id="IN"),
            f"{number}.x12",
            f"/{PARTNER}/upload/810",
        )
    assert ["AK5*A" in one for one in downloads(api, sandbox)] == [True, False]
    sandbox.options(auto_997=False)
    upload(api, purchase_order(3))
    assert len(downloads(api, sandbox)) == 2


def test_json_payloads(api: Checked, sandbox: Served) -> None:
    headers = {"Content-Type": "application/json"}
    content = {"header": {"purchaseOrderNumber": "500009"}, "number": ""}
    target = folder(api, f"/{PARTNER}/upload/850")
    assert api.post(target, params={"name": "a.json"}, json=content, headers=headers).status_code == 201
    assert api.post(target, params={"name": "b.json"}, data=b"{", headers=headers).status_code == 201
    good, bad = sandbox.rows("files")
    assert (good["business_number"], good["body"]["kind"], good["body"]["problems"]) == ("500009", "850", [])
    assert bad["body"]["problems"]


def test_mixed_answers_in_one_interchange(api: Checked, sandbox: Served) -> None:
    upload(api, purchase_order(3))
    sandbox.mutate("inbound", {"kinds": "997+855+856+860+810", "verdict": "rejected"})
    (content,) = downloads(api, sandbox, f"/{PARTNER}/download")
    found = segments(content)
    assert [one.split("*")[1] for one in found if one.startswith("ST*")] == ["997", "855", "856", "860", "810"]
    assert found[-1].startswith("IEA*5*")
    assert "BAK*00*RD*500001*20261101" in content
    assert content.count("ACK*IR") == 2


def test_answers_to_a_chosen_order_and_without_any(api: Checked, sandbox: Served) -> None:
    upload(api, interchange(("850", ORDER), ("850", (ORDER[0].replace("500001", "500002"), *ORDER[1:]))))
    sandbox.mutate("inbound", {"kinds": "855", "purchaseOrderNumber": "500002"})
    sandbox.mutate(
        "inbound", {"kinds": "860", "partner": "SUP50003", "purchaseOrderNumber": "4711", "usage": "T"}, count=2
    )
    assert "*500002*" in downloads(api, sandbox, f"/{PARTNER}/download/855")[0]
    changes = downloads(api, sandbox, "/SUP50003/download/860")
    assert ["*QI*10*11*" in changes[0], "*QI*11*12*" in changes[1]] == [True, True]
    assert all("NORDLOGISTIKT" in change and "*4711*" in change for change in changes)


def test_given_files(api: Checked, sandbox: Served) -> None:
    partner = {"suppliers": [{"number": "50001", "name": "Åkeri"}]}
    sandbox.mutate("inbound", {"content": partner, "partner": PARTNER, "name": "partner.json"})
    assert json.loads(downloads(api, sandbox, f"/{PARTNER}/download/partners")[0]) == partner
    torn = {"content": "ISA*00*", "partner": PARTNER, "folder": f"/{PARTNER}/download", "name": "torn.edi"}
    assert sandbox.mutate("inbound", torn) == [f"/{PARTNER}/download/torn.edi"]


def test_half_written_and_doubled_files(api: Checked, sandbox: Served) -> None:
    sandbox.options(half_written_every=1, half_written_seconds=5, list_twice_every=1)
    sandbox.mutate("inbound", {"kinds": "855", "partner": PARTNER})
    first, again = listed(api, f"/{PARTNER}/download/855")
    assert first == again
    assert first["size"] == 0
    half = api.get(f"/api/files/{first['id']}/content").content
    sandbox.advance(6)
    whole = listed(api, f"/{PARTNER}/download/855")[0]
    content = api.get(f"/api/files/{first['id']}/content").content
    assert (whole["id"], whole["size"]) == (first["id"], len(content))
    assert content.startswith(half)
    assert 0 < len(half) < len(content)


def test_faults_carry_a_message(api: Checked, sandbox: Served) -> None:
    for retry_after in (None, 4):
        sandbox.fault(fault=429, method="GET", path_regex="/api/folders", times=1, retry_after=retry_after)
        limited = api.get("/api/folders")
        assert (limited.status_code, limited.headers.get("Retry-After")) == (429, retry_after and str(retry_after))
        assert limited.json()["message"]
    sandbox.fault(fault="timeout_after", method="POST", path_regex="/files", times=1, seconds=0.1)
    target = folder(api, f"/{PARTNER}/upload/850")
    with pytest.raises(OSError):
        api.post(target, params={"name": "order.x12"}, data=purchase_order().encode(), headers=X12)
    assert [file["name"] for file in listed(api, f"/{PARTNER}/upload/850")] == ["order.x12"]
