"""docs/PROTOCOL.md stays true: its lines have tests that name them, its modules exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/PROTOCOL.md").read_text()
ROWS = re.findall(r"^\| (C\d.*?) \| (.*) \|$", PAGE, re.MULTILINE)
CLAIMS = [
    (line, file)
    for lines, proof in ROWS
    for line in lines.split(", ")
    for file in re.findall(r"`((?:tests/[\w/]+/)?test_\w+\.py)`", proof)
]
PROMISED = {*range(1, 35), 61, 62, 63, 64, 67, 68}


def named_lines(file: str) -> set[str]:
    """The conformance lines that a test in `file` names, in its own name or its docstring."""
    (path,) = [ROOT / file] if "/" in file else Path(__file__).parent.rglob(file)
    tree = ast.parse(path.read_text())
    tests = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]
    said = " ".join(f"{test.name} {ast.get_docstring(test) or ''}" for test in tests)
    return {f"C{number}" for number in re.findall(r"(?:\b|_)[cC](\d+)(?=_|\b)", said)}


@pytest.mark.parametrize(("line", "file"), CLAIMS)
def test_a_claimed_line_is_named_by_a_test(line: str, file: str) -> None:
    assert line in named_lines(file)


def test_every_promised_line_is_claimed() -> None:
    assert {line for line, _ in CLAIMS} == {f"C{number}" for number in PROMISED}


def test_every_module_has_its_place_on_the_page() -> None:
    told = set(re.findall(r"`(fal/[\w/]+\.py)`", PAGE))
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "fal").rglob("*.py")}
    assert told <= there
    assert {name for name in there - told if not name.endswith("__init__.py")} == {"fal/reading.py"}
