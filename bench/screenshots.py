"""Takes the screenshots of `docs/screenshots/`: every page at four widths and in both themes.

Pages of a team are taken at two widths.

`PORT=8123 make run` in one terminal, then `python -m bench.screenshots LINK [NAME …]` with the link
that it printed. First creates the content to show in the sandbox; NAMEs select pages.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bench.library import make_library
from bench.stage.browser import FLAGS, find_program
from bench.team import PREPARED, make_team

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
SIZES = {1920: 1080, 1440: 900, 820: 1180, 390: 844}
TEAM_WIDTHS = (1440, 390)
THEMES = ("light", "dark")
QUALITY = 55  # of WebP: text stays readable, a page takes 10 to 60 KB
DONE = "#stage [data-run-state='succeeded']"
AURORA = "/models/sandbox/aurora/"
PATIENCE_MS = 120_000
SETTLED_MS = 800  # until images are decoded and panels have appeared
WISH = "ten second 1080p film from two pictures with sound under a dollar"
COMPARED = "?" + "&".join(
    f"model={name}" for name in ("sandbox/aurora", "sandbox/ridgeline", "atelier/papercut")
)
# By name; those of `model`, `board` and the library come from what is made first.
PAGES = {
    "gallery": "/",
    "search": f"/models/?q={quote(WISH)}",
    "nothing": "/models/?q=in:video+out:3d+price:%3C0.001",
    "empty": "/models/sandbox/lens/upscale/",
    "compare": f"/compare/new/{COMPARED}",
    "boards": "/compare/",
    "chats": "/chats/",
    "changes": "/changes/",
    "account": "/account/",
    "status": "/admin/status/",
}


def main(link: str, names: list[str]) -> None:
    """Log in by the link, create content, and take screenshots of these pages, or of all."""
    place = urlsplit(link)
    base = f"{place.scheme}://{place.netloc}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_program(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=base)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(link)
        shown = PAGES | make_content(page) | make_library(page)
        team = make_team(browser, page, base)
        state = context.storage_state()
        context.close()
        chosen = names or [*shown, *team]
        for paths, widths in ((shown, tuple(SIZES)), (team, TEAM_WIDTHS)):
            wanted = {name: path for name, path in paths.items() if name in chosen}
            for name, picture in take(browser, base, state, wanted, widths):
                picture.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)
        browser.close()


def make_content(page: Page) -> dict[str, str]:
    """Create four images and a board; return the paths of the pages that show them."""
    page.goto(AURORA)
    page.locator("form-fields [name=prompt]").fill("Northern lights over a quiet fjord")
    page.locator("label:has([name='~variations'][value='4'])").click()
    page.locator("#run-button").click()
    pictures = page.locator(f"{DONE} .artifact")
    pictures.nth(3).wait_for()
    pictures.nth(2).locator(".artifact-star button").click()
    page.locator(".artifact-star [aria-pressed='true']").wait_for()
    shown = {"model": page.url.removeprefix(origin(page))}
    page.goto(f"/compare/new/{COMPARED}")
    page.locator("[name='row-values']").fill("First light over autumn hills\nA winter night")
    page.locator("[data-board-plan] [value=run]").first.click()
    page.wait_for_url("**/compare/*-*/")
    page.locator(".run-tile[data-run-state='succeeded']").nth(5).wait_for()
    return shown | {"board": page.url.removeprefix(origin(page))}


def origin(page: Page) -> str:
    """Return the scheme and host of the page's URL."""
    place = urlsplit(page.url)
    return f"{place.scheme}://{place.netloc}"


def take(
    browser: Browser, base: str, state: object, paths: dict[str, str], widths: tuple[int, ...]
) -> Iterator[tuple[str, Image.Image]]:
    """Yield each page at each width in each theme, named `search-390-dark`."""
    for theme in THEMES:
        for width in widths:
            context = browser.new_context(
                viewport={"width": width, "height": SIZES[width]},
                color_scheme=theme,  # type: ignore[arg-type]
                reduced_motion="reduce",
                storage_state=state,  # type: ignore[arg-type]
                base_url=base,
            )
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            for name, path in paths.items():
                page.goto(path, wait_until="load")
                if name in PREPARED:
                    PREPARED[name](page)
                page.wait_for_timeout(SETTLED_MS)
                yield f"{name}-{width}-{theme}", Image.open(io.BytesIO(page.screenshot()))
            context.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
