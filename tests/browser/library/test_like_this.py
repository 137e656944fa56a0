"""“Like this” in a browser: from a result to what looks like it, and on from there, by keyboard."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from runs.files import stored_files
from runs.files.media.fingerprint import fingerprint
from runs.models import Artifact, Run
from tests.browser.axe import assert_clean
from tests.browser.gallery import Open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MakeResult = Callable[..., Run]


@pytest.fixture
def make_result(make_run: Any, settings: Any, tmp_path: Path) -> MakeResult:
    """`make_result("a fox", picture)` → an ended run with this picture, stored and compared."""
    settings.MEDIA_ROOT = str(tmp_path / "media")

    def make(title: str, picture: Image.Image, kind: str = "PNG") -> Run:
        content = io.BytesIO()
        picture.save(content, kind)
        stored_file = stored_files.store(content)
        run: Run = make_run(
            state="succeeded",
            title=title,
            ended_at=timezone.now(),
            output={"images": [{"url": "https://v3.fal.media/a.png"}]},
        )
        Artifact.objects.create(
            run=run,
            position=0,
            path="images[0]",
            kind="image",
            url="https://v3.fal.media/a.png",
            state="stored",
            file=stored_file.name,
            digest=stored_file.digest,
            content_type=stored_file.content_type,
            width=picture.width,
            height=picture.height,
            fingerprint=fingerprint(picture),
            compared_at=timezone.now(),
        )
        return run

    return make


def scene(sun: int) -> Image.Image:
    """Hills under a sun that stands so far to the right."""
    picture = Image.new("RGB", (320, 240), "#7fb4d8")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((sun, 30, sun + 70, 100), fill="#f6c945")
    pen.polygon([(0, 240), (90, 110), (190, 190), (270, 120), (320, 240)], fill="#2d4a3e")
    return picture


@pytest.fixture
def results(make_result: MakeResult) -> dict[str, Run]:
    """A picture, the same file, the same saved as JPEG, and one that has nothing of it."""
    other = Image.linear_gradient("L").rotate(90).resize((320, 240)).convert("RGB")
    return {
        "original": make_result("hills at dawn", scene(40)),
        "equal": make_result("hills once more", scene(40)),
        "near": make_result("hills as JPEG", scene(40), "JPEG"),
        "other": make_result("a grey wall", other),
    }


def open_like_this(open_page: Open, run: Run, *size: Any) -> Page:
    """Go from a run's page by the keyboard to what is like its result."""
    page = open_page(run.get_absolute_url(), *size)
    page.get_by_role("link", name=re.compile("^Use as")).first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Use this picture as")).to_be_focused()
    page.keyboard.type("like this")
    expect(page.get_by_role("option")).to_have_text(re.compile("Results like this one"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/artifacts/0/like/**")
    return page


@pytest.mark.exhaustive
def test_like_this_shows_groups_and_leads_on_by_keyboard(
    results: dict[str, Run], open_page: Open
) -> None:
    page = open_like_this(open_page, results["original"])
    expect(page.get_by_role("heading", name="Like this", level=1)).to_be_visible()
    groups = page.locator(".alike")
    expect(groups.get_by_role("heading")).to_have_text(["The same file", "Nearly the same"])
    for group, name in enumerate(("equal", "near")):
        tiles = groups.nth(group).locator("[data-run-id]")
        expect(tiles).to_have_count(1)
        expect(tiles).to_have_attribute("data-run-id", str(results[name].pk))
    expect(page.locator(f'[data-run-id="{results["other"].pk}"]')).to_have_count(0)
    assert_clean(page, "like this")
    page.locator(f"#tile-{results['near'].pk}-link").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#view={results['near'].pk}/0")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(f"#tile-{results['near'].pk}-link")).to_be_focused()
