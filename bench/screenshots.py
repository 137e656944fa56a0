"""Takes the screenshots of `docs/screenshots/`: every page at four widths and in both themes.

Pages of a team are taken at two widths, pages of money wide and light, and narrow and dark.

`PORT=8123 make run` in one terminal, then `python -m bench.screenshots LINK [NAME …]` with the link
that it printed, in the same environment. First creates the content to show in the sandbox, and rows
of bills (`bench/money_rows.py`); NAMEs select pages.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bench import money
from bench.stage import login
from bench.stage.browser import FLAGS, find_program
from bench.team import PREPARED, make_team

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
SIZES = {1920: 1080, 1440: 900, 820: 1180, 390: 844}
THEMES = ("light", "dark")
# How pages are taken: (width, theme), those of one context after the other.
ALL = [(width, theme) for theme in THEMES for width in SIZES]
OF_TEAM = [(width, theme) for theme in THEMES for width in (1440, 390)]
OF_MONEY = [(1440, "light"), (390, "dark")]
QUALITY = 55  # of WebP: text stays readable, a page takes 10 to 60 KB
DONE = "#stage [data-run-state='succeeded']"
AURORA = "/models/sandbox/aurora/"
PATIENCE_MS = 120_000
SETTLED_MS = 800  # until images are decoded and panels have appeared
WISH = "ten second 1080p film from two pictures with sound under a dollar"
COMPARED = "?" + "&".join(
    f"model={name}" for name in ("sandbox/aurora", "sandbox/ridgeline", "sandbox/aurora/lite")
)
# By name; those of `model` and `board` come from what is made first.
PAGES = {
    "gallery": "/",
    "search": f"/models/?q={quote(WISH)}",
    "nothing": "/models/?q=in:video+out:3d+price:%3C0.001",
    "empty": "/models/sandbox/aurora/trainer/",
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
        login.in_browser(page, link)
        shown = PAGES | make_content(page)
        taken: list[tuple[dict[str, str], Sequence[tuple[int, str]], object]] = []
        if not names or set(names) - shown.keys():
            team = make_team(browser, page, base)
            of_admin, of_maker, maker = money.make_money(browser, page, base)
            state = context.storage_state()
            taken = [
                (team, OF_TEAM, state), (of_admin, OF_MONEY, state), (of_maker, OF_MONEY, maker)
            ]  # fmt: skip
        taken.insert(0, (shown, ALL, context.storage_state()))
        context.close()
        for paths, ways, session in taken:
            wanted = {name: path for name, path in paths.items() if not names or name in names}
            for name, picture in take(browser, base, session, wanted, ways):
                picture.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)
        browser.close()


def make_content(page: Page) -> dict[str, str]:
    """Create four images and a board; return the paths of the pages that show them."""
    page.goto(AURORA)
    page.locator("form-fields [name=prompt]").fill("Northern lights over a quiet fjord")
    page.locator("[name='~variations']").select_option("4")
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
    browser: Browser,
    base: str,
    state: object,
    paths: dict[str, str],
    ways: Sequence[tuple[int, str]],
) -> Iterator[tuple[str, Image.Image]]:
    """Yield each page in each way, named `search-390-dark`."""
    prepared = PREPARED | money.PREPARED
    for width, theme in ways:
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
            if name in prepared:
                prepared[name](page)
            page.wait_for_timeout(SETTLED_MS)
            yield f"{name}-{width}-{theme}", Image.open(io.BytesIO(page.screenshot()))
        context.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
