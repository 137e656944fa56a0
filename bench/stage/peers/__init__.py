"""What others made, measured beside ours where it is installed (docs/BENCHMARKS.md says how).

Each form builder is a small program that reads a job (JSON: `rounds`, and for each document its
name, its input schema and its flat fields) on its standard input and answers milliseconds, one list
a document.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WITHIN_S = 120


def answers(job: dict[str, Any]) -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Each installed form builder's name with its milliseconds: `warm` and `cold` by document.

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


def queue_clients(arguments: list[str]) -> dict[str, list[str]]:
    """How each client of the queue is started.

    A bare one, fal's own, and fal's for JavaScript where it is installed.

    It reads a run's input on each line, and answers with the milliseconds until it has the picture.
    """
    found = {
        "bare client": [sys.executable, str(HERE / "status_stream.py"), *arguments],
        "fal-client": [sys.executable, str(HERE / "fal_subscribe.py"), *arguments],
    }
    node = shutil.which("node")
    if node and (folder() / "node_modules" / "@fal-ai" / "client").is_dir():
        program = [node, str(HERE / "fal_client.cjs"), str(folder()), *arguments]
        for mode in ("polling", "streaming"):
            found[f"@fal-ai/client, {mode}"] = [*program, mode]
    return found


def gradio_app(arguments: list[str]) -> list[str]:
    """How a Gradio app over fal is started.

    Empty where Gradio and fal-client are not both installed.
    """
    python = folder() / "gradio" / "bin" / "python"
    if not any(folder().glob("gradio/lib/python*/site-packages/fal_client")):
        return []
    return [str(python), str(HERE / "gradio_run.py"), *arguments]


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
