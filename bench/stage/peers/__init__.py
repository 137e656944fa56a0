"""Other programs measured beside ours if they are installed (docs/BENCHMARKS.md says how).

Each form builder is a small program that reads a job (JSON: `rounds`, and for each document its
name, its input schema and its flat fields) from standard input and prints milliseconds, one list
per document.
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
        completed = subprocess.run(
            command,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=True,
            cwd=folder(),
        )
        yield name, json.loads(completed.stdout.splitlines()[-1])


def folder() -> Path:
    """Return the folder in which they are installed."""
    return Path(os.environ.get("BENCH_PEERS", "peers")).resolve()


def queue_clients(arguments: list[str]) -> dict[str, list[str]]:
    """Return the command line of each queue client.

    A minimal one, fal's own for Python, and fal's for JavaScript if installed.

    It reads a run's input on each line, and prints the milliseconds until it has the image.
    """
    clients = {
        "bare client": [sys.executable, str(HERE / "status_stream.py"), *arguments],
        "fal-client": [sys.executable, str(HERE / "fal_subscribe.py"), *arguments],
    }
    node = shutil.which("node")
    if node and (folder() / "node_modules" / "@fal-ai" / "client").is_dir():
        program = [node, str(HERE / "fal_client.cjs"), str(folder()), *arguments]
        for mode in ("polling", "streaming"):
            clients[f"@fal-ai/client, {mode}"] = [*program, mode]
    return clients


def gradio_app(arguments: list[str]) -> list[str]:
    """Return the command line of a Gradio app for fal.

    Empty unless both Gradio and fal-client are installed.
    """
    python = folder() / "gradio" / "bin" / "python"
    if not any(folder().glob("gradio/lib/python*/site-packages/fal_client")):
        return []
    return [str(python), str(HERE / "gradio_run.py"), *arguments]


def commands(where: Path) -> dict[str, list[str]]:
    """Return the command line of each program that is installed in a folder."""
    programs = {}
    node = shutil.which("node")
    if node and (where / "node_modules" / "@rjsf" / "core").is_dir():
        programs["react-jsonschema-form"] = [node, str(HERE / "rjsf.cjs")]
    python = where / "gradio" / "bin" / "python"
    if python.exists():
        programs["Gradio"] = [str(python), str(HERE / "gradio_form.py")]
    return programs
