"""docs/PROTOCOL.md has the lines that the code cites; tests name its lines; its modules exist."""

import ast
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

from tests.sources import ROOT, sources

PAGE = (ROOT / "docs/PROTOCOL.md").read_text()
ROWS = re.findall(r"^\| (C\d+) \| .* \| (.*) \|$", PAGE, re.MULTILINE)
LINES = {line for line, _ in ROWS}
PROOFS = [
    (line, file)
    for line, proof in ROWS
    for file in re.findall(r"`((?:tests/[\w/]+/)?test_\w+\.py)`", proof)
]
SECTIONS = set(re.findall(r"^#{3,4} (\d[\d.]*) ", PAGE, re.MULTILINE))

SOURCES = [
    path for path in sources("*/*.py") if "/migrations/" not in str(path) and path != Path(__file__)
]
NUMBER = r"\d{1,2}(?:\.\d{1,2})?"
CITED_SECTIONS = re.compile(
    rf"\b(?:protocol,? |sections? |protocol, sections? )({NUMBER}(?:(?:, | and | to ){NUMBER})*)"
    r"|\((\d{1,2}\.\d{1,2})(?=[,):])",
    re.IGNORECASE,
)
CITED_LINES = re.compile(r"(?<![%\w])C(\d{1,2})(?: to C(\d{1,2}))?\b")
MAY_CITE = re.compile(r"[Pp]rotocol|[Ss]ection|\bC\d|\(\d{1,2}\.\d")
CITES_STANDARDS = re.compile(r"\bRFC \d|\b14496-12")  # here, section numbers are the standard's


@cache
def citations(path: Path) -> frozenset[str]:
    """Return the sections and lines that a module's comments and docstrings cite."""
    if not MAY_CITE.search(path.read_text()):
        return frozenset()
    with tokenize.open(path) as file:
        comments = [
            token.string.strip("# ")
            for token in tokenize.generate_tokens(file.readline)
            if token.type == tokenize.COMMENT or token.string.startswith('"""')
        ]
    text = " ".join(" ".join(comments).split())
    sections = [] if CITES_STANDARDS.search(text) else CITED_SECTIONS.findall(text)
    return frozenset(
        {number for groups in sections for number in re.findall(NUMBER, " ".join(groups))}
        | {
            f"C{number}"
            for first, last in CITED_LINES.findall(text)
            for number in range(int(first), int(last or first) + 1)
        }
    )


def named_lines(file: str) -> set[str]:
    """Return the lines that a test file names in its docstring, or in its tests."""
    (path,) = [ROOT / file] if "/" in file else Path(__file__).parent.rglob(file)
    tree = ast.parse(path.read_text())
    tests = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]
    text = " ".join(f"{test.name} {ast.get_docstring(test) or ''}" for test in tests)
    text += ast.get_docstring(tree) or ""
    return {f"C{number}" for number in re.findall(r"(?:\b|_)[cC](\d+)(?=_|\b)", text)}


def test_every_cited_section_and_line_is_on_the_page():
    lacking = {str(path.relative_to(ROOT)): citations(path) - SECTIONS - LINES for path in SOURCES}
    assert {path: sorted(numbers) for path, numbers in lacking.items() if numbers} == {}


def test_every_section_of_the_page_is_cited():
    cited = frozenset().union(*map(citations, SOURCES))
    chapters = {section.partition(".")[0] for section in cited}
    assert SECTIONS - cited - chapters == set()


@pytest.mark.parametrize(("line", "file"), PROOFS)
def test_each_protocol_line_is_named_by_its_test(line, file):
    assert line in named_lines(file)


def test_each_protocol_line_has_a_test():
    assert {line for line, _ in PROOFS} == LINES


def test_every_module_is_on_the_page():
    listed = set(re.findall(r"`(fal/[\w/]+\.py)`", PAGE))
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "fal").rglob("*.py")}
    assert listed <= modules
    assert {name for name in modules - listed if not name.endswith("__init__.py")} == {
        "fal/reading.py"
    }
