"""Files of partners: each read once, none half written, nothing of them dropped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.utils import timezone

from integrations.http.errors import Transient
from integrations.models import Connection, SeenFile
from integrations.systems.cleo.sources import Inbox
from integrations.systems.cleo.spec import SYSTEM
from integrations.systems.contract import Item, Window
from tests.integrations.sandbox.served import Served
from tests.support.http_server import ScriptedServer, failing, serving

FOLDER = "/SUP50001/download"


def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, SYSTEM.session(connection))


def looked(source: Inbox, *, confirm: bool = True, into: list[Item] | None = None) -> list[Item]:
    """Everything that a look gives, confirmed page by page as the engine does; in `into`, also where it fails."""
    found = [] if into is None else into
    for page in source.read(Window(start=None, end=timezone.now() + dt.timedelta(hours=1)), None):
        found += page.items
        if confirm:
            source.confirm(page.items)
    return found


def arrives(cleo: Served, **values: Any) -> str:
    """A file of a partner; its path."""
    body = {"system": "cleo", "entity": "inbound", "key": None, "count": 1, "set": {"company": "SE", **values}}
    path: str = requests.post(f"{cleo.url}/_control/mutate", json=body, timeout=10).json()["mutated"][0]
    return path


@pytest.fixture
def source(connect: Callable[..., Connection], cleo: Served) -> Inbox:
    cleo.options(half_written_every=0, list_twice_every=0)
    return inbox(connect(quiet_seconds=0, download_folders=[FOLDER, f"{FOLDER}/855"]))


def test_a_file_comes_whole(source: Inbox, cleo: Served) -> None:
    path = arrives(cleo, kinds="997+855+856", partner="SUP50001", usage="T")
    [item] = looked(source)
    assert (item.kind, item.problem) == ("file", "")
    assert item.source_id == path.strip("/")
    assert item.business_number == path.rpartition("/")[2]
    assert [item.raw.count(f"ST*{kind}*".encode()) for kind in ("997", "855", "856")] == [1, 1, 1]
    assert source.fetch(item.source_id) == item


def test_a_file_is_read_once(source: Inbox, cleo: Served) -> None:
    cleo.options(list_twice_every=1)
    arrives(cleo, kinds="855", partner="SUP50001")
    assert len(looked(source)) == 1
    assert looked(source) == []
    assert SeenFile.objects.count() == 1


def test_what_was_not_stored_is_given_again(source: Inbox, cleo: Served) -> None:
    arrives(cleo, kinds="855", partner="SUP50001")
    first = looked(source, confirm=False)
    assert [i.source_id for i in looked(source)] == [i.source_id for i in first]


def test_a_half_written_file_waits(source: Inbox, cleo: Served) -> None:
    cleo.options(half_written_every=1, half_written_seconds=3600)
    arrives(cleo, kinds="855", partner="SUP50001")
    assert looked(source) == []
    assert not SeenFile.objects.exists()


def test_a_young_file_that_ends_in_the_middle_waits_for_the_rest(source: Inbox, cleo: Served) -> None:
    head = "ISA*00*          *00*          *ZZ*SUP50001T      *ZZ*NORDLOGISTIKT  *261121*0020*U*00401*000000001*0*T*>~"
    arrives(cleo, content=head + "GS*PR*A*B*20261121*0020*1*X*004010~ST*855*0001~", folder=FOLDER, name="cut.edi")
    assert looked(source) == []


@pytest.mark.parametrize("content", ["no X12 at all", "{}", "\x00\x01"])
def test_what_is_no_document_is_kept_with_its_bytes(source: Inbox, cleo: Served, content: str) -> None:
    arrives(cleo, content=content, folder=FOLDER, name="strange.bin")
    [item] = looked(source)
    assert (item.kind, item.raw) == ("file", content.encode())
    assert looked(source) == []


def test_rule_09_a_file_that_cannot_be_downloaded_keeps_no_other_back(
    connect: Callable[..., Connection], cleo: Served
) -> None:
    """The reading says that it failed, and the file comes when it can be had."""
    cleo.options(half_written_every=0)
    for name in ("one", "bad", "two"):
        arrives(cleo, content=name, folder=FOLDER, name=f"{name}.txt")
    with serving(ScriptedServer(otherwise=failing(cleo.url, lambda asked, says: says.bytes == b"bad"))) as server:
        source = inbox(connect(base_url=f"{server.url}/cleo", quiet_seconds=0, download_folders=[FOLDER]))
        came: list[Item] = []
        for _ in range(2):
            with pytest.raises(Transient, match=r"bad\.txt does not come; all others were read"):
                looked(source, into=came)
        assert sorted(item.raw for item in came) == [b"one", b"two"]
        server.otherwise = failing(cleo.url, lambda asked, says: False)
        assert [item.raw for item in looked(source)] == [b"bad"]


def test_the_same_name_with_other_content_is_read_again(source: Inbox, cleo: Served) -> None:
    arrives(cleo, content="one", folder=FOLDER, name="again.txt")
    looked(source)
    SeenFile.objects.update(sha256="0" * 64, modified="another time")
    assert len(looked(source)) == 1


def test_files_are_removed_only_by_setting(connect: Callable[..., Connection], cleo: Served) -> None:
    cleo.options(half_written_every=0)
    path = arrives(cleo, kinds="855", partner="SUP50001")
    looked(inbox(connect(quiet_seconds=0, download_folders=[f"{FOLDER}/855"], remove_after_reading=True)))
    state = requests.get(f"{cleo.url}/_control/state", params={"system": "cleo", "entity": "files"}, timeout=10).json()
    assert path not in [row["key"] for row in state["cleo"]["files"]["items"]]


def test_partner_data_is_not_taken_for_documents(connect: Callable[..., Connection], cleo: Served) -> None:
    cleo.options(half_written_every=0)
    arrives(cleo, content="{}", folder=f"{FOLDER}/partners", name="suppliers.json")
    assert looked(inbox(connect(quiet_seconds=0))) == []
