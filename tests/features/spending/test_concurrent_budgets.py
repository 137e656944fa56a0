"""A budget under concurrency: two processes on the tests' database want its last cent."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from catalog.models import Endpoint
from features.spending.models import Budget
from projects.models import Project
from tests.features.spending.sums import require_sums_hold
from tests.processes import ROOT
from tests.projects.people import make_project
from tests.runs.doors.world import World


@pytest.mark.both_databases
@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_two_processes_never_share_the_last_cent(
    user: User, make_endpoint: Callable[..., Endpoint], documents: dict[str, Any]
) -> None:
    """Two processes want the only run that the budget allows; without the lock, both got it."""
    project: Project = make_project("Spring", ana="maker", mia="manager")
    World(user, project, make_endpoint, documents).fill()
    Budget.objects.create(scope="house", period="month", limit=Decimal("0.01"))
    done = _played(2, 20)
    assert done["done"] > 2 < done["unaffordable"], done
    require_sums_hold()


def _played(count: int, steps: int) -> Counter[str]:
    """Return the counts of this number of processes that play at once."""
    players = [_player(10 + place, steps) for place in range(count)]
    for player in players:
        assert player.stdout
        player.stdout.readline()  # it is ready
    done: Counter[str] = Counter()
    for player in players:
        assert player.stdin
        player.stdin.write("go\n")
        player.stdin.flush()
    for player in players:
        output, errors = player.communicate()
        assert player.returncode == 0, errors
        done.update(json.loads(output.splitlines()[-1])["done"])
    return done


def _player(seed: int, steps: int) -> subprocess.Popen[str]:
    url = os.environ.get("VITRINE_TEST_DATABASE_URL", "sqlite:///")
    url = f"{url.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    environment = os.environ | {
        "VITRINE_TEST_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.features.spending.players", str(seed), str(steps)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
