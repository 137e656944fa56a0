"""A typical Gradio app for fal: inputs, a button, fal-client's `subscribe`, an image.

python gradio_run.py PORT UPSTREAM KEY MODEL      (with a Python in which Gradio and fal-client are
installed)
"""

from __future__ import annotations

import sys
from typing import Any

import fal_client.client as fal_client
import gradio as gr
from gradio import processing_utils


def app(base: str, key: str, model: str) -> Any:
    """Return the page, without a limit on concurrent runs."""
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
