"""Every entry point that starts runs refuses a locked model with the rule's sentence.

The test finds the entry points in the code: each function that calls `runs/start/starting.py` needs
a row in `doors/table.py`, which uses it as people and programs do.
"""

import ast
import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from projects.models import Project, Rule
from runs.models import LedgerEntry, Run
from tests.processes import ROOT
from tests.projects.people import make_project
from tests.runs.doors.table import DOORS, STARTERS, Door
from tests.runs.doors.world import World
from tests.runs.start.test_starting import APPS
from tests.sampling import sample

REASON = "Legal has not cleared it."
# entry points of the worker: a page says afterwards why nothing was started
JOBS = {"next-step", "check"}
LEVELS = ("house", "project")
# How a rule names the entry point's model; `only` allows nothing but other models.
RULES: dict[str, Callable[[Endpoint], tuple[str, str, str]]] = {
    "id": lambda model: ("forbid", "id", model.endpoint_id),
    "ids": lambda model: ("forbid", "id", f"{model.endpoint_id[:-2]}*"),
    "owner": lambda model: ("forbid", "owner", model.endpoint_id.split("/")[0]),
    "category": lambda model: ("forbid", "category", model.category or "unknown"),
    "mark": lambda model: ("forbid", "mark", "unmarked"),
    "question": lambda model: ("forbid", "question", "license:commercial"),
    "only": lambda model: ("only", "owner", "nobody"),
}
PAIRS = [(level, kind) for kind in RULES for level in LEVELS]


def rules_for(door: Door) -> Iterator[tuple[str, str]]:
    """Return pairs of level and kind of rule, different ones per entry point: together all pairs.

    Both levels are always among them; `make test-all` tries all pairs at each entry point.
    """
    first = DOORS.index(door) % len(PAIRS)
    yield from sample([*PAIRS[first:], *PAIRS[:first]], 2, by_seed=1)


@pytest.mark.system
def test_the_table_has_every_function_that_starts_runs():
    """A new way to start a run fails here until `doors/table.py` has a row that uses it."""
    starters = {
        f"{path.relative_to(ROOT)}:{function}"
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for function in _starters(ast.parse(path.read_text()))
    }
    # the callers of `start` are the entry points
    assert starters - {"runs/start/starting.py:start"} == STARTERS


def _starters(module: ast.Module) -> Iterator[str]:
    """Return the module's functions that call `start` or `start_many` of the starting module."""
    names, modules = set[str](), set[str]()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name
                if node.module == "runs.start.starting" and alias.name in {"start", "start_many"}:
                    names.add(name)
                if node.module == "runs.start" and alias.name == "starting":
                    modules.add(name)
        if isinstance(node, ast.FunctionDef) and node.name == "start_many":
            names.add(node.name)  # within runs/start/starting.py itself
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for function in ast.walk(module):
        if not isinstance(function, functions):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and _is_start(call.func, names, modules):
                yield function.name


def _is_start(called: ast.expr, names: set[str], modules: set[str]) -> bool:
    if isinstance(called, ast.Name):
        return called.id in names
    return (
        isinstance(called, ast.Attribute)
        and called.attr in {"start", "start_many"}
        and isinstance(called.value, ast.Name)
        and called.value.id in modules
    )


@pytest.fixture
def world(
    user: User, make_endpoint: Callable[..., Endpoint], documents: dict[str, Any], settings: Any
) -> World:
    settings.GATEWAY_URL = "http://gateway.test"
    settings.REALTIME_URL = "wss://vitrine.test/live"
    project: Project = make_project("Spring", ana="maker", mia="manager")
    filled = World(user, project, make_endpoint, documents)
    filled.fill()
    return filled


@pytest.mark.system
@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.parametrize("door", sample(DOORS, 8, by_seed=3), ids=lambda door: door.name)
def test_a_door_refuses_what_any_rule_locks_and_starts_the_rest(world, door):
    """Nothing is started or reserved; without the rule, the same press starts the run."""
    for level, kind in rules_for(door):
        use = door.use(world)
        effect, by, value = RULES[kind](world.endpoint(door.endpoint_id))
        project = world.project if level == "project" else None
        rule = Rule.objects.create(
            project=project, effect=effect, kind=by, value=value, reason=REASON
        )
        before = _count_started()
        text = html.unescape(re.sub(r"\s+", " ", use().replace("\\u201c", "“")))
        text = text.replace("\\u201d", "”").replace('\\"', '"')
        where = f"{door.name}, {level}, {kind}: {text[:2000]}"
        whose = "the project “Spring”" if project else "the house"
        assert f"is locked by a rule of {whose}: “" in text, where
        assert REASON in text, where
        ask = "Ask mia if" if project else "Ask an admin of Vitrine if"
        assert ask in text, where
        if text[:3].isdigit() and door.name not in JOBS:  # the answer to a press or a call
            assert text.startswith("403: "), where
            assert "<" not in text[:6] or "data-refused" in text, where
        assert _count_started() == before, where
        rule.delete()
    use = door.use(world)
    count = Run.objects.count()
    use()
    assert Run.objects.count() > count, door.name


def _count_started() -> tuple[int, int]:
    """Return the numbers of runs and of reservations."""
    return Run.objects.count(), LedgerEntry.objects.count()
