"""Every entry point that starts runs refuses what no budget allows, and asks first if it must.

`make test` tries one of the entry points that lead to the same function, for each of the two.
"""

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from features.spending.models import Budget, SpendingRules
from projects.models import Project
from runs.models import Charge, LedgerEntry, Run
from tests.features.spending.sums import require_sums_hold
from tests.projects.people import make_project
from tests.runs.doors.table import DOORS, Door
from tests.runs.doors.world import World
from tests.sampling import one_of_each, sample

# entry points of the worker: a page says afterwards why nothing was started
JOBS = {"next-step", "check"}
TINY = Decimal("0.0001")


def one_of_starters(of: str) -> list[Door]:
    return one_of_each(DOORS, lambda door: door.starters, of)


@pytest.fixture
def world(
    user: User, make_endpoint: Callable[..., Endpoint], documents: dict[str, Any], settings: Any
) -> World:
    settings.GATEWAY_URL = "http://gateway.test"
    settings.REALTIME_URL = "wss://vitrine.test/live"
    project: Project = make_project("Spring", ana="maker", mia="manager")
    filled = World(user, project, make_endpoint, documents)
    filled.fill()
    Endpoint.objects.update(unit_price_usd="0.5", price_unit="images", currency="USD")
    return filled


def _unescape(text: str) -> str:
    text = html.unescape(re.sub(r"\s+", " ", text.replace("\\u201c", "“")))
    return text.replace("\\u201d", "”").replace('\\"', '"')


def _count_started() -> tuple[int, int, int]:
    """Count what was started, without charges of a flow's later steps, which may be released."""
    charges = Charge.objects.filter(run__isnull=False)
    return Run.objects.count(), LedgerEntry.objects.count(), charges.count()


@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.parametrize(
    "door", sample([*one_of_starters("refuses")], 5, by_seed=2), ids=lambda door: door.name
)
def test_a_door_refuses_what_a_budget_does_not_allow(world, door):
    """402 states the rest of the budget and whom to ask; nothing is started or reserved."""
    SpendingRules.objects.create(pk=1, unknown=SpendingRules.Unknown.ASSUME, assumed=1)
    for scope in (Budget.Scope.HOUSE, Budget.Scope.PROJECT):
        project = world.project if scope == Budget.Scope.PROJECT else None
        use = door.use(world)
        budget = Budget.objects.create(scope=scope, project=project, limit=TINY)
        before = _count_started()
        text = _unescape(use())
        where = f"{door.name}, {scope}: {text[:3000]}"
        whose = "The project “Spring”" if project else "The house"
        assert f"{whose} may spend $" in text, where
        assert "is left until" in text, where
        assert ("Ask mia for more" if project else "Ask an admin of Vitrine for") in text, where
        if text[:3].isdigit() and door.name not in JOBS:
            assert text.startswith("402: "), where
            if "<" in text[:6]:
                assert "data-refused" in text, where
                assert "Ask for more" in text, where
        assert _count_started() == before, where
        require_sums_hold()
        budget.delete()
    use = door.use(world)
    count = Run.objects.count()
    use()
    assert Run.objects.count() > count, door.name


ASKED_NOBODY = JOBS | {"live", "live-of-program"}  # nobody waits for the answer
# an assistant names the highest cost that it allows in its call
SAID_BEFORE = {"assistant", "assistant-flow"}


@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.parametrize(
    "door", sample([*one_of_starters("asks")], 4, by_seed=2), ids=lambda door: door.name
)
def test_a_door_asks_about_an_unknown_cost_and_goes_on_once_told(world, door, monkeypatch):
    """The answer is 402 with a button; the same press with the confirmation starts it.

    Jobs do not ask.
    """
    SpendingRules.objects.create(pk=1, assumed=1)
    Endpoint.objects.update(unit_price_usd=None)
    use = door.use(world)
    Budget.objects.create(scope=Budget.Scope.HOUSE, limit=100)
    before = _count_started()
    text = _unescape(use())
    if door.name in ASKED_NOBODY | SAID_BEFORE:
        assert Run.objects.count() > before[0], text[:3000]
        return
    assert text.startswith("402: "), text[:3000]
    assert _count_started() == before, text[:3000]
    if "<" in text[:6]:
        assert "data-refused" in text
        assert "Go on, whatever it costs" in text
        (value,) = re.findall(r'name="~confirmed" value="([^"]+)"', text)
        confirmation = {"~confirmed": value}
    else:
        confirmation = {}
        value = str(re.findall(r'"?(?:max_cost|code)"?: ?"([^"]+)"', text)[0])
    posted = Client.post

    def post(client: Client, path: str, data: Any = None, *args: Any, **more: Any) -> Any:
        if confirmation and not isinstance(data, str):
            data = {**(data or {}), **confirmation}
        elif not confirmation:
            more["headers"] = {**(more.get("headers") or {}), "X-Max-Cost": "unknown"}
        return posted(client, path, data, *args, **more)

    monkeypatch.setattr(Client, "post", post)
    answer = use()
    assert Run.objects.count() > before[0], (value, _unescape(answer)[:3000])
