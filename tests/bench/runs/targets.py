"""The targets of G1: pages that are clicked in Chromium."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page

from tests.bench.stage.browser import painted_ms
from tests.bench.stage.children import HOST, ROOT, Broken, clean_environment, free_port
from tests.bench.stage.login import in_browser
from tests.bench.stage.stage import KEY, Stage

MODEL = "mischief/slow"
RUN = "#run-button"
PICTURE = "#stage img"
GRADIO = "Gradio"


def arguments(seconds: float) -> dict[str, object]:
    """Return arguments for a run of known length, with one log line and an image not yet cached."""
    return {"prompt": "patience", "duration": seconds, "log_lines": 1}


@dataclass(frozen=True)
class Form:
    """Selectors of a page's controls; `control` has a placeholder for a field name."""

    path: str = f"/models/{MODEL}/"
    control: str = "[name={}]"
    run: str = RUN
    picture: str = PICTURE


OF_GRADIO = Form("/", "#{} :is(input, textarea)", "#run", "#picture img")


class Target:
    """A page that is clicked round after round, in its own browser profile."""

    def __init__(self, stage: Stage, base: str, login: str = "", form: Form | None = None) -> None:
        self.stage = stage
        self.base = base
        self.form = form or Form()
        self.context = stage.browser.new_context()
        if login:
            page = self.context.new_page()
            in_browser(page, login)
            page.close()

    def run(self, seconds: float) -> float:
        """Open the model's page, fill it in, click Run; return the milliseconds until painted."""
        page = self.context.new_page()
        try:
            fill = quote(json.dumps(arguments(seconds)))
            page.goto(f"{self.base}{self.form.path}?input={fill}", wait_until="networkidle")
            self._fill(page, seconds)
            self.stage.upstream.delete("/_sandbox/calls")
            return painted_ms(page, self.form.run, self.form.picture, seconds + 30)
        finally:
            page.close()

    def _fill(self, page: Page, seconds: float) -> None:
        for name, value in arguments(seconds).items():
            control = page.locator(self.form.control.format(name)).first
            if control.input_value() != str(value):
                control.fill(str(value))

    def close(self) -> None:
        self.context.close()


Targets = dict[str, Target]


def pages(stage: Stage) -> Targets:
    """Return the floor, and Gradio if it is installed."""
    targets: Targets = {"floor": Target(stage, stage.floor)}
    port = free_port()
    if python := gradio_python():
        program = str(ROOT / "tests" / "bench" / "stage" / "gradio_run.py")
        # -P: otherwise `http.py` beside the program hides Python's own package.
        command = [python, "-P", program, str(port), stage.sandbox, KEY, MODEL]
        # By default it sends analytics, and stores every image in the machine's shared temporary
        # folder.
        quiet = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(stage.scratch)}
        app = stage.start("gradio", command, env=clean_environment() | quiet)
        try:
            address = app.answering(f"http://{HOST}:{port}")
            targets[GRADIO] = Target(stage, address, form=OF_GRADIO)
        except Broken as error:  # the other targets are measured without it
            print(f"{GRADIO} is broken: {error}", file=sys.stderr)
    return targets


def unmeasured(is_installed: object) -> str:
    """Return why a peer was not measured."""
    return f"{'broken' if is_installed else 'not installed'}, so not measured"


def gradio_python() -> str:
    """Return the Python that has Gradio and fal-client; empty if there is none.

    docs/BENCHMARKS.md says how to install them into the folder that BENCH_PEERS names.
    """
    folder = Path(os.environ.get("BENCH_PEERS", "peers")).resolve() / "gradio"
    is_installed = any(folder.glob("lib/python*/site-packages/fal_client"))
    return str(folder / "bin" / "python") if is_installed else ""
