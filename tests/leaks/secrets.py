"""The secrets that exist during the tests, and the leaks that were found.

Needs only the standard library, because started web processes import it too (`in_children`).
"""

import os
import re
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any

# Each secret that Vitrine makes during the tests contains this mark and the letter of its kind, so
# a single search finds all of them, however many exist. Lower case, because session keys are.
MARK = "q7leakz"
KINDS = {
    "s": "session",
    "t": "API token",
    "l": "login link",
    "i": "invitation",
    "w": "webhook token",
}
LETTERS = {kind: letter for letter, kind in KINDS.items()}
MIN_CHARS = 10  # every page would contain a test's key of a few letters
REPORT = "LEAKS_REPORT"  # a variable of started processes: the file for their findings

_MARK = MARK.encode()
_MADE = re.compile(_MARK + b"([a-z])")
_HIDDEN = re.compile(rf"[\w-]*{MARK}[\w-]*")

Watched = dict[bytes, str]  # secrets, each with its kind
_configured: Watched = {}
found: list[str] = []  # leaks found during this test


def watch(secret: str, kind: str = "key") -> None:
    """Watch for this secret from now on; of `key_id:key_secret`, for the part after the colon."""
    _configured.update(watched(secret, kind))


def watched(secret: str, kind: str = "key") -> Watched:
    """Return the secret for `check`, or nothing if it is too short to be recognised in a text.

    If the secret part of a pair is short, as in the sandbox's `name:sandbox`, use the whole pair.
    """
    for text in (secret.partition(":")[2], secret):
        if len(text) >= MIN_CHARS:
            return {text.encode(): kind}
    return {}


def add_mark(secret: str, kind: str) -> str:
    """Return a secret of the same length that `check` recognizes."""
    mark = MARK + LETTERS[kind]
    return secret[:6] + mark + secret[6 + len(mark) :]


class MarkedSecrets:
    """Replaces Python's `secrets` in a module that makes secrets of one kind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        return getattr(secrets, name)

    def token_urlsafe(self, nbytes: int | None = None) -> str:
        """Return a random text with the mark."""
        return add_mark(secrets.token_urlsafe(nbytes), self._kind)


def check(
    data: bytes | str, place: str, allowed: Collection[str] = (), others: Watched | None = None
) -> None:
    """Report each kind of secret in `data` that is not allowed there.

    `others` are secrets to find in this text alone.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    kinds = kinds_in(data)
    if others:
        kinds |= {kind for secret, kind in others.items() if secret in data}
    for kind in sorted(kinds.difference(allowed)):
        report(f"{kind} in {hide(place)}")


def kinds_in(data: bytes) -> set[str]:
    """Return the kinds of all secrets in `data`."""
    return made_kinds(data) | {kind for secret, kind in _configured.items() if secret in data}


def made_kinds(data: bytes) -> set[str]:
    """Return the kinds of the made secrets in `data`."""
    return {KINDS[letter.decode()] for letter in _MADE.findall(data)} if _MARK in data else set()


def hide(text: str) -> str:
    """Return the text without made secrets, for addresses that contain one."""
    return _HIDDEN.sub("…", text)


def report(leak: str) -> None:
    """Fail the current test, from any process."""
    if file := os.environ.get(REPORT):
        with Path(file).open("a") as lines:
            lines.write(f"{leak}\n")
    else:
        found.append(leak)


def longest() -> int:
    """Return the length of the longest secret, to find secrets cut in two."""
    return max(map(len, _configured), default=0) or len(MARK) + 1
