"""G5 and G6: the cost of a form page and a gallery page for a browser with an empty cache.

Each visit has a fresh profile; product and floor alternate. Usable means that every script has run
and DOMContentLoaded is over, so that the page's main control is present, enabled and works.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext

from tests.bench.figures import KB, Goal, at_most, at_most_ratio, median, percentile, table
from tests.bench.stage.browser import Visit, visit
from tests.bench.stage.stage import Stage

FORM = "/models/sandbox/aurora/"
FORM_NEEDS = "[name=prompt]"
GALLERY = "/models/"
GALLERY_NEEDS = "[name=q]"
HEAD = ["", "KB", "requests", "external", "usable ms", "p90", "heap MB", "long tasks"]

Visits = dict[str, list[Visit]]


def measure_form(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return the results of G5."""
    visits = take_turns(stage, FORM, FORM_NEEDS, rounds)
    show("Form page, cold", visits)
    product, floor = visits["product"], visits["floor"]
    kb, heap = median_of(product, wire_kb), median_of(product, heap_mb)
    return [
        at_most("G5", "form page: on the wire", kb, 32, "KB"),
        at_most(
            "G5", "form page: requests", median_of(product, lambda visited: visited.requests), 5, ""
        ),
        at_most(
            "G5",
            "form page: external hosts",
            median_of(product, lambda visited: visited.external),
            0,
            "",
        ),
        at_most_ratio(
            "G5",
            "form page: usable",
            median_of(product, usable),
            median_of(floor, usable),
            1.5,
            "ms",
        ),
        at_most("G5", "form page: JS heap", heap, 1.5, "MB"),
        at_most(
            "G5",
            "form page: long tasks",
            median_of(product, lambda visited: visited.long_tasks),
            0,
            "",
        ),
    ]


def measure_gallery(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return the results of G6."""
    visits = take_turns(stage, GALLERY, GALLERY_NEEDS, rounds)
    show("Gallery, cold", visits)
    warm = {name: see(stage, name, GALLERY, GALLERY_NEEDS, 2)[1:] for name in visits}
    show("Gallery, a second visit", warm)
    product, floor = visits["product"], visits["floor"]
    kb = median_of(product, wire_kb)
    return [
        at_most("G6", "gallery: on the wire, no pictures", kb, 32, "KB"),
        at_most_ratio(
            "G6", "gallery: usable", median_of(product, usable), median_of(floor, usable), 2, "ms"
        ),
        at_most("G6", "gallery: second visit", warm["product"][0].wire_bytes / KB, 8, "KB"),
    ]


def take_turns(stage: Stage, path: str, needs: str, rounds: int) -> Visits:
    """Make cold visits in turns; the first round only warms up both servers."""
    visits: Visits = {"product": [], "floor": []}
    for number in range(rounds + 1):
        for name, target_visits in visits.items():
            (seen,) = see(stage, name, path, needs, 1)
            if number:
                target_visits.append(seen)
    return visits


def see(stage: Stage, name: str, path: str, needs: str, often: int) -> list[Visit]:
    """Make a cold visit, and further visits with the same profile, `often` in total."""
    with_profile = profile(stage, name)
    try:
        return [visit(with_profile, base(stage, name) + path, needs) for _ in range(often)]
    finally:
        with_profile.close()


def base(stage: Stage, name: str) -> str:
    return stage.product.address if name == "product" else stage.floor


def profile(stage: Stage, name: str) -> BrowserContext:
    """Return a browser profile with an empty cache, logged in if it is for the product."""
    cookies = None if name == "floor" else stage.product.cookies
    context: BrowserContext = stage.browser.new_context(storage_state=cookies)
    return context


def show(title: str, visits: Visits) -> None:
    """Print the figures of all targets."""
    rows = [
        [
            name,
            f"{median_of(seen, wire_kb):.1f}",
            f"{median_of(seen, lambda visited: visited.requests):g}",
            f"{median_of(seen, lambda visited: visited.external):g}",
            f"{median_of(seen, usable):.0f}",
            f"{percentile(map(usable, seen), 0.9):.0f}",
            f"{median_of(seen, heap_mb):.2f}",
            f"{median_of(seen, lambda visited: visited.long_tasks):g}",
        ]
        for name, seen in visits.items()
    ]
    print(f"\n{title}")
    print(table(HEAD, rows), flush=True)


def median_of(visits: list[Visit], figure: Callable[[Visit], float]) -> float:
    return median(map(figure, visits))


def wire_kb(visited: Visit) -> float:
    """Return the KB on the wire, without the pictures."""
    return visited.wire_bytes / KB


def usable(visited: Visit) -> float:
    """Return the milliseconds until the page is usable."""
    return visited.usable_ms


def heap_mb(visited: Visit) -> float:
    """Return the size of the JavaScript heap after garbage collection."""
    return visited.heap_bytes / 1e6
