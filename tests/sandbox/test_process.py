"""The program starts fast, stops cleanly, and imports neither Django nor the rest of Vitrine."""

import resource
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.sandbox.server import ROOT, start_sandbox

pytestmark = pytest.mark.system  # these tests take long


def test_the_sandbox_starts_within_a_second_and_exits_with_0(tmp_path: Path) -> None:
    def start_and_stop() -> float:
        """Return processor seconds, which a busy machine affects little; usually about 0.4."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        running = start_sandbox(tmp_path)
        assert httpx.get(f"{running.addresses['api']}/models").status_code == 200
        assert running.stop() == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert any(start_and_stop() < 1 for _ in range(5))


def test_the_sandbox_starts_without_django_or_heavy_libraries(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.sandbox.imports_script", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert "starlette" in loaded
    assert not loaded & {"django", "fal", "schemas", "catalog", "runs", "config"}
    assert not loaded & {"numpy", "PIL", "av", "trimesh"}
