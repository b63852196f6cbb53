"""A measure in a process of its own: its memory is its own, and so is what it imports or switches off."""

from __future__ import annotations

import multiprocessing
import sys
import traceback
from multiprocessing.connection import Connection

import msgspec

from bench.figures import Figure
from bench.registry import load


def run(measure: str) -> list[Figure] | None:
    """The figures of one measure, from a new process; None when it failed, which it has printed."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(measure, there))
    process.start()
    there.close()
    try:
        answer = here.recv_bytes()
    except EOFError:
        return None
    finally:
        process.join()
    return msgspec.json.decode(answer, type=list[Figure])


def _child(measure: str, answer: Connection) -> None:
    try:
        answer.send_bytes(msgspec.json.encode(load(measure)()))
    except Exception:  # noqa: BLE001 - whatever it is: it is printed, and the other measures go on
        traceback.print_exc(file=sys.stderr)
    finally:
        answer.close()
