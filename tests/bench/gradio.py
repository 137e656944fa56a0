"""The comparison with Gradio: a typical app for fal, and how it is measured if it is installed.

As a program it is the app: inputs, a button, fal-client's `subscribe`, an image.

    python gradio.py PORT UPSTREAM KEY MODEL   (with a Python that has Gradio and fal-client)
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bench.runs.targets import Target
    from tests.bench.stage.stage import Stage

NAME = "Gradio"


def python() -> str:
    """Return the Python that has Gradio and fal-client; empty if there is none.

    docs/BENCHMARKS.md says how to install them into the folder that BENCH_PEERS names.
    """
    folder = Path(os.environ.get("BENCH_PEERS", "peers")).resolve() / "gradio"
    is_installed = any(folder.glob("lib/python*/site-packages/fal_client"))
    return str(folder / "bin" / "python") if is_installed else ""


def targets(stage: Stage) -> dict[str, Target]:
    """Start the app; return its page by name, or nothing if Gradio is not installed or broken."""
    from tests.bench.runs.targets import MODEL, Form, Target
    from tests.bench.stage.stage import KEY, Broken

    if not python():
        return {}
    # -P: otherwise this file and its neighbours hide packages of the same names. By default Gradio
    # sends analytics, and stores every image in the machine's shared temporary folder.
    quiet = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(stage.scratch)}
    try:
        server = stage.serve(
            "gradio", [python(), "-P", __file__], [stage.sandbox, KEY, MODEL], **quiet
        )
    except Broken as error:  # the other targets are measured without it
        print(f"{NAME} is broken: {error}", file=sys.stderr)
        return {}
    form = Form("/", "#{} :is(input, textarea)", "#run", "#picture img")
    return {NAME: Target(stage, server.address, form=form)}


def app(base: str, key: str, model: str) -> Any:
    """Return the page, without a limit on concurrent runs."""
    import fal_client.client as fal_client
    import gradio as gr
    from gradio import processing_utils

    # fal-client requires https hosts; the sandbox has none here. And by default Gradio fetches no
    # images from this machine.
    fal_client.QUEUE_URL_FORMAT, fal_client.RUN_URL_FORMAT = f"{base}/queue/", f"{base}/run/"
    processing_utils.PUBLIC_HOSTNAME_WHITELIST.append("127.0.0.1")
    fal = fal_client.SyncClient(key=key)

    def run(prompt: str, duration: float, log_lines: int) -> str:
        arguments = {"prompt": prompt, "duration": duration, "log_lines": log_lines}
        address: str = fal.subscribe(model, arguments)["images"][0]["url"]
        return address

    with gr.Blocks() as blocks:
        inputs = [
            gr.Textbox(label="Prompt", elem_id="prompt"),
            gr.Number(10, label="Duration", elem_id="duration"),
            gr.Number(10, label="Log lines", precision=0, elem_id="log_lines"),
        ]
        button = gr.Button("Run", elem_id="run")
        button.click(run, inputs, gr.Image(label="Picture", elem_id="picture"))
    return blocks.queue(default_concurrency_limit=None)


if __name__ == "__main__":
    port, *rest = sys.argv[1:]
    app(*rest).launch(server_name="127.0.0.1", server_port=int(port), quiet=True)
