"""What the static files step builds: joined, minified, and still the same rules and modules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestFilesMixin

from config.server import static_build


@pytest.mark.parametrize("name", sorted(static_build.build()))
def test_a_built_file_carries_no_comment(name: str) -> None:
    text = (static_build.BUNDLES / name).read_text()

    assert text
    assert "/*" not in text
    assert not re.search(r"^\s*//", text, re.MULTILINE)


def test_nested_selectors_and_functions_keep_the_spaces_that_mean_something(tmp_path: Path) -> None:
    sheet = tmp_path / "a.css"
    sheet.write_text(
        "@layer b {\n  .a {\n    & .b {\n      margin: calc(1px + 2px) 0;\n    }\n  }\n}\n"
    )

    text = static_build.join_css([sheet])

    assert text.strip() == "@layer b{.a{& .b{margin:calc(1px + 2px) 0}}}"


def test_a_script_keeps_what_stands_inside_its_texts(tmp_path: Path) -> None:
    script = tmp_path / "a.js"
    script.write_text(
        '/** Says so. */\nconst a = "// no comment";\nconst b = `two  ${a} /* spaces */`;\n'
    )

    text = static_build.join_js([script])

    assert "Says so" not in text
    assert '"// no comment"' in text
    assert "`two  ${a} /* spaces */`" in text


def test_an_imported_script_is_found_minified_in_place_of_its_source() -> None:
    found = finders.find("js/lazy/media-files.js")

    assert str(found).startswith(str(static_build.BUNDLES))


def test_the_names_in_minified_imports_are_still_rewritten() -> None:
    mixin: Any = ManifestFilesMixin  # the stubs lack the attribute
    patterns = mixin._js_module_import_aggregation_patterns[1]
    text = (static_build.BUNDLES / "js/lazy/media-recorder.js").read_text()

    found = [re.search(pattern, text) for pattern, _ in patterns]

    assert any(match and match["url"].startswith("./") for match in found)
