"""Extreme values, and the names of the parameters that views read."""

import ast
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path

from tests.processes import ROOT

DIGITS = "9" * 5000  # Python converts no number with more than 4300 digits
TEXTS = (
    "0001-01-01T00:00:00+14:00",  # before year 1 in UTC
    "9999-12-31T23:59:59-14:00",  # after year 9999 in UTC
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    DIGITS,
    "9223372036854775808",  # one more than a database's largest integer
    "-1",
    "-99999999999999999999",
    "NaN",
    "1e400",
    "-1e308",
    "1e-400",
    "²",  # a digit for `isdigit`, but not for `int`
    "٣",  # a digit for both
    "a\x00b",
    "\ud800",
    "x" * 100_000,
    "[" * 100_000,
    '{"a":' * 500 + "1" + "}" * 500,
    '{"a": "\\ud800", "b": "\\u0000", "c": 1e400}',
    "'\"<>%_\\",
    "../../etc/passwd",
    "00000000-0000-0000-0000-000000000000",
)
OFTEN = (
    "before",
    "since",
    "deleted",
    "undo",
    "page",
    "q",
    "model",
    "run",
    "input",
)  # views read these names through variables
READERS = {"GET", "POST", "params", "request", "posted", "query"}
FILES = {"FILES"}


@cache
def names_of(app: str) -> tuple[str, ...]:
    """Return the names that an app's modules read from an address or a form, by their source."""
    names = {*_names_in(app, READERS), *OFTEN}
    return tuple(sorted(name for name in names if "." not in name and " " not in name))


@cache
def files_of(app: str) -> tuple[str, ...]:
    """Return the names of the files that an app's modules read, by their source."""
    return tuple(sorted(_names_in(app, FILES)))


def _names_in(app: str, readers: Set[str]) -> set[str]:
    # `runs` has no addresses of its own
    packages = (app, "runs") if app == "playground" else (app,)
    files = (file for package in packages for file in (ROOT / package).rglob("*.py"))
    return {name for file in files for name in _names(file, readers)}


def _names(file: Path, readers: Set[str]) -> Iterator[str]:
    def is_reader(node: ast.expr) -> bool:
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        return name in readers

    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr in {"get", "getlist", "pop"} and is_reader(node.func.value):
                yield from _text(node.args[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for before, after in zip(node.args, node.args[1:], strict=False):
                if is_reader(before):
                    yield from _text(after)
        elif isinstance(node, ast.Subscript) and is_reader(node.value):
            yield from _text(node.slice)
        elif isinstance(node, ast.Compare) and any(map(is_reader, node.comparators)):
            yield from _text(node.left)


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
