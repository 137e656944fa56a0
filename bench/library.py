"""Makes results of every kind in the sandbox, for screenshots of the wall, the viewer and lists."""

from __future__ import annotations

import re

from playwright.sync_api import Page

DONE = "#stage [data-run-state='succeeded']"
FILM, SOUND, MESH, TEXT = (
    ("viewer-film", "sandbox/drift/text-to-video", "A slow flight over blue hills at dawn"),
    ("viewer-sound", "murmur/tones", "A quiet harbour at night"),
    ("viewer-mesh", "sandbox/relief/text-to-3d", "A vase with a wide rim"),
    ("viewer-text", "sandbox/scribe", "On the colour of evening"),
)
MORE = ("Northern lights over a frozen lake", "A green sky above dark hills")
SERIES = "Posters for the winter fair"


def make_library(page: Page) -> dict[str, str]:
    """Make results and a series of them; return the paths of the pages that show them."""
    results = {name: _run(page, model, prompt) for name, model, prompt in (FILM, SOUND, MESH, TEXT)}
    first, second = (_run(page, "sandbox/aurora", prompt) for prompt in MORE)
    upscaled = _upscale(page, second)
    _make_series(page)
    wall = "/runs/?as=wall&project=private"
    return {
        "wall": wall,
        "wall-found": f"{wall}&q=out%3Aimage+model%3Aaurora",
        "list": "/runs/?as=list&project=private",
        "viewer-picture": f"{wall}#view={upscaled}/0",
        **{
            name: f"{wall}#view={run}/0" if name != TEXT[0] else f"/runs/{run}/view/"
            for name, run in results.items()
        },
        "run": f"/runs/{second}/",
        "differences": f"/runs/differences/?run={first}&run={second}",
        "descent": f"/runs/{upscaled}/descent/",
        "series": "/series/",
        "references": "/references/",
        "prompts": "/prompts/",
    }


def _run(page: Page, model: str, prompt: str) -> str:
    """Run a model; return the run's key."""
    page.goto(f"/models/{model}/")
    page.locator("form-fields").get_by_role("textbox").first.fill(prompt)
    return _key_of_new_run(page)


def _key_of_new_run(page: Page) -> str:
    page.locator("#run-button").click()
    page.wait_for_url(re.compile("[?&]shown="))
    page.locator(DONE).first.wait_for()
    return page.locator(DONE).first.get_attribute("data-run-id") or ""


def _upscale(page: Page, run: str) -> str:
    """Make a result of this run larger; return the key of the run that did."""
    page.goto(f"/runs/{run}/")
    page.locator("[data-shortcut='u']").first.click()
    page.locator("dialog.jump").get_by_role("option").first.wait_for()
    page.keyboard.type("upscale")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/sandbox/lens/upscale/**")
    page.locator("media-field .media-view img").wait_for()
    return _key_of_new_run(page)


def _make_series(page: Page) -> None:
    page.goto("/runs/?as=wall&project=private")
    for number in range(3):
        page.locator("#wall .tile .pick").nth(number).click()
    page.get_by_role("button", name="Add to series").click()
    page.get_by_label("Name").first.fill(SERIES)
    page.locator("#series-name").fill(SERIES)
    page.get_by_role("button", name="Begin it").click()
    page.wait_for_url(re.compile("/series/[0-9a-f]"))
