"""The style sheets use only what exists: each variable has a value, each class an element."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.sources import ROOT, sources

SHEETS = sorted((ROOT / "static/css").rglob("*.css"))
FOREIGN = {"admin.css"}  # its classes are those of Django's own admin
COMMENT = re.compile(r"/\*.*?\*/", re.S)
TEMPLATE_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)


def rules(sheet: Path) -> str:
    """Return the text of a sheet without its comments."""
    return COMMENT.sub("", sheet.read_text())


def given_classes() -> Iterator[str]:
    """Return the words in class attributes of templates, and in strings of our scripts."""
    for template in (ROOT / "templates").rglob("*"):
        if template.suffix in {".html", ".jinja"}:
            text = template.read_text()
            # A value that a tag chooses is in quotes of its own.
            chosen = re.findall(r"""["']([\w -]+)["']""", " ".join(TEMPLATE_TAG.findall(text)))
            attributes = re.findall(r'class="([^"]*)"', TEMPLATE_TAG.sub(" ", text))
            yield from " ".join([*chosen, *attributes]).split()
    for program in [*sources("static/js/*.js"), *sources("*/*.py", but={"tests", "bench"})]:
        text = program.read_text()
        strings = re.findall(r"""["'`]([^"'`\n]*)["'`]""", text)
        strings += re.findall(r'class="([^"]*)"', text)  # within a string with the other quotes
        yield from re.findall(r"[\w-]+", " ".join(strings))


def test_every_variable_without_a_fallback_is_defined():
    text = "\n".join(map(rules, SHEETS))
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))
    named = {(sheet.name, name) for sheet in SHEETS
             for name in re.findall(r"var\(\s*(--[\w-]+)\s*\)", rules(sheet))}  # fmt: skip
    assert len(named) > 100
    assert sorted(variable for variable in named if variable[1] not in defined) == []


def test_every_class_of_a_sheet_is_on_an_element():
    classes = {
        (sheet.name, name)
        for sheet in SHEETS
        if sheet.name not in FOREIGN
        for selector in re.findall(r"([^{};]+)\{", rules(sheet))
        for name in re.findall(r"\.([A-Za-z][\w-]*)", re.sub(r'"[^"]*"', "", selector))
    }
    words = set(given_classes())
    assert len(classes) > 500
    assert sorted(css_class for css_class in classes if css_class[1] not in words) == []


def test_no_selector_loses_a_space_to_the_minifier():
    """It removes the space in `.a :is(b)`, which changes the selector, but keeps `& :is(b)`."""
    lost = [
        (sheet.name, selector.strip())
        for sheet in SHEETS
        for selector in re.findall(r"([^{};]+)\{", rules(sheet))
        if re.search(r"[\w\])] :[a-z]", selector) and not selector.strip().startswith("@")
    ]
    assert lost == []
