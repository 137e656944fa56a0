"""Shared by the programs in Python: their command line, and opening a file."""

import hashlib
import io
import json
import os
import sys
import urllib.request
import wave
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

URL, TOKEN = os.environ["VITRINE_URL"], os.environ.get("VITRINE_TOKEN", "")
HOST = URL.removeprefix("https://")
PICTURE, SLOW, CENSOR = "sandbox/aurora", "mischief/slow", "mischief/slow"
FORBIDDEN = "a forbidden garden"
MINUTE = 60


def main(
    promises: Iterable[Callable[[], Any]],
    refusals: Mapping[str, Callable[[], Any]],
    cannot: Mapping[str, str] = MappingProxyType({}),
    statuses: Mapping[str, int | None] = MappingProxyType({}),
) -> None:
    """Print what the client can do, or keep the promise that the argument names.

    `statuses` are those of its protocol if they differ from fal's; None means that it has none.
    """
    by_name = {promise.__name__: promise for promise in promises} | dict(refusals)
    if len(sys.argv) == 1:
        declared = {"cannot": dict(cannot), "statuses": dict(statuses)}
        print(json.dumps({"promises": [*by_name], **declared}))
        return
    facts = by_name[sys.argv[1]]()
    print("\n" + json.dumps(facts))


def refusals(
    error_of: Callable[[Any], Any], invalid: Any, refused: Any, plain: Any
) -> dict[str, Callable[[], Any]]:
    """Return the promises about refusals; the token decides why a plain call is refused."""
    calls = {"invalid": invalid, "refused": refused, "blocked": plain, "budget": plain}
    return {name: partial(error_of, call) for name, call in calls.items()}


def digest(content: bytes) -> str:
    """Return the SHA-256 by which the stage knows a file."""
    return hashlib.sha256(content).hexdigest()


def open_file(address: str) -> dict[str, str]:
    """Open a result's file as a program without a token does."""
    with urllib.request.urlopen(address) as response:
        return {"file": digest(response.read()), "address": address}


def error_in(call: Callable[[], Any], errors: Any, status: Callable[[Any], int]) -> dict[str, Any]:
    """Return status and text of the error that a call raises."""
    try:
        unexpected = call()
    except errors as error:
        words = f"{error} {getattr(error, 'body', '')}"
        response = getattr(error, "response", None)
        return {"status": status(error), "text": words + getattr(response, "text", "")}
    return {"status": 0, "text": f"no error but {str(unexpected)[:200]}"}


def samples(seconds: float, *, begins_loud: bool = False) -> bytes:
    """Return silence of 8,000 samples a second, optionally loud for the first tenth of a second."""
    loud = b"\xff\x7f" if begins_loud else bytes(2)
    return loud * 800 + bytes(int(seconds * 8000) * 2 - 1600)


def recording(seconds: float) -> bytes:
    """Return a WAV of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(samples(seconds))
    return file.getvalue()
