"""The JSON view's mistakes, told with their place: the same words as `static/js/lazy/json-text.js`."""

from __future__ import annotations

from schemas import Problem
from schemas.controls import Post, last
from schemas.exact import NotJson, loads

# What json.JSONDecodeError says → what we say.
WORDS = [
    ("Expecting property name", "a key in double quotes is missing"),
    ("Illegal trailing comma", "there is a comma too many"),
    ("Expecting ',' delimiter", "a comma is missing"),
    ("Expecting ':' delimiter", "a colon is missing"),
    ("Expecting value", "a value is missing"),
    ("Unterminated string", "this text has no closing quote"),
    ("Extra data", "nothing may follow the closing brace"),
    ("Invalid control character", r"a line break or tab in a text is written \n or \t"),
    ("Invalid \\", "this backslash means nothing here"),
]


def is_json(post: Post) -> bool:
    """Whether a post comes from the JSON view."""
    return last(post, "~mode") == "json"


def mistake(post: Post) -> Problem | None:
    """What keeps the JSON view's text from being read, with line and column; None when it can be."""
    text = last(post, "~json") or ""
    try:
        value = loads(text) if text.strip() else {}
    except NotJson as error:
        return Problem((), told(_with_comma(text, error)))
    if not isinstance(value, dict):
        return Problem((), "The input must be an object, in braces.")
    return None


def told(error: NotJson) -> str:
    """A mistake in a sentence: `Line 3, column 14: a comma is missing.`"""
    reason = str(error).rpartition(" (line ")[0] or str(error)
    words = next((ours for theirs, ours in WORDS if reason.startswith(theirs)), reason)
    return f"Line {error.line}, column {error.column}: {words}." if error.line else f"{reason}."


def _with_comma(text: str, error: NotJson) -> NotJson:
    """Python before 3.13 looks past a comma that nothing follows; people look at the comma."""
    lines = text.split("\n")
    at = sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
    before = text[:at].rstrip(" \t\n\r")
    if not error.line or text[at : at + 1] not in {"]", "}"} or not before.endswith(","):
        return error
    head = before[:-1]
    line, column = head.count("\n") + 1, len(head) - (head.rfind("\n") + 1) + 1
    return NotJson("Illegal trailing comma", line, column)


def with_path(problem: Problem) -> Problem:
    """The problem as the JSON view tells it: `loras[0].path: Path is required`."""
    if not problem.path:
        return problem
    return Problem((), f"{dotted(problem.path)}: {problem.message}")


def dotted(path: tuple[str | int, ...]) -> str:
    """A JSON path as people write it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
