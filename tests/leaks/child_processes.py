"""Looks for secrets in the output of started Python programs, and in what `ps` shows of them."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.leaks import secrets
from tests.leaks.commands import PRINTED
from tests.leaks.responses import keys_in

KEYS = ("FAL_ADMIN_KEY", "FAL_KEY")
VARIABLES = (*KEYS, "SECRET_KEY", "SANDBOX_KEY", "SANDBOX_ADMIN_KEY")
# Keys that these programs do not get; a word of the command line identifies a program.
WITHOUT = {"config.server.serving": KEYS, "realtime": KEYS[:1]}


@dataclass
class Child:
    """A started program."""

    process: subprocess.Popen[Any]
    arguments: Sequence[str]
    folder: Path
    given: dict[str, str]  # the secrets in its environment, by variable
    log: Path | None  # the file to which it writes
    read_bytes: int = 0
    place: str = field(init=False)

    def __post_init__(self) -> None:
        self.place = f"what `{' '.join(self.arguments[1:4])}` prints"

    @property
    def watched(self) -> secrets.Watched:
        """Return its secrets: those it was given, and the keys that `manage.py up` makes."""
        made = keys_in(self.folder / "var")
        watched: secrets.Watched = {}
        for name, value in [*self.given.items(), *made]:
            watched |= secrets.watched(value, name)
        return watched

    def check(self, printed: str | bytes | None) -> None:
        """Check its output."""
        allowed = {kind for word in self.arguments for kind in PRINTED.get(word, ())}
        secrets.check(printed or b"", self.place, allowed, self.watched)

    def check_log(self) -> None:
        """Check what its file has got since the last time."""
        if self.log is not None and self.log.exists():
            with self.log.open("rb") as file:
                file.seek(max(0, self.read_bytes - secrets.longest()))
                self.check(file.read())
                self.read_bytes = file.tell()

    def check_family(self) -> None:
        """Check the command lines and environments of the program and of its children."""
        watched = self.watched
        for pid in family(self.process.pid):
            with suppress(FileNotFoundError, ProcessLookupError):  # the process has just ended
                line = Path(f"/proc/{pid}/cmdline").read_bytes()
                secrets.check(line, "a command line", (), watched)
                variables = Path(f"/proc/{pid}/environ").read_bytes()
                for word in line.decode().split("\0"):
                    for secret, kind in watched.items():
                        if kind in WITHOUT.get(word, ()) and secret in variables:
                            secrets.report(f"{kind} in the environment of {word}")


_children: list[Child] = []


@contextmanager
def watched_children() -> Iterator[None]:
    """Watch each Python program that the block starts."""
    start, communicate = subprocess.Popen.__init__, subprocess.Popen.communicate

    def start_watched(process: Any, args: Any, *rest: Any, **options: Any) -> None:
        start(process, args, *rest, **options)
        words = [str(word) for word in args] if isinstance(args, list | tuple) else [str(args)]
        if words[0] == sys.executable:
            variables = options.get("env") or {}
            given = {name: variables[name] for name in VARIABLES if name in variables}
            name = getattr(options.get("stdout"), "name", None)
            log = Path(name) if isinstance(name, str) else None
            process._watched = Child(process, words, Path(options.get("cwd") or "."), given, log)
            _children.append(process._watched)

    def communicate_watched(process: Any, *arguments: Any, **options: Any) -> Any:
        printed = communicate(process, *arguments, **options)
        if child := getattr(process, "_watched", None):
            for text in printed:
                child.check(text)
        return printed

    with (
        patch.object(subprocess.Popen, "__init__", start_watched),
        patch.object(subprocess.Popen, "communicate", communicate_watched),
    ):
        yield


def check_children() -> None:
    """Check the running programs, and what they have written since the last time."""
    for child in [*_children]:
        child.check_log()
        if child.process.poll() is None:
            child.check_family()
        else:
            _children.remove(child)


def family(pid: int) -> list[int]:
    """Return a process and its descendants, without those that have ended."""
    pids = [pid]
    for parent in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
    return pids
