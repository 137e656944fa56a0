"""The JSON view's errors with their position; `static/js/lazy/json-text.js` words them the same."""

from __future__ import annotations

from schemas import Problem
from schemas.exact import NotJson, loads
from schemas.form.decode import Post, last_value

_NO_OBJECT = "The input must be an object, in braces."


def is_json(post: Post) -> bool:
    """Whether a post comes from the JSON view."""
    return last_value(post, "~mode") == "json"


def find_error(post: Post) -> Problem | None:
    """Return why the JSON view's text cannot be read, with line and column; None if it can."""
    text = last_value(post, "~json") or ""
    try:
        value = loads(text) if text.strip() else {}
    except NotJson as error:
        return Problem((), error_sentence(error) if text.lstrip().startswith("{") else _NO_OBJECT)
    return None if isinstance(value, dict) else Problem((), _NO_OBJECT)


def error_sentence(error: NotJson) -> str:
    """Return an error as a sentence: `Line 3, column 14: a comma is missing.`"""
    place = f"Line {error.line}, column {error.column}: " if error.line else ""
    return place + (error.reason if place else error.reason[:1].upper() + error.reason[1:]) + "."


def with_path(problem: Problem) -> Problem:
    """Return the problem with its path in the message: `loras[0].path: Path is required`."""
    if not problem.path:
        return problem
    return Problem((), f"{dotted(problem.path)}: {problem.message}")


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a JSON path in the usual notation."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
