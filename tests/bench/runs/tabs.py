"""G4: with seven tabs of one profile watching runs, an eighth opens its form.

A browser opens at most six connections to a server (HTTP/1.1), so a request waits if other tabs
hold them all. The floor holds one poll per tab and shows the effect.
"""

from playwright.sync_api import BrowserContext, Page

from tests.bench.figures import Goal, at_most, at_most_ratio, median, table, without_goal
from tests.bench.runs.targets import PICTURE, RUN, Form, arguments
from tests.bench.runs.watchers import runs_ended
from tests.bench.stage.stage import Stage

TABS = 7
SECONDS = 7.0
WITHIN_MS = 60_000
USABLE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
# Records the time of day when the image is decoded. Frames are no measure: a browser renders a
# background tab only once a second.
NOTE = """() => {
  const note = () => {
    const image = document.querySelector('#stage img');
    image?.decode().then(() => (document.body.dataset.decodedAt ||= Date.now()), () => {});
  };
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
}"""


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, tabs: int = TABS, seconds: float = SECONDS
) -> list[Goal]:
    """Measure G4 for the product and the floor in turns."""
    sides = {
        "product": (stage.product.address, stage.product.storage_state),
        "floor": (stage.floor.address, None),
    }
    alone: dict[str, list[float]] = {name: [] for name in sides}
    eighth: dict[str, list[float]] = {name: [] for name in sides}
    late: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, (base, storage_state) in sides.items():
            context = stage.browser.new_context(storage_state=storage_state)
            try:
                _open(context, base, seconds).close()  # fills the cache that all tabs share
                quiet = _open(context, base, seconds)
                alone[name].append(quiet.evaluate(USABLE))
                quiet.close()
                watching = [_open(context, base, seconds, f"tab {n}") for n in range(tabs)]
                for tab in watching:
                    tab.evaluate(NOTE)
                    tab.locator(RUN).click()
                eighth[name].append(_open(context, base, seconds).evaluate(USABLE))
                late[name].append(_most_late(stage, watching))
            finally:
                context.close()
    rows = [
        [name, *(f"{median(ms[name]):.0f}" for ms in (alone, eighth)), f"{max(late[name]):.0f}"]
        for name in sides
    ]
    head = ["", "a form, nothing running", "one more tab", "latest picture"]
    print(f"\n{tabs} tabs watch runs of {seconds:g} s, ms\n{table(head, rows)}", flush=True)
    what = f"{tabs + 1}th tab's form"
    form, floor = median(eighth["product"]), median(eighth["floor"])
    return [
        without_goal("G4", f"{what}, floor", f"{floor:.0f} ms"),
        at_most_ratio("G4", what, form, median(alone["product"]), 2, "ms", "quiet"),
        at_most("G4", what, form, 400, "ms", floor),
        at_most("G4", "latest picture", max(late["product"]), 300, "ms", max(late["floor"])),
    ]


def _open(context: BrowserContext, base: str, seconds: float, prompt: str = "tab") -> Page:
    """Open a tab with the model's form."""
    page = context.new_page()
    page.set_default_timeout(WITHIN_MS)
    Form().open(page, base, arguments(seconds, prompt), "load")
    return page


def _most_late(stage: Stage, pages: list[Page]) -> float:
    """Return the milliseconds between a model's end and its image, in the last tab."""
    for page in pages:
        page.wait_for_selector(PICTURE)
        page.wait_for_selector("body[data-decoded-at]")
    painted = sorted(float(page.evaluate("document.body.dataset.decodedAt")) for page in pages)
    ended = sorted(runs_ended(stage, len(pages)))
    return max(at - end * 1000 for at, end in zip(painted, ended, strict=True))
