"""The documents name only what exists: settings, dependencies, links, files and folders."""

import re
import tomllib
from pathlib import Path

from config.starting import issuers
from tests.sources import ROOT, sources
from tests.tables import each_row

SETTINGS = (ROOT / "config/settings.py").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DOCUMENTS = [str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *sources("docs/*.md")]]
FOLDERS = "|".join(sorted({path.relative_to(ROOT).parts[0] for path in sources("*/*")}))
PROGRAM = re.compile(rf"python -m ((?:{FOLDERS})(?:\.\w+)*)")
# A path from the root, in code marks: `core/db/clock.py`, `static/js/lazy/`.
NAMED_PATH = re.compile(rf"`((?:{FOLDERS})/[\w./-]*)`")
# A file without its folder, in code marks: `engine.py`.
NAMED_FILE = re.compile(r"`([\w-]+\.(?:py|toml|txt|jinja))`")
SOURCES = {path.name for folder in FOLDERS.split("|") for path in (ROOT / folder).rglob("*.*")} | {
    path.name for path in ROOT.glob("*.*")
}


def _settings_read() -> set[str]:
    """Return the names that config/settings.py reads from the environment."""
    return set(issuers.NAMES) | set(
        re.findall(
            r'(?:_origins|env\.(?:address|number|choice|flag|texts|text|time_zone))\(\s*"([A-Z_]+)"',
            SETTINGS,
        )
    )


def _anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub derives them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _missing_links(document: Path) -> list[str]:
    missing = []
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", document.read_text()):
        linked = document.parent / target if target else document
        if not linked.exists() or (anchor and anchor not in _anchors(linked)):
            missing.append(f"{target}#{anchor}")
    return missing


def _missing_paths(text: str) -> list[str]:
    """Return the paths, file names and modules that a document names but that do not exist."""
    modules = [name.replace(".", "/") for name in PROGRAM.findall(text)]
    return [
        *(name for name in NAMED_PATH.findall(text) if not (ROOT / name).exists()),
        *(name for name in NAMED_FILE.findall(text) if name not in SOURCES),
        *(
            name
            for name in modules
            if not (ROOT / name).is_dir() and not (ROOT / f"{name}.py").exists()
        ),
    ]


def test_every_setting_is_in_the_example_and_nothing_else():
    assert _settings_read() == set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))


def test_no_text_asks_for_a_setting_that_cannot_be_set():
    """Settings that became constants were still named by an alert and by the API's page."""
    fixed = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b(?=[\w, ]* = )", SETTINGS)) - _settings_read()
    patterns = ("docs/*.md", "docs/*.yml", "deploy/*", "templates/*", ".env.example", "README.md")
    files = [path for pattern in patterns for path in sources(pattern)]
    wrong = [
        (path.name, name, rest)
        for path in files
        if path.parent.name != "adr"
        for name, rest in re.findall(r"\b([A-Z]+(?:_[A-Z]+)*_?)(\*?)", path.read_text())
        if (name in fixed and not rest)
        or (rest and name[-1] == "_" and not any(s.startswith(name) for s in _settings_read()))
    ]
    assert wrong == []


@each_row("requirement", PROJECT["project"]["dependencies"])
def test_every_dependency_has_its_decision(requirement):
    name = re.split(r"[\[<>=~;! ]", requirement)[0]
    decisions = "".join(file.read_text() for file in (ROOT / "docs/adr").glob("*.md"))
    assert f"`{name}`" in decisions


@each_row("document", DOCUMENTS)
def test_every_link_has_a_target(document):
    assert _missing_links(ROOT / document) == []


@each_row("document", DOCUMENTS)
def test_every_path_named_in_a_document_exists(document):
    assert _missing_paths((ROOT / document).read_text()) == []


def test_every_adr_number_in_the_code_is_a_current_one():
    numbers = {int(path.name[:4]) for path in (ROOT / "docs/adr").glob("0*.md")}
    sources = [
        path
        for folder in FOLDERS.split("|")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".jinja", ".js", ".css", ".md"}
        and path != ROOT / "docs/adr/README.md"
    ]
    named = {
        (int(number), str(path.relative_to(ROOT)))
        for path in sources
        for number in re.findall(r"\bADR (\d+)", path.read_text())
    }
    assert [where for where in sorted(named) if where[0] not in numbers] == []


def test_the_index_lists_every_decision_and_marks_ten_to_read_first():
    folder = ROOT / "docs/adr"
    rows = re.findall(
        r"^\| (●?) ?\| \[\d+\]\((\S+\.md)\)", (folder / "README.md").read_text(), re.M
    )
    assert sorted(name for _, name in rows) == sorted(path.name for path in folder.glob("0*.md"))
    assert len([name for mark, name in rows if mark]) == 10
    assert len({name[:4] for _, name in rows}) == len(rows)


def test_no_line_of_a_template_passes_100_columns():
    """The formatter breaks neither a template tag nor an attribute's value nor a comment."""
    files = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    lines = [(path.name, line) for path in files for line in path.read_text().splitlines()]
    assert [(name, line) for name, line in lines if len(line) > 100] == []


def test_each_version_has_its_section_of_the_changelog_the_newest_first():
    heads = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    sections = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) \(\d+ \w+ \d{4}\)", head) for head in heads]
    numbers = [tuple(map(int, section.groups())) for section in sections if section]
    assert len(numbers) == len(sections)
    assert numbers == sorted(numbers, reverse=True)
    assert ".".join(map(str, numbers[0])) == PROJECT["project"]["version"]


def test_the_lock_files_pin_by_hash_and_name_no_host():
    for name in ("run.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index-url|--find-links", text)
