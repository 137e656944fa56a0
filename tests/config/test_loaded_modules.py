"""Processes do not load certain heavy modules when they start."""

import subprocess
import sys

import pytest

from tests.processes import ROOT
from tests.sampling import sample

pytestmark = pytest.mark.system  # these tests take long


PROGRAMS: list[tuple[str, set[str]]] = [
    ("import fal", {"rich", "pygments", "numpy", "av", "trimesh"}),
    ("import sandbox.app", {"httpx", "rich", "numpy", "PIL", "av", "trimesh"}),
    (
        "import os; os.environ.update(DJANGO_SETTINGS_MODULE='config.settings', DEBUG='1');"
        "from config.starting import readiness as checks;"  # a fresh clone has no database
        "checks.require = checks.require_static_files = lambda **_: None; import config.asgi",
        # `cryptography` is loaded by allauth's second factors and ID tokens.
        {"rich", "pygments", "numpy", "PIL", "av", "trimesh", "mcp"}
        # The web process sends nothing: the worker and the realtime process have clients.
        | {"httpx", "fal.clients", "websockets", "runs.worker.following.follow"}
        # Loaded with the first pattern in a schema, and with the first text.
        | {"regex", "markdown_it"},
    ),
    (
        "import os; os.environ.update(DJANGO_SETTINGS_MODULE='config.settings', DEBUG='1');"
        "import django; django.setup(); import config.management.commands.worker",
        {"numpy", "PIL", "av", "trimesh"},
    ),
]


@pytest.mark.parametrize(("program", "heavy"), sample(PROGRAMS, 0, by_seed=2))
def test_heavy_modules_are_not_imported_at_start(program, heavy):
    code = f"import sys; {program}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert not heavy & set(done.stdout.decode().split())
