"""Calls whose code the API tab shows, and how to run that code as it is shown."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from schemas.reference.snippets import Call, FileField, Snippet, Way

HOSTILE = 'it\'s "$HOME" `id` \\n é\n%s </script>'
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "wait": ("mischief/curiosities", {"needed": 3, "front": HOSTILE}),
    "webhook": ("mischief/curiosities", {"needed": 4, "front": HOSTILE}),
    "stream": ("mischief/clock", {"words": 3, "pause": 0, "prompt": HOSTILE}),
    "realtime": ("sandbox/aurora/lite", {"prompt": HOSTILE, "seed": 3}),
    "upload": ("sandbox/eye", {"prompt": HOSTILE}),
}
PICTURE = FileField("image_url", "image", is_list=False)


def call(way: Way, **more: Any) -> Call:
    """Return the call that is tried in a way."""
    return Call(*CALLS[way.key], file=PICTURE, **more)


def prepare(folder: Path) -> Path:
    """Put the picture that the code uploads into the folder."""
    Image.new("RGB", (40, 30), "teal").save(folder / "photo.png")
    return folder


def run(snippet: Snippet, folder: Path, **environment: str) -> str:
    """Run code in a folder; return what it printed."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("FAL_", "COV"))}
    done = subprocess.run(
        _command(snippet, folder),
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _command(snippet: Snippet, folder: Path) -> list[str]:
    if snippet.code.startswith(("curl", "place=", "request=", "url=")):
        return ["bash", "-euc", snippet.code]
    is_python = "python" in snippet.key
    file = folder / ("code.py" if is_python else "code.mjs")
    file.write_text(snippet.code, encoding="utf-8")
    if is_python:
        return [sys.executable, str(file)]
    hosts = folder / "hosts.mjs"
    preload = ["--import", str(hosts)] if hosts.exists() else []
    return ["node", "--experimental-websocket", "--no-warnings", *preload, str(file)]
