"""Lists load runs without their heavy columns, which only `runs/models/querysets.py` names."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from features.boards.models import Cell
from runs.models import Run
from runs.models.querysets import HEAVY, LIVE, heavy_columns

ROOT = Path(settings.BASE_DIR)
COLUMNS = {"pk", *(name for field in Run._meta.fields for name in (field.name, field.attname))}
LOADING = {"only", "defer"}


def test_a_new_column_is_light_and_each_heavy_one_exists() -> None:
    light = Run.objects.light().query.deferred_loading
    assert light == (set(HEAVY), True)  # all other columns are loaded
    assert set(HEAVY) <= COLUMNS
    assert len(set(HEAVY)) == len(HEAVY)


@pytest.mark.django_db
def test_a_list_loads_no_heavy_column(make_run: Any) -> None:
    make_run()
    assert Run.objects.recent()[0].get_deferred_fields() == set(HEAVY)
    assert Run.objects.light(*LIVE)[0].get_deferred_fields() == set(HEAVY) - set(LIVE)


def test_a_query_that_joins_runs_leaves_out_the_same_columns() -> None:
    names, is_defer = Cell.objects.defer(*heavy_columns("run__")).query.deferred_loading
    assert is_defer
    assert names == {f"run__{name}" for name in HEAVY}
    assert "run__output" not in heavy_columns("run__", but=("output",))


def test_only_the_querysets_name_which_columns_of_runs_are_loaded() -> None:
    packages = {file.parent for file in ROOT.glob("*/__init__.py")} - {ROOT / "tests"}
    files = [
        file
        for package in packages
        for file in package.rglob("*.py")
        if "migrations" not in file.parts
    ]
    calls = {f"{file.relative_to(ROOT)}: {call}" for file in files for call in _lists_in(file)}
    assert {call for call in calls if not call.startswith("runs/models/")} == set()


def _lists_in(file: Path) -> Iterator[str]:
    """Yield the calls of `only` and `defer` that name columns of runs."""
    text = file.read_text()
    if not any(f".{name}(" in text for name in LOADING):
        return
    tree = ast.parse(text)
    runs = {"Run.objects", *_names_of_runs(tree)}
    tuples = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in LOADING:
            of_runs = _root(node.func.value) in runs
            if any(_is_of_a_run(name, of_runs) for name in _columns(node, tuples)):
                yield ast.unparse(node)


def _is_of_a_run(name: str, of_runs: bool) -> bool:
    return "run" in name.split("__")[:-1] or (of_runs and name.split("__")[0] in COLUMNS)


def _columns(call: ast.Call, tuples: dict[str, ast.expr]) -> Iterator[str]:
    """Yield the texts in a call's arguments, and in the module's tuples that they name."""
    for argument in call.args:
        if "heavy_columns(" in ast.unparse(argument):
            continue
        parts = [*ast.walk(argument)]
        names = {part.id for part in parts if isinstance(part, ast.Name)} & tuples.keys()
        for part in (*parts, *(node for name in names for node in ast.walk(tuples[name]))):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield f"{part.value}*" if part.value.endswith("__") else part.value


def _names_of_runs(tree: ast.Module) -> Iterator[str]:
    """Yield the names of variables that hold querysets of runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _root(node.value) == "Run.objects":
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.arg) and "RunQuerySet" in ast.unparse(node.annotation or node):
            yield node.arg


def _root(node: ast.expr) -> str:
    """Return the beginning of a chain of calls: `Run.objects` or a variable."""
    while isinstance(node, ast.Call | ast.Attribute):
        if ast.unparse(node) == "Run.objects":
            return "Run.objects"
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
