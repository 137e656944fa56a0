"""The step that builds static files joins and minifies them, with the same rules and modules."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finder

from config.server import static_build

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


def test_minified_scripts_keep_their_string_literals(tmp_path):
    script = tmp_path / "a.js"
    script.write_text(
        '/** Says so. */\nconst a = "// no comment";\nconst b = `two  ${a} /* spaces */`;\n'
    )

    text = static_build.join_js([script])

    assert "Says so" not in text
    assert '"// no comment"' in text
    assert "`two  ${a} /* spaces */`" in text


def test_pages_link_only_bundles_under_hashed_names(collected):
    folder = Path(collected.location)
    for name in static_build.bundle_names():
        served = folder / collected.hashed_files[name]
        text = served.read_text()
        assert re.fullmatch(r".+\.[0-9a-f]{12}\.(css|js)", served.name)
        assert not (folder / name).exists()
        assert IMPORT.sub("", text) == IMPORT.sub("", BUNDLES[name])


def test_minified_imports_name_hashed_files(collected):
    folder = Path(collected.location)
    recorder = folder / collected.hashed_files["js/lazy/media-recorder.js"]
    imports = re.findall(r"""["']\./([\w.-]+\.js)["']""", recorder.read_text())

    assert imports
    assert all((recorder.parent / name).is_file() for name in imports)
