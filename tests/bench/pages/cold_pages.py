"""G5 and G6: the cost of a form page and a gallery page for a browser with an empty cache.

Each visit has a fresh profile; product and floor alternate. Usable means that every script has run
and DOMContentLoaded is over, so that the page's main control is present, enabled and works.
"""

from collections.abc import Callable

from tests.bench.figures import KB, Goal, at_most, at_most_ratio, median, table
from tests.bench.stage.browser import Visit, visit
from tests.bench.stage.stage import Stage

FORM = "/models/sandbox/aurora/"
FORM_NEEDS = "[name=prompt]"
GALLERY = "/models/"
GALLERY_NEEDS = "[name=q]"
# Figures of a visit, without pictures: bytes on the wire, the time until usable, the heap after
# garbage collection.
FIGURES: dict[str, Callable[[Visit], float]] = {
    "KB": lambda visit: visit.wire_bytes / KB,
    "requests": lambda visit: visit.requests,
    "external": lambda visit: visit.external,
    "usable ms": lambda visit: visit.usable_ms,
    "heap MB": lambda visit: visit.heap_bytes / 1e6,
    "long tasks": lambda visit: visit.long_tasks,
}
Medians = dict[str, float]


def measure_form(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return the results of G5."""
    product, floor = compare(stage, "Form page, cold", FORM, FORM_NEEDS, rounds)
    usable, limit = "usable ms", 1.5
    return [
        at_most("G5", "form page: on the wire", product["KB"], 32, "KB"),
        at_most("G5", "form page: requests", product["requests"], 5, ""),
        at_most("G5", "form page: external hosts", product["external"], 0, ""),
        at_most_ratio("G5", "form page: usable", product[usable], floor[usable], limit, "ms"),
        at_most("G5", "form page: JS heap", product["heap MB"], 1.5, "MB"),
        at_most("G5", "form page: long tasks", product["long tasks"], 0, ""),
    ]


def measure_gallery(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return the results of G6."""
    product, floor = compare(stage, "Gallery, cold", GALLERY, GALLERY_NEEDS, rounds)
    second_kb = see(stage, "product", GALLERY, GALLERY_NEEDS, 2)[1].wire_bytes / KB
    usable, limit = "usable ms", 2
    return [
        at_most("G6", "gallery: on the wire, no pictures", product["KB"], 32, "KB"),
        at_most_ratio("G6", "gallery: usable", product[usable], floor[usable], limit, "ms"),
        at_most("G6", "gallery: second visit", second_kb, 8, "KB"),
    ]


def compare(
    stage: Stage, title: str, path: str, needs: str, rounds: int
) -> tuple[Medians, Medians]:
    """Visit product and floor in turns; print the medians of their figures and return them.

    The first round only warms up both servers.
    """
    visits: dict[str, list[Visit]] = {"product": [], "floor": []}
    for number in range(rounds + 1):
        for name, target_visits in visits.items():
            target_visits += see(stage, name, path, needs, 1)[: bool(number)]
    medians = {
        name: {figure: median(map(value, seen)) for figure, value in FIGURES.items()}
        for name, seen in visits.items()
    }
    rows = [[name, *(f"{v:.2f}" for v in own.values())] for name, own in medians.items()]
    print(f"\n{title}\n{table(['', *FIGURES], rows)}", flush=True)
    return medians["product"], medians["floor"]


def see(stage: Stage, name: str, path: str, needs: str, often: int) -> list[Visit]:
    """Make a cold visit, and further visits with the same profile, `often` in total."""
    is_floor = name == "floor"
    base = stage.floor.address if is_floor else stage.product.address
    state = None if is_floor else stage.product.storage_state
    profile = stage.browser.new_context(storage_state=state)
    try:
        return [visit(profile, base + path, needs) for _ in range(often)]
    finally:
        profile.close()
