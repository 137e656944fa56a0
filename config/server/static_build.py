"""Builds static files: joins sources into one bundle per kind and page, minified, named by hash.

There is no JavaScript build step beside joining and minifying. A page with a cold cache needs
four requests (page, htmx, one stylesheet, one script) instead of thirty.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rcssmin
import rjsmin
from django.conf import settings
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

SOURCES = settings.BASE_DIR / "static"


def join_css(files: list[Path]) -> str:
    """Join the stylesheets in order, which keeps the order of their layers, and minify."""
    return str(rcssmin.cssmin("\n".join(file.read_text() for file in files)))


def join_js(files: list[Path]) -> str:
    """Join the scripts, each in a block of its own so that names cannot collide, and minify."""
    return str(rjsmin.jsmin("\n".join(f"{{\n{file.read_text()}\n}}" for file in files)))


def minify_module(files: list[Path]) -> str:
    """Minify a single script, which pages import as a module."""
    (file,) = files
    return str(rjsmin.jsmin(file.read_text()))


# Sources that only one kind of page needs; every other source goes into both bundles.
ONLY = {
    "gallery": {"card", "facets", "gallery", "search-words"},
    "playground": {
        *("draft-tab", "endpoint", "endpoint-stage", "tries", "form-fields", "form-head"),
        *("form-inputs", "form-rows", "keep-seed", "lazy-elements", "run", "run-stage"),
        "stage-film",
        "viewer-loader",
    },
}


# The files with which a sheet begins: parts that several share, or a bundle's on pages without one.
BEGINNINGS = {
    "admin": ["tokens"],
    "list": ["search-words"],
    "share": ["tokens", "primitives", "button", "lazy/shapes"],
    "wall": ["lazy/shapes"],
}


# The style sheet that declares the layers; what makes storage usable for the other scripts.
FIRST = {"tokens", "storage"}


def sources(kind: str, page: str) -> list[Path]:
    """Return the source files of a page's bundle, those of `FIRST` before the others."""
    elsewhere = {name for other, names in ONLY.items() if other != page for name in names}
    files = (f for f in (SOURCES / kind).glob(f"*.{kind}") if f.stem not in elsewhere)
    return sorted(files, key=lambda file: (file.stem not in FIRST, file.name))


def _recipes() -> Iterator[tuple[str, tuple[list[Path], Callable[[list[Path]], str]]]]:
    """Yield each bundle's name with its sources and the function that builds it."""
    for page in ONLY:
        yield f"css/{page}.css", (sources("css", page), join_css)
        yield f"js/{page}.js", (sources("js", page), join_js)
    for file in (SOURCES / "css" / "lazy").glob("*.css"):
        before = [SOURCES / "css" / f"{name}.css" for name in BEGINNINGS.get(file.stem, [])]
        yield f"css/lazy/{file.name}", ([*before, file], join_css)
    for file in (SOURCES / "js" / "lazy").glob("*.js"):
        yield f"js/lazy/{file.name}", ([file], minify_module)


def bundle_names() -> set[str]:
    """Return the names of all bundles, without building them."""
    return {name for name, _ in _recipes()}


def bundles() -> Iterator[tuple[str, str]]:
    """Yield each bundle's name with its text."""
    for name, (files, make) in _recipes():
        yield name, make(files)


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # without types
    """WhiteNoise's storage, with the bundles in place of the sources whose names they have.

    It rewrites `import` statements in our own scripts only: those that come with packages contain
    text that the rewriting mistakes for imports.
    """

    support_js_module_import_aggregation = True

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._patterns["js/*.js"] = self._patterns.pop("*.js")

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str | None, bool | Exception]]:
        """Write the bundles, then hash and compress everything that was collected."""
        if not dry_run:
            for name, text in bundles():
                self.delete(name)
                paths[name] = self, self.save(name, ContentFile(text.encode()))
        yield from super().post_process(paths, dry_run, **options)

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        """Compress all but the admin's files, whose hundreds would dominate the first start."""
        yield from super().compress_files({path for path in paths if not path.startswith("admin/")})
