"""How far from the top the first picture is, on the pages that begin with pictures."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.bench.figures import Goal, at_most
from tests.bench.stage.children import report_of
from tests.bench.stage.product import Product
from tests.bench.stage.stage import Stage

MOST_PX = {(1440, 900): 150, (390, 844): 200}  # by the size of the window
# A picture counts from 60 x 45 pixels: smaller ones are marks and icons.
FIRST_PX = """() => Math.min(...[...document.querySelectorAll("main :is(img, video)")]
  .map((picture) => picture.getBoundingClientRect())
  .filter(({ width, height }) => width >= 60 && height >= 45)
  .map(({ top }) => top + scrollY))"""


def addresses(board: str) -> dict[str, str]:
    """Return the pages, of which some are a board's."""
    return {
        "Results": "/runs/?as=wall",
        "Compare": "/compare/",
        "board": f"/compare/{board}/",
        "Judge": f"/compare/{board}/judge/",
        "Report": f"/compare/{board}/results/",
        "Inbox": "/inbox/",
    }


def first_picture_px(page: Page, address: str) -> float:
    """Return the distance of a page's first picture from its top."""
    page.goto(address)
    page.locator("main :is(img, video)").first.wait_for()
    return float(page.evaluate(FIRST_PX))


def measure_goals(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return the distances on all pages, at both sizes."""
    product = Product(stage, "corridor")
    command = ["tests.bench.pages.pictures_program"]
    board = report_of(command, product.checkout, product.environment)["board"]
    goals = []
    for (width, height), most in MOST_PX.items():
        context = stage.browser.new_context(
            storage_state=product.cookies,
            viewport={"width": width, "height": height},
            base_url=product.address,
        )
        for name, address in addresses(board).items():
            distance = first_picture_px(context.new_page(), address)
            what = f"{name}: first picture, at {width} px"
            goals.append(at_most("corridor", what, distance, most, "px"))
        context.close()
    return goals
