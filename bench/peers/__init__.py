"""Form builders of others, measured beside ours where they are installed (docs/BENCHMARKS.md says how).

Each peer is a small program that reads a job (JSON: `rounds`, and for each document its name, its
input schema and its flat fields) on its standard input and answers milliseconds, one list a document.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WITHIN_S = 120


def answers(job: dict[str, Any]) -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Each installed peer's name with its milliseconds: `warm` and `cold` by document.

    Peers live in the folder that BENCH_PEERS names; one that is not there is left out.
    """
    for name, command in commands(folder()).items():
        told = subprocess.run(
            command,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=True,
            cwd=folder(),
        )
        yield name, json.loads(told.stdout.splitlines()[-1])


def folder() -> Path:
    """Where peers are installed."""
    return Path(os.environ.get("BENCH_PEERS", "peers")).resolve()


def fal_clients(arguments: list[str]) -> dict[str, list[str]]:
    """How fal's client for JavaScript is started, by the way in which it waits; empty where it is not installed.

    It reads a run's input on each line, and answers with the milliseconds until it has the picture.
    """
    node = shutil.which("node")
    if not node or not (folder() / "node_modules" / "@fal-ai" / "client").is_dir():
        return {}
    program = str(HERE / "fal_client.cjs")
    return {mode: [node, program, *arguments, mode] for mode in ("polling", "streaming")}


def commands(where: Path) -> dict[str, list[str]]:
    """How each peer that is installed in a folder is started."""
    found = {}
    node = shutil.which("node")
    if node and (where / "node_modules" / "@rjsf" / "core").is_dir():
        found["react-jsonschema-form"] = [node, str(HERE / "rjsf.cjs")]
    python = where / "gradio" / "bin" / "python"
    if python.exists():
        found["Gradio"] = [str(python), str(HERE / "gradio_form.py")]
    return found
