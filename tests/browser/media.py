"""A model's page with every kind of file field, on a live server."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from runs.files import stored_files
from runs.models import Artifact, Run
from tests.browser.contexts import Contexts
from tests.runs.copying import sound
from tests.schemas import strategies

WIDE, PHONE = (1440, 900), (390, 844)
# Errors in the console that these tests provoke; the test's server has no polls.
PROVOKED = ("runs/live", "status of 404", "status of 413", "status of 422", "ERR_FAILED")
SCHEMA = {
    "type": "object",
    "properties": {
        "image_url": {"type": "string", "x-fal": {"min_width": 100, "max_file_size": 50_000}},
        "mask_url": {"type": "string", "ui": {"field": "image"}},
        "audio_url": {"type": "string"},
        "video_url": {"type": "string"},
        "image_urls": {"type": "array", "items": {"type": "string"}},
        "images_data_url": {"type": "string", "description": "ZIP of images and captions."},
    },
}
DROP = """([selector, files, link, html, type]) => {
  const data = new DataTransfer();
  for (const [name, mime, body] of files) {
    const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
    data.items.add(new File([bytes], name, { type: mime }));
  }
  if (link) data.setData("text/uri-list", link);
  if (html) data.setData("text/html", html);
  const target = document.querySelector(selector);
  target.dispatchEvent(new DragEvent("dragenter", { bubbles: true, dataTransfer: data }));
  const options = { bubbles: true, cancelable: true };
  const made = type === "paste"
    ? new ClipboardEvent(type, { ...options, clipboardData: data })
    : new DragEvent(type, { ...options, dataTransfer: data });
  target.dispatchEvent(made);
  return made.defaultPrevented;
}"""
BEGIN_DRAG = """() => {
  const data = new DataTransfer();
  data.items.add(new File(["x"], "x.png", { type: "image/png" }));
  document.dispatchEvent(new DragEvent("dragenter", { dataTransfer: data }));
}"""
Open = Callable[..., Page]


def png(width: int = 200, height: int = 120, colour: Any = "teal") -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(picture, "PNG")
    return picture.getvalue()


def wav() -> bytes:
    return sound(0.5)


def file(name: str, content: bytes, kind: str = "") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


@pytest.fixture
def open_form(
    contexts: Contexts,
    live_server: Any,
    member: Client,
    make_endpoint: Any,
    settings: Any,
    tmp_path: Any,
) -> Iterator[Open]:
    """`open_form(size=PHONE)`: a model's page with every kind of file field; an error fails."""
    settings.MEDIA_ROOT = str(tmp_path)
    make_endpoint("a/b", document=strategies.document(SCHEMA))

    def open_(size: tuple[int, int] = WIDE) -> Page:
        page = contexts.open_as(member, live_server.url, size)
        page.goto("/models/a/b/")
        return page

    yield open_
    contexts.close_without_errors(*PROVOKED)


def field(page: Page, name: str) -> Locator:
    """Return a control's media field, scrolled into view so that its script loads."""
    element = page.locator("media-field", has=page.locator(f"[name='{name}']"))
    element.locator("input[type=text]").focus()
    expect(page.locator("media-field:not(:defined)")).to_have_count(0)
    return element


def choose(element: Locator, *files: FilePayload) -> None:
    element.locator("input[type=file]").set_input_files(files)


def drop(page: Page, selector: str, *files: tuple[str, str, bytes], **more: str) -> bool:
    given = [(name, kind, base64.b64encode(body).decode()) for name, kind, body in files]
    data = [selector, given, more.get("link"), more.get("html"), more.get("type", "drop")]
    return bool(page.evaluate(DROP, data))


def begin_drag(page: Page) -> None:
    """Drag a file over the page; return once the script for drops has loaded."""
    page.evaluate(BEGIN_DRAG)
    expect(page.locator(".drop-hint")).to_be_visible()


def held(element: Locator) -> None:
    """Wait until the field holds an uploaded file."""
    expect(element).to_have_attribute("data-held", "")
    expect(element).not_to_have_attribute("data-state", re.compile("."))


def store_picture(run: Run, colour: str) -> Artifact:
    kept = stored_files.store(io.BytesIO(png(colour=colour)), "image/png")
    return Artifact.objects.create(
        run=run, position=0, path="$", kind="image", url="x", state="stored", file=kept.name,
        digest=kept.digest, content_type=kept.content_type, width=200, height=120,
    )  # fmt: skip
