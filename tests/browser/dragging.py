"""Drags rows by the mouse, in steps."""

from playwright.sync_api import Locator


def drag(source: Locator, target: Locator, x: float, y: float) -> None:
    """Drag `source` to a place on `target`, in pixels from its top left corner.

    Not by Playwright's `drag_to`: it may scroll after the press, and then another row is below the
    mouse.
    """
    mouse = source.page.mouse
    source.hover()
    mouse.down()
    box = target.bounding_box()
    assert box
    mouse.move(box["x"] + x, box["y"] + y, steps=4)
    mouse.up()
