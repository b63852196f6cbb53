"""Choices for settings, read live from the systems that have them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from integrations.http.errors import Fault
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Choice, Setting
from integrations.systems.registry import system

MOST = 500
"""Choices of one list: more are found by typing, not by looking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One list."""

    name: str
    """As visma.branches."""
    connection: Connection
    choices: tuple[Choice, ...] = ()
    problem: str = ""
    """Why it could not be read, a sentence."""
    cut: bool = False

    @property
    def list_id(self) -> str:
        return list_id(self.name)

    @property
    def words(self) -> str:
        """As "cash accounts"."""
        return list_words(self.name)


def list_words(name: str) -> str:
    """What a list holds."""
    return name.partition(".")[2].replace("_", " ")


def list_id(name: str) -> str:
    """What the list is called in a page."""
    return "offer-" + name.replace(".", "-").replace("_", "-")


def lists_of(settings: Iterable[Setting]) -> dict[str, str]:
    """The settings that have a list, and which."""
    return {s.name: s.offers for s in settings if s.offers}


def read_offers(names: Iterable[str], connections: Iterable[Connection]) -> list[Offered]:
    """The lists, each read at the first of the connections that is of its system. Reads only. What cannot be read says
    why; a list of a system that is not among them is left out."""
    rows = list(connections)
    found: list[Offered] = []
    for key in dict.fromkeys(name.partition(".")[0] for name in names):
        connection = next((c for c in rows if c.system == key), None)
        if connection is not None:
            wanted = [n for n in dict.fromkeys(names) if n.partition(".")[0] == key]
            found += _read(connection, wanted)
    return found


def _read(connection: Connection, names: list[str]) -> list[Offered]:
    spec = system(connection.system)
    try:
        session = spec.session(connection)
    except Fault as fault:
        return [Offered(name=name, connection=connection, problem=fault.sentence) for name in names]
    session.for_people = True
    try:
        return [_one(name, connection, session) for name in names]
    finally:
        session.close()


def _one(name: str, connection: Connection, session: Session) -> Offered:
    offer = system(connection.system).offers[name.partition(".")[2]]
    try:
        some = list(islice((c for c in offer(connection, session) if c.value), MOST + 1))
    except Fault as fault:
        return Offered(name=name, connection=connection, problem=fault.sentence)
    unique = {c.value: c for c in some[:MOST]}
    return Offered(name=name, connection=connection, choices=tuple(unique.values()), cut=len(some) > MOST)
