"""Imports point one way: playground → catalog → schemas, and both apps → fal."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = {"fal", "schemas", "catalog", "playground", "sandbox", "config"}
MAY_IMPORT = {
    "fal": set(),
    "schemas": set(),
    "sandbox": set(),
    "catalog": {"fal", "schemas"},
    "playground": {"catalog", "fal", "schemas", "config"},
}
FREE_OF_DJANGO = {"fal", "schemas", "sandbox"}


def imports(package: str) -> set[tuple[str, str]]:
    """Pairs of file and imported top-level name, over all of a package."""
    found = set()
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {(str(file), alias.name.split(".")[0]) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add((str(file), node.module.split(".")[0]))
    return found


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_point_one_way(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = {(file, name) for file, name in imports(package) if name in OURS - allowed}
    assert not wrong


@pytest.mark.parametrize("package", sorted(FREE_OF_DJANGO))
def test_these_know_nothing_of_django(package: str) -> None:
    assert not {pair for pair in imports(package) if pair[1] in {"django", "django_htmx"}}
