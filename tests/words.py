"""Finds words that the house has given up: `make lint` runs `-m tests.words`.

One word for each thing (docs/ARCHITECTURE.md, "The words"). It reads the texts that people read:
texts and labels of templates, sentences in Python and scripts, and the prose of the documents;
names in code are free.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ROOMS = sorted({path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"})
# Retired words, each with the word in its place.
RETIRED = {
    r"favou?rites?": "star, starred",
    r"(?:standing )?trials?": "board",
    r"standings?": "mark",
    r"saved search(?:es)?": "view",
    r"house defaults?": "preset of the house",
    r"(?:a|the|house|saved) styles?": "prompt",
    r"recently deleted": "deleted",
    r"run history|history of (?:the |your )?runs": "results",
    r"workspaces?": "project",
    r"big picture": "close view",
    r"verdicts?": "mark",
    r"spendings?(?= page)|expenses?|expenditures?": "spending",
    r"administrators?": "admin",
    r"vitrine mcp|stdio": "MCP over HTTP",
    r"command line client": "API",
    r"caps?|capped|spend at most|amounts? in us dollars": "budget",
    r"(?:an?|the|model.?s?|same|any) owners?(?= has| of (?:a|the) models?|:)": "maker",
    r"(?:no longer in|left|gone from|removed from) the catalogue": "no longer listed",
    r"stand-ins?|successors?|replacement models?|could take over": "deputy",
    r"winners?": "won (a row), chosen (by a decision)",
}
# Regular expressions of words that name what left in 0.3.0. A label alone may name old rows.
LEFT: tuple[str, ...] = (
    r"chats?(?=[\s,.;:])(?![ .]completions?| body| models?)",
    r"new flow|flow editor|show the graph|steps on the graph",
    r"automatic1111|comfyui|invokeai",
    r"results like this one|similar results",
    r"import(?:ing)? prompts|versions? of (?:a |the )?prompts?|takes (?:another|your) prompt",
    r"keys of projects|second belt|rotate_keys",
    r"cost alarms?|the alarm|letter to fal|hold the model",
    r"asks? before one press|granted on top|requests for more money",
)
# This document uses fal's own words; these modules say what left.
ELSEWHERE = {"PROTOCOL.md", "gone.py"}
_WORDS = [
    (re.compile(rf"\b(?:{old})\b", re.IGNORECASE), new)
    for old, new in (RETIRED | dict.fromkeys(LEFT, "no longer here")).items()
]
_HIDDEN = re.compile(
    r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", re.DOTALL
)
_TAG = re.compile(r"<[^<>]*>", re.DOTALL)
_LABEL = re.compile(r"""(?:title|aria-label|placeholder|alt|content)="([^"]*)\"""")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`|\]\([^)]*\)", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r"[A-Z“].*\s|\s.*[.:]$|^[A-Z][a-z]+$", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')


class Text(NamedTuple):
    """A text that people read: the file, the number of the line, and the words."""

    path: Path
    line: int
    words: str


def texts() -> Iterator[Text]:
    """Yield all texts of the product and its documents that people read."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        yield from _of_template(path)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts and path.name not in ELSEWHERE:
                yield from _of_python(path)
    for path in sorted((ROOT / "static").rglob("*.js")):
        for match in _QUOTED.finditer(path.read_text()):
            if _SENTENCE.search(words := match[1] or match[2] or ""):
                yield _at(path, path.read_text(), match.start(), words)
    documents = [path for path in (ROOT / "docs").glob("*.md") if path.name not in ELSEWHERE]
    for path in (ROOT / "README.md", *sorted(documents)):
        content = _CODE.sub(_blank, path.read_text())
        yield from (Text(path, n, line) for n, line in enumerate(content.split("\n"), start=1))


def _of_template(path: Path) -> Iterator[Text]:
    content = _HIDDEN.sub(_blank, path.read_text())
    for match in _LABEL.finditer(content):
        yield _at(path, content, match.start(1), match[1])
    for number, line in enumerate(_TAG.sub(_blank, content).split("\n"), start=1):
        if line.strip():
            yield Text(path, number, line)


def _of_python(path: Path) -> Iterator[Text]:
    """Yield the sentences of a module, without its docstrings."""
    tree = ast.parse(path.read_text())
    silent = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    named = (ast.Subscript, ast.List)  # types, and the names in `__all__`
    silent |= {
        id(part) for node in ast.walk(tree) if isinstance(node, named) for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
        ) and _SENTENCE.search(node.value):
            yield Text(path, node.lineno, node.value)


def _at(path: Path, content: str, place: int, words: str) -> Text:
    return Text(path, content.count("\n", 0, place) + 1, words)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def problems() -> list[str]:
    """Return each retired word with its place and the word to use instead."""
    return [
        f"{text.path.relative_to(ROOT)}:{text.line}: “{match[0]}” is now “{new}”: "
        f"{' '.join(text.words.split())[:90]}"
        for text in texts()
        for pattern, new in _WORDS
        if (match := pattern.search(text.words))
    ]


if __name__ == "__main__":
    wrong = problems()
    print(*wrong, sep="\n")
    sys.exit(f"{len(wrong)} retired words." if wrong else 0)
