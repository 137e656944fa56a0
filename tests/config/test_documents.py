"""The documents say what is so: settings, dependencies, links."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (ROOT / "config/settings.py").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def settings_read() -> set[str]:
    """The names that config/settings.py reads from the environment."""
    return set(
        re.findall(r'(?:_address|_number|_choice|_flag|_list|env\.str)\(\s*"([A-Z_]+)"', SETTINGS)
    )


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    assert settings_read() == set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))


@pytest.mark.parametrize("requirement", PROJECT["project"]["dependencies"])
def test_every_dependency_has_its_decision(requirement: str) -> None:
    name = re.split(r"[\[<>=~;! ]", requirement)[0]
    decisions = "".join(file.read_text() for file in (ROOT / "docs/adr").glob("*.md"))
    assert f"`{name}`" in decisions


@pytest.mark.parametrize("document", ["README.md", "docs/ARCHITECTURE.md"])
def test_no_link_leads_nowhere(document: str) -> None:
    here = ROOT / document
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", here.read_text()):
        assert (here.parent / target).exists(), target


def test_every_module_named_in_the_architecture_exists() -> None:
    text = (ROOT / "docs/ARCHITECTURE.md").read_text()
    for name in re.findall(
        r"`((?:schemas|playground|catalog|config|tests|static|sandbox|fal)/[\w./-]+)`", text
    ):
        assert (ROOT / name).exists(), name


def test_the_lock_files_pin_by_hash_and_name_no_host() -> None:
    for name in ("run.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index-url|--find-links", text)
