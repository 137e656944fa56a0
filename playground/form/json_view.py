"""The JSON view's mistakes, told with their place: the same words as `static/js/lazy/json-text.js`."""

from __future__ import annotations

from schemas import Problem
from schemas.controls import Post, last
from schemas.exact import NotJson, loads

_NO_OBJECT = "The input must be an object, in braces."


def is_json(post: Post) -> bool:
    """Whether a post comes from the JSON view."""
    return last(post, "~mode") == "json"


def mistake(post: Post) -> Problem | None:
    """What keeps the JSON view's text from being read, with line and column; None when it can be."""
    text = last(post, "~json") or ""
    try:
        value = loads(text) if text.strip() else {}
    except NotJson as error:
        return Problem((), told(error) if text.lstrip().startswith("{") else _NO_OBJECT)
    return None if isinstance(value, dict) else Problem((), _NO_OBJECT)


def told(error: NotJson) -> str:
    """A mistake in a sentence: `Line 3, column 14: a comma is missing.`"""
    place = f"Line {error.line}, column {error.column}: " if error.line else ""
    return place + (error.reason if place else error.reason[:1].upper() + error.reason[1:]) + "."


def with_path(problem: Problem) -> Problem:
    """The problem as the JSON view tells it: `loras[0].path: Path is required`."""
    if not problem.path:
        return problem
    return Problem((), f"{dotted(problem.path)}: {problem.message}")


def dotted(path: tuple[str | int, ...]) -> str:
    """A JSON path as people write it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
