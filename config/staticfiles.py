"""Static files: small sources, joined into one file a kind, hashed names, compressed once.

There is no JavaScript build: joining is all that happens, so that a cold page needs
four requests (page, htmx, one stylesheet, one script), not thirty.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

SOURCES = settings.BASE_DIR / "static"
BUNDLES = settings.VAR_DIR / "bundles"


def join_css(files: list[Path]) -> str:
    """The stylesheets one after the other, without comments and idle space; layers keep their order."""
    text = "\n".join(file.read_text() for file in files)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"
    return re.sub(r"\s*([{};,])\s*|(?<=:) ", r"\1", text)


def join_js(files: list[Path]) -> str:
    """The scripts, each in a block of its own: names never meet, and no file imports another."""
    parts = []
    for file in files:
        lines = re.sub(r"/\*\*.*?\*/", "", file.read_text(), flags=re.DOTALL).splitlines()
        kept = (line.strip() for line in lines)
        parts.append("{\n" + "\n".join(x for x in kept if x and not x.startswith("//")) + "\n}")
    return "\n".join(parts) + "\n"


# Who browses needs no form, and who fills a form in needs no gallery; what is in neither is in both.
ONLY = {
    "gallery": {"card", "facets", "gallery", "login"},
    "playground": {
        *("drafts", "endpoint", "form", "form-fields", "form-head", "lazy", "media", "run"),
    },
}
JOINED = {  # what a page links → how its kind is joined
    f"{kind}/{page}.{kind}": (kind, page, join)
    for kind, join in (("css", join_css), ("js", join_js))
    for page in ONLY
}


def sources(kind: str, page: str) -> list[Path]:
    """The files that a page's stylesheet or script is joined from; `tokens` declares the layers."""
    elsewhere = {name for other, names in ONLY.items() if other != page for name in names}
    files = (f for f in (SOURCES / kind).glob(f"*.{kind}") if f.stem not in elsewhere)
    return sorted(files, key=lambda file: (file.stem != "tokens", file.name))


def build() -> Path:
    """Write the joined files below `var/bundles/` where they differ; return that folder."""
    for name, (kind, page, join) in JOINED.items():
        target, text = BUNDLES / name, join(sources(kind, page))
        if not target.exists() or target.read_text() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    return BUNDLES


class Finder(BaseFinder):
    """Finds the joined files, made anew when a source changed."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__()
        self.storage = FileSystemStorage(location=build())

    def check(self, **kwargs: object) -> list[CheckMessage]:
        """Nothing to check: the folder is ours."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: object) -> str | list[str]:
        """The joined file's place on disk, or an empty list."""
        if path not in JOINED:
            return []
        found = str(build() / path)
        return [found] if find_all else found

    def list(self, ignore_patterns: object) -> Iterator[tuple[str, FileSystemStorage]]:
        """Each joined file with the storage that holds it."""
        for name in JOINED:
            yield name, self.storage


class Storage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, rewriting `import` statements in our own scripts only.

    Unconfined, the rewriting trips over scripts inside packages.
    """

    support_js_module_import_aggregation = True

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._patterns["js/*.js"] = self._patterns.pop("*.js")

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        """Compress what people's pages load; the admin's hundreds of files would take most of the first start."""
        yield from super().compress_files({path for path in paths if not path.startswith("admin/")})
