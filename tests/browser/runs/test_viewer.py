"""Results in a browser: each kind has its renderer, and the viewer shows them large."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.journeys import DONE, Open, open_page
from tests.browser.runs.test_journey import ready

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


@pytest.mark.exhaustive
def test_a_mesh_turns_in_a_frame_that_can_do_nothing_else(
    open_page: Open,
) -> None:
    page = ready(open_page("/models/sandbox/relief/text-to-3d/"))
    page.locator("[name=prompt]").fill("a vase")
    page.locator("#run-button").click()
    page.wait_for_selector(DONE)
    answers = iter((202, 202))  # twice, the preview is not ready

    def be_late(route: Route) -> None:
        status = next(answers, None)
        route.fulfill(status=status) if status else route.continue_()

    page.route("**/viewer/", be_late)
    page.locator("mesh-view a").click()
    expect(page.locator("mesh-view [role=status]")).to_have_text("The 3D model is on its way.")
    frame = page.frame_locator("mesh-view iframe")
    expect(frame.locator("canvas")).to_be_visible()
    assert page.locator("mesh-view iframe").get_attribute("sandbox") == "allow-scripts"
    page.reload()
    page.locator("#stage a[data-view]").first.click()
    viewer = page.get_by_role("dialog", name="Viewer")
    canvas = viewer.frame_locator("mesh-view iframe").locator("canvas")
    expect(canvas).to_be_visible()
    canvas.click()
    page.keyboard.press("ArrowRight")
    expect(viewer).to_be_visible()  # the key turns the mesh and does not change the result
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
