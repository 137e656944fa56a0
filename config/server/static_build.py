"""Builds static files: joins sources into one bundle per kind and page, minified, named by hash.

There is no JavaScript build step beside joining and minifying. A page with a cold cache needs
four requests (page, htmx, one stylesheet, one script) instead of thirty.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import rcssmin
import rjsmin
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

SOURCES = settings.BASE_DIR / "static"
BUNDLES = settings.VAR_DIR / "bundles"


def join_css(files: list[Path]) -> str:
    """Join the stylesheets in order, so that their layers keep theirs, and minify."""
    return str(rcssmin.cssmin("\n".join(file.read_text() for file in files)))


def join_js(files: list[Path]) -> str:
    """Join the scripts, each in a block of its own so that names cannot collide, and minify."""
    return str(rjsmin.jsmin("\n".join(f"{{\n{file.read_text()}\n}}" for file in files)))


def minify_module(files: list[Path]) -> str:
    """Minify the one script, which pages import as a module."""
    (file,) = files
    return str(rjsmin.jsmin(file.read_text()))


# Sources that only one kind of page needs; every other source goes into both bundles.
ONLY = {
    "gallery": {"card", "facets", "gallery", "login"},
    "playground": {
        *("draft-tab", "endpoint-head", "endpoint-inputs", "endpoint-stage", "film-strip"),
        *("form-fields", "form-head", "form-inputs", "form-rows", "keep-seed", "lazy-elements"),
        *("media", "run", "run-stage"),
    },
}


# Sheets of pages that load no bundle, and so need the tokens themselves.
WITH_TOKENS = {"admin"}


def sources(kind: str, page: str) -> list[Path]:
    """Return the source files of a page's bundle; `tokens` first, which declares the layers."""
    elsewhere = {name for other, names in ONLY.items() if other != page for name in names}
    files = (f for f in (SOURCES / kind).glob(f"*.{kind}") if f.stem not in elsewhere)
    return sorted(files, key=lambda file: (file.stem != "tokens", file.name))


def _recipes() -> Iterator[tuple[str, tuple[list[Path], Callable[[list[Path]], str]]]]:
    """Yield each bundle's name with its sources and the function that builds it."""
    for page in ONLY:
        yield f"css/{page}.css", (sources("css", page), join_css)
        yield f"js/{page}.js", (sources("js", page), join_js)
    for file in (SOURCES / "css" / "lazy").glob("*.css"):
        tokens = [SOURCES / "css" / "tokens.css"] if file.stem in WITH_TOKENS else []
        yield f"css/lazy/{file.name}", ([*tokens, file], join_css)
    for file in (SOURCES / "js" / "lazy").glob("*.js"):
        yield f"js/lazy/{file.name}", ([file], minify_module)


def bundle_names() -> set[str]:
    """Return the names of all bundles, without building them."""
    return {name for name, _ in _recipes()}


def build() -> set[str]:
    """Write the bundles that changed to `var/bundles/`; return the names of all."""
    names = set()
    for name, (files, make) in _recipes():
        target, text = BUNDLES / name, make(files)
        if not target.exists() or target.read_text() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        names.add(name)
    return names


class Finder(BaseFinder):
    """Finds the bundles; rebuilds them when a source has changed."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__()
        self.names = build()
        self.storage = FileSystemStorage(location=BUNDLES)

    def check(self, **kwargs: object) -> list[CheckMessage]:
        """Return no messages: there is no setting to check."""
        return []

    def find(  # type: ignore[override]  # the stubs' overloads leave `**kwargs` out
        self, path: str, find_all: bool = False, **kwargs: object
    ) -> str | list[str]:
        """Return the bundle's path on disk, or an empty list for any other file."""
        if path not in self.names:
            return []
        build()
        found = str(BUNDLES / path)
        return [found] if find_all else found

    def list(self, ignore_patterns: object) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield each bundle's name with the storage that holds it."""
        for name in sorted(self.names):
            yield name, self.storage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # without types
    """WhiteNoise's storage, rewriting `import` statements in our own scripts only.

    Scripts that come with packages contain text that the rewriting mistakes for imports.
    """

    support_js_module_import_aggregation = True

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._patterns["js/*.js"] = self._patterns.pop("*.js")

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        """Compress all but the admin's files, whose hundreds would dominate the first start."""
        yield from super().compress_files({path for path in paths if not path.startswith("admin/")})
