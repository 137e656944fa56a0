"""Memory that load took returns to the system soon after; at rest nothing measures it."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from core.process import memory
from tests.processes import ROOT

GROW_AND_TRIM = """
import asyncio, sys
from core.process import memory
memory.freeze_gc()
before = memory.resident_bytes()
kept = []
for _ in range(40):  # 120 MB in small pieces between lasting ones: a fragmented heap
    pieces = [bytes(50_000) for _ in range(60)]
    kept.append(bytes(40))
    kept.append(pieces)
held = memory.resident_bytes()
kept.clear(); del pieces
memory.trim()
print(before, held, memory.resident_bytes())
"""


def test_freed_memory_returns_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GROW_AND_TRIM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, held, after = map(int, done.stdout.split())
    assert held - before > 100 << 20
    assert after - before < 8 << 20


def test_a_burst_is_followed_by_one_check_and_rest_by_none() -> None:
    sizes = iter([100 << 20, 60 << 20, 61 << 20])
    looked, trimmed = [], []

    def resident() -> int:
        looked.append(1)
        return next(sizes)

    async def work() -> None:
        trimmer = memory.MemoryTrimmer(0.01, resident, lambda: trimmed.append(1))
        for _ in range(50):
            trimmer.schedule()
        await asyncio.sleep(0.1)
        assert (len(trimmed), len(looked)) == (1, 2)
        await asyncio.sleep(0.05)
        assert len(looked) == 2
        trimmer.schedule()  # too little growth to trim
        await asyncio.sleep(0.1)
        assert (len(trimmed), len(looked)) == (1, 3)

    asyncio.run(work())
