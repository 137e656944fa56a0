"""The project's own files, for tests about sources: those that git lists.

Walking the folder would also find what is installed beside them: `.venv-3.13/`, `var/`.
"""

import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = {"var", "staticfiles", "node_modules", "__pycache__"}


@cache
def project_files() -> tuple[Path, ...]:
    """Return the checkout's files that git knows or would add, in order."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode or not (ROOT / ".git").exists():  # this is a copy without the history
        return tuple(sorted(_walk(ROOT)))
    paths = (ROOT / name for name in sorted({*listed.stdout.split("\0")} - {""}))
    return tuple(path for path in paths if path.is_file())


def sources(pattern: str, *, but: frozenset[str] | set[str] = frozenset()) -> list[Path]:
    """Return the files whose path matches, except in these top-level folders."""
    named = ((path, path.relative_to(ROOT)) for path in project_files())
    return [
        path for path, name in named if fnmatch(str(name), pattern) and name.parts[0] not in but
    ]


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in INSTALLED:
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
