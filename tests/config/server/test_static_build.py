"""The step that builds static files joins and minifies them, with the same rules and modules."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finder

from config.server import static_build
from tests.sampling import sample

BUNDLES = dict(static_build.bundles())
# inside these statements, the storage names hashed files
IMPORT = re.compile(r"""import\b[^;]*;""")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> static_build.Storage:
    """Our static files as `collectstatic` writes them into the served folder."""
    root = tmp_path_factory.mktemp("static")
    storage = static_build.Storage(location=str(root), base_url="/static/")
    finder = get_finder("django.contrib.staticfiles.finders.FileSystemFinder")
    sources = {path: (source, path) for path, source in finder.list([])}
    for path, (source, _) in sources.items():
        with source.open(path) as file:
            storage.save(path, file)
    results = list(storage.post_process(sources))
    assert not [result for result in results if isinstance(result[2], Exception)]
    return storage


@pytest.mark.parametrize("name", sample([*sorted(static_build.bundle_names())], 6, by_seed=2))
def test_built_files_contain_no_comments(name: str) -> None:
    text = BUNDLES[name]

    assert text
    assert "/*" not in text
    assert not re.search(r"^\s*//", text, re.MULTILINE)


def test_minified_css_keeps_significant_spaces(tmp_path: Path) -> None:
    sheet = tmp_path / "a.css"
    sheet.write_text(
        "@layer b {\n  .a {\n    & .b {\n      margin: calc(1px + 2px) 0;\n    }\n  }\n}\n"
    )

    text = static_build.join_css([sheet])

    assert text.strip() == "@layer b{.a{& .b{margin:calc(1px + 2px) 0}}}"


def test_minified_scripts_keep_their_string_literals(tmp_path: Path) -> None:
    script = tmp_path / "a.js"
    script.write_text(
        '/** Says so. */\nconst a = "// no comment";\nconst b = `two  ${a} /* spaces */`;\n'
    )

    text = static_build.join_js([script])

    assert "Says so" not in text
    assert '"// no comment"' in text
    assert "`two  ${a} /* spaces */`" in text


def test_pages_link_only_bundles_under_hashed_names(
    collected: static_build.Storage,
) -> None:
    folder = Path(collected.location)
    for name in static_build.bundle_names():
        served = folder / collected.hashed_files[name]
        text = served.read_text()
        assert re.fullmatch(r".+\.[0-9a-f]{12}\.(css|js)", served.name)
        assert not (folder / name).exists()
        assert IMPORT.sub("", text) == IMPORT.sub("", BUNDLES[name])


def test_bundles_are_compressed(collected: static_build.Storage) -> None:
    served = Path(collected.location) / collected.hashed_files["js/playground.js"]

    assert {f"{served.name}.gz", f"{served.name}.br"} <= {
        file.name for file in served.parent.iterdir()
    }


def test_minified_imports_name_hashed_files(collected: static_build.Storage) -> None:
    folder = Path(collected.location)
    recorder = folder / collected.hashed_files["js/lazy/media-recorder.js"]
    imports = re.findall(r"""["']\./([\w.-]+\.js)["']""", recorder.read_text())

    assert imports
    assert all((recorder.parent / name).is_file() for name in imports)
