"""Budgets under concurrency: two web and two worker processes, on the tests' database."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import pytest
from django.db import connection

from catalog.models import Endpoint
from features.spending.models import Budget, SpendingRules
from projects.models import Project
from runs.models import Charge
from tests.features.spending.sums import require_sums_hold
from tests.processes import ROOT
from tests.projects.people import make_project
from tests.runs.doors.world import World

ROLES = ("web", "web", "worker", "worker")
LIMITS = {"house": Decimal("0.90"), "project": Decimal("0.80"), "person": Decimal("0.50")}


@pytest.mark.both_databases
@pytest.mark.exhaustive
@pytest.mark.django_db(transaction=True)
def test_no_budget_is_passed_by_more_than_the_error_of_the_estimates(
    user, make_endpoint, documents
):
    """Processes start runs, boards, flows and retries at once, and check each time."""
    project: Project = make_project("Spring", ana="maker", mia="manager")
    world = World(user, project, make_endpoint, documents)
    world.fill()
    Endpoint.objects.update(unit_price_usd="0.01", price_unit="images", currency="USD")
    SpendingRules.objects.create(
        pk=1, unknown=SpendingRules.Unknown.ASSUME, assumed=Decimal("0.03")
    )
    Budget.objects.create(scope="house", period="month", limit=LIMITS["house"])
    Budget.objects.create(
        scope="project", project=project, period="once", begins_on="2026-01-01",
        limit=LIMITS["project"],
    )  # fmt: skip
    Budget.objects.create(scope="person", period="day", limit=LIMITS["person"])  # for each person
    done = _played(ROLES, 60)
    # The test shows something only if runs met a budget's end and ended in every way.
    kinds = {name.partition(" ")[0] for name in done}
    assert {"run", "batch", "board", "flow", "end", "bill"} <= kinds, done
    assert sum(count for name, count in done.items() if "unaffordable" in name) > 5, done
    assert sum(count for name, count in done.items() if "succeeded" in name) > 5, done
    require_sums_hold()
    assert Charge.objects.count() > 30, done


@pytest.mark.both_databases
@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_two_processes_never_share_the_last_cent(user, make_endpoint, documents):
    """Two processes want the only run that the budget allows; without the lock, both got it."""
    project: Project = make_project("Spring", ana="maker", mia="manager")
    World(user, project, make_endpoint, documents).fill()
    Budget.objects.create(scope="house", period="month", limit=Decimal("0.01"))
    done = _played(["racer", "racer"], 20)
    assert done["race done"] > 2 < done["race unaffordable"], done
    require_sums_hold()


def _played(roles: Sequence[str], steps: int) -> Counter[str]:
    """Return the counts of all processes that play these roles at once."""
    players = [_player(role, 10 + place, steps) for place, role in enumerate(roles)]
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


def _player(role: str, seed: int, steps: int) -> subprocess.Popen[str]:
    url = os.environ.get("VITRINE_TEST_DATABASE_URL", "sqlite:///")
    url = f"{url.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    environment = os.environ | {
        "VITRINE_TEST_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.features.spending.players", role, str(seed), str(steps)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
