"""Threads that meet a type for the first time at the same moment."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from portal.common.decoding import decoder

TOGETHER = """
import sys, threading, types
import msgspec
from portal.common.decoding import prepare_types

lines = ["from __future__ import annotations", "import msgspec"]
for i in range(12):
    lines.append(f"class C{i}(msgspec.Struct, frozen=True, kw_only=True):")
    lines += [f"    f{k}: {f'C{i - 1}' if i else 'int'} | None = None" for k in range(3)]
module = sys.modules["met_together"] = types.ModuleType("met_together")
exec("\\n".join(lines), module.__dict__)

prepare_types()
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)

def meet():
    together.wait()
    for _ in range(50):
        msgspec.json.decode(b'{"f0": {"f1": {"f2": {}}}}', type=module.C11)

threads = [threading.Thread(target=meet) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_may_meet_a_type_at_the_same_moment() -> None:
    """Where nothing was prepared, about one process in five ends with a segmentation fault."""
    for _ in range(15):
        subprocess.run([sys.executable, "-c", TOGETHER], check=True, timeout=60)


def test_a_type_that_is_made_at_run_time_is_read_alike_each_time() -> None:
    class Page(msgspec.Struct):
        items: list[int]

    assert decoder(dict[str, Page]).decode(b'{"a": {"items": ["1", 2]}}') == {"a": Page([1, 2])}
    assert decoder(dict[str, Page]) is decoder(dict[str, Page])
