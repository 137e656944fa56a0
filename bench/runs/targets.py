"""The targets of G1: pages that are clicked in Chromium, and clients without a browser."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Page

from bench.stage import peers
from bench.stage.browser import painted_ms
from bench.stage.children import HOST, ROOT, Broken, clean_environment, free_port
from bench.stage.login import in_browser
from bench.stage.stage import KEY, Stage

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


class Client:
    """A client of the queue in its own process, without a browser."""

    def __init__(self, stage: Stage, command: list[str]) -> None:
        self.stage = stage
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)

    def run(self, seconds: float) -> float:
        """Return the milliseconds from the submit to the downloaded image."""
        assert self.process.stdin
        assert self.process.stdout
        self.stage.upstream.delete("/_sandbox/calls")
        self.process.stdin.write(json.dumps(arguments(seconds)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Broken(f"{self.process.args!r} ended")
        return float(line)

    def close(self) -> None:
        self.process.communicate()


Targets = dict[str, Target | Client]


def pages(stage: Stage) -> Targets:
    """Return the floor, and Gradio if it is installed."""
    targets: Targets = {"floor": Target(stage, stage.floor)}
    port = free_port()
    if command := peers.gradio_app([str(port), stage.sandbox, KEY, MODEL]):
        # By default it sends analytics, and stores every image in the machine's shared temporary
        # folder.
        quiet = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(stage.scratch)}
        app = stage.start("gradio", command, env=clean_environment() | quiet)
        targets[GRADIO] = Target(stage, app.answering(f"http://{HOST}:{port}"), form=OF_GRADIO)
    return targets


def clients(stage: Stage) -> Targets:
    """Return a minimal client, and fal's own for Python and, if installed, for JavaScript."""
    commands = peers.queue_clients([stage.sandbox, KEY, MODEL])
    return {name: Client(stage, command) for name, command in commands.items()}
