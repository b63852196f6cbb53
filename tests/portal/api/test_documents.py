"""EDI documents over the API: as values, as text, on paper; whole ones leave a trace."""

from __future__ import annotations

import hashlib
import json

import pytest
from django_scopes import scopes_disabled

from edi.models import TransactionSet
from integrations.models import Delivery
from portal.audit.models import AuditEvent
from portal.common.redaction import MASK
from portal.tenants.models import ApiKey, Scope
from tests.edi.interchanges import one
from tests.portal.api.conftest import Caller, Owned


def operating(owned: Owned) -> Caller:
    """A caller whose key may operate."""
    with scopes_disabled():
        _, key = ApiKey.issue(tenant=owned.tenant, name="archive", scope=Scope.OPERATE)
    return Caller(key)


def events(owned: Owned) -> list[AuditEvent]:
    with scopes_disabled():
        return list(AuditEvent.objects.filter(tenant=owned.tenant, action="transactionset.downloaded"))


def test_the_list_is_found_by_number_kind_and_stream(ours: Owned, theirs: Owned) -> None:
    caller = Caller(ours.key)
    row = caller.get("/api/v1/documents", business_number="500001-ours").json()["results"][0]
    assert (row["kind"], row["direction"], row["stream"], row["standard"]) == ("850", "out", "live", "X12")
    assert (row["network"], row["interchange_number"], row["acknowledged"]) == (
        "orderful-ours",
        "000000042",
        "accepted",
    )
    for asked in ({"kind": "810"}, {"stream": "test"}, {"direction": "in"}, {"business_number": "500001-theirs"}):
        assert caller.get("/api/v1/documents", **asked).json()["results"] == [], asked
    assert (
        len(caller.get("/api/v1/documents", kind="850", stream="live", acknowledged="accepted").json()["results"]) == 1
    )


def test_as_values_with_personal_data_masked(ours: Owned) -> None:
    said = Caller(ours.key).get(f"/api/v1/documents/{ours.document.pk}/json").json()
    whole = operating(ours).get(f"/api/v1/documents/{ours.document.pk}/json/whole").json()
    assert said["number"] == whole["number"] == "500001"
    assert [line["quantity"] for line in said["lines"]] == [line["quantity"] for line in whole["lines"]] != []
    addresses = [party["address"]["lines"] for party in whole["parties"] if party.get("address", {}).get("lines")]
    assert addresses, "the sample has no address"
    assert not [line for lines in addresses for line in lines if line in json.dumps(said)]
    assert MASK in json.dumps(said)
    assert MASK not in json.dumps(whole)


def test_as_the_text_that_went(ours: Owned) -> None:
    answer = operating(ours).get(f"/api/v1/documents/{ours.document.pk}/text")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/EDI-X12")
    assert answer["Content-Disposition"] == 'attachment; filename="850-500001-ours.edi"'
    assert answer.content == one("850")
    assert answer["Cache-Control"] == "no-store"


def test_of_an_interchange_with_two_documents_one_is_cut_out(ours: Owned) -> None:
    body = one("850")
    first = body[body.index(b"ST*") : body.index(b"GE*")]
    second = first.replace(b"500001", b"500002")
    whole = body.replace(first, first + second)
    with scopes_disabled():
        interchange = ours.document.interchange
        interchange.text, interchange.sha256 = whole, hashlib.sha256(whole).hexdigest()
        interchange.save(update_fields=["text", "sha256"])
        other = TransactionSet.objects.create(
            tenant=ours.tenant,
            interchange=interchange,
            set_id="850",
            business_number="500002",
            position=2,
            created_at=ours.document.created_at,
        )
    text = operating(ours).get(f"/api/v1/documents/{other.pk}/text").content
    assert b"500002" in text
    assert text.count(b"ST*") == 1
    assert text.startswith(b"ISA*")


@pytest.mark.parametrize("form", ["text", "pdf", "json/whole"])
def test_whole_documents_need_a_key_that_operates_and_leave_a_trace(ours: Owned, theirs: Owned, form: str) -> None:
    path = f"/api/v1/documents/{ours.document.pk}/{form}"
    refused = Caller(ours.key).get(path)
    assert refused.status_code == 403
    assert "masked" in refused.json()["detail"]
    assert events(ours) == []
    assert operating(ours).get(path).status_code == 200
    (event,) = events(ours)
    assert event.actor_name.startswith("archive (mlc_")
    assert event.business_number == "500001-ours"
    assert operating(theirs).get(path).status_code == 404
    assert Caller().get(path).status_code == 401


def test_on_paper_whatever_the_caller_accepts(ours: Owned) -> None:
    with scopes_disabled():
        Delivery.objects.filter(pk=ours.delivery.pk).update(transaction_set=ours.document)
    caller = operating(ours)
    caller._headers["Accept"] = "application/pdf"
    for path in (f"/api/v1/documents/{ours.document.pk}/pdf", f"/api/v1/deliveries/{ours.delivery.pk}/pdf"):
        answer = caller.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer["Content-Disposition"] == 'attachment; filename="850-500001-ours.pdf"'
        assert answer.content.startswith(b"%PDF-")
    assert caller.get(f"/api/v1/documents/{ours.document.pk}/text").content.startswith(b"ISA")


def test_a_delivery_without_a_document_says_so(ours: Owned) -> None:
    answer = operating(ours).get(f"/api/v1/deliveries/{ours.delivery.pk}/pdf")
    assert (answer.status_code, answer.json()["detail"]) == (404, "This delivery carries no EDI document.")


def test_what_retention_took_is_not_there_any_more(ours: Owned) -> None:
    with scopes_disabled():
        interchange = ours.document.interchange
        interchange.text = None
        interchange.save(update_fields=["text"])
    caller = operating(ours)
    for form in ("json", "text", "pdf"):
        answer = caller.get(f"/api/v1/documents/{ours.document.pk}/{form}")
        assert (answer.status_code, "retention" in answer.json()["detail"]) == (404, True), form
    assert events(ours) == []


def test_a_document_names_its_acknowledgments_and_deliveries(ours: Owned) -> None:
    with scopes_disabled():
        Delivery.objects.filter(pk=ours.delivery.pk).update(transaction_set=ours.document)
    row = Caller(ours.key).get(f"/api/v1/documents/{ours.document.pk}").json()
    assert (row["deliveries"], row["acknowledgments"]) == ([ours.delivery.pk], [])
