"""EDIFACT through the Cleo simulator: what is uploaded is read strictly and answered by a CONTRL."""

from __future__ import annotations

import pytest

from tests.integrations.sandbox.cleo_client import PARTNER, api, downloads, sandbox, server, upload
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.vendor_schema import Checked

__all__ = ["api", "sandbox", "server"]


def order(number: str = "000000001", *, count: str = "4", end: str = "", test: bool = True) -> str:
    """An ORDERS, right but for what is changed."""
    flags = "++++++1" if test else ""
    return (
        f"UNA:+.? '\nUNB+UNOC:3+NORDLOGISTIKT:14+{PARTNER}T:14+261121:0020+{number}{flags}'\nUNH+1+ORDERS:D:96A:UN'\n"
        f"BGM+220+500001+9'\nFTX+AAI+++What?'s? this?+that'\nUNT+{count}+1'\nUNZ+1+{end or number}'\n"
    )


def test_an_order_is_accepted(api: Checked, sandbox: Served) -> None:
    upload(api, order())
    (row,) = sandbox.rows("files")
    assert (row["business_number"], row["body"]["kind"], row["body"]["problems"]) == ("500001", "ORDERS", [])
    assert row["body"]["interchange"]["usage"] == "T"
    (content,) = downloads(api, sandbox)
    lines = content.replace("\n", "").split("'")
    assert lines[1].startswith(f"UNB+UNOC:3+{PARTNER}T:14+NORDLOGISTIKT:14+26")
    assert lines[1].endswith("+000000001++++++1")
    assert lines[2:6] == [
        "UNH+1+CONTRL:2:2:UN",
        f"UCI+000000001+NORDLOGISTIKT:14+{PARTNER}T:14+7",
        "UCM+1+ORDERS:D:96A:UN+7",
        "UNT+4+1",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (order(count="5"), "UCM+1+ORDERS:D:96A:UN+4+29'"),
        (order(end="000000002"), "+4+28'"),
        (order().replace("UNT+4+1", "UNT+4+2"), "UCM+1+ORDERS:D:96A:UN+4+28'"),
    ],
)
def test_wrong_counts_and_references_are_rejected(api: Checked, sandbox: Served, text: str, says: str) -> None:
    upload(api, text)
    (content,) = downloads(api, sandbox)
    assert says in content


def test_what_cannot_be_taken_apart_is_not_answered(api: Checked, sandbox: Served) -> None:
    upload(api, order().rpartition("UNZ")[0])
    assert downloads(api, sandbox) == []
    assert sandbox.rows("files")[0]["body"]["problems"] == ["there is no UNZ at the end"]


def test_a_control_is_not_answered(api: Checked, sandbox: Served) -> None:
    upload(api, order().replace("ORDERS:D:96A", "CONTRL:2:2").replace("BGM+220+500001+9", "UCI+1+A+B+7"))
    assert downloads(api, sandbox) == []


def test_a_reference_is_used_once(api: Checked, sandbox: Served) -> None:
    sandbox.options(duplicate_policy="reject")
    upload(api, order(), "a.edi")
    upload(api, order(), "b.edi")
    upload(api, order(test=False), "c.edi")
    assert ["+4+26'" in content for content in downloads(api, sandbox)] == [False, True, False]


def test_options_of_answers(api: Checked, sandbox: Served) -> None:
    sandbox.options(reject_every=2)
    upload(api, order("1"), "a.edi")
    upload(api, order("2"), "b.edi")
    assert ["+4+18'" in content for content in downloads(api, sandbox)] == [False, True]
    sandbox.options(auto_997=False)
    upload(api, order("3"), "c.edi")
    assert len(downloads(api, sandbox)) == 2
