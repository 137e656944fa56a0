"""Pages that G1 clicks in Chromium, each in its own browser profile."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page

from tests.bench.stage.browser import painted_ms
from tests.bench.stage.stage import Stage

MODEL = "mischief/slow"
RUN = "#run-button"
PICTURE = "#stage img"


def arguments(seconds: float, prompt: str = "patience") -> dict[str, object]:
    """Return arguments for a run of known length, with one log line and an image not yet cached."""
    return {"prompt": prompt, "duration": seconds, "log_lines": 1}


@dataclass(frozen=True)
class Form:
    """Selectors of a page's controls; `control` has a placeholder for a field name."""

    path: str = f"/models/{MODEL}/"
    control: str = "[name={}]"
    run: str = RUN
    picture: str = PICTURE

    def open(self, page: Page, base: str, values: dict[str, object], wait_until: Any) -> None:
        """Open the form and fill it in."""
        fill = quote(json.dumps(values))
        page.goto(f"{base}{self.path}?input={fill}", wait_until=wait_until)
        for name, value in values.items():
            control = page.locator(self.control.format(name)).first
            if control.input_value() != str(value):
                control.fill(str(value))


class Target:
    """A page that is clicked round after round."""

    def __init__(
        self, stage: Stage, base: str, storage_state: Any = None, form: Form | None = None
    ) -> None:
        self.stage = stage
        self.base = base
        self.form = form or Form()
        self.context = stage.browser.new_context(storage_state=storage_state)

    def run(self, seconds: float) -> float:
        """Open the model's page, fill it in, click Run; return the milliseconds until painted."""
        page = self.context.new_page()
        try:
            self.form.open(page, self.base, arguments(seconds), "networkidle")
            self.stage.upstream.delete("/_sandbox/calls")
            return painted_ms(page, self.form.run, self.form.picture, seconds + 30)
        finally:
            page.close()
