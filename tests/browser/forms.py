"""Shows a single form in a real browser, for tests of form controls."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from config.server.static_build import join_css, join_js
from playground.form.html.rendering import render_form
from schemas import Field, build, contract, decode_post, draw
from tests.browser.contexts import Contexts
from tests.documents import read_document
from tests.schemas import strategies

STATIC = settings.BASE_DIR / "static"
PIXEL = (
    b"\x89PNG\r\n\x1a\n"
    b"\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d"
    b"\0\0\0\0IEND\xaeB`\x82"
)
SITE = "http://vitrine.test"
NARROW = {"width": 480, "height": 900}
SIZE = {
    "type": "object",
    "properties": {
        "width": {"type": "integer", "default": 512},
        "height": {"type": "integer", "default": 256},
    },
}
LORA = {
    "path": {"type": "string"},
    "scale": {"type": "number", "minimum": 0, "maximum": 4, "default": 1},
    "how": {"enum": ["a", "b"], "default": "a"},
    "tags": {"type": "array", "items": {"type": "string"}},
}
KIT = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string", "maxLength": 20, "title": "Prompt"},
        "image_url": {"type": "string", "x-fal": {"max_width": 4096}},
        "image_urls": {"type": "array", "items": {"type": "string"}},
        "image_size": {
            "anyOf": [SIZE, {"enum": ["square", "portrait_4_3"], "type": "string"}],
            "default": "square",
        },
        "seed": {"type": "integer"},
        "loras": {"type": "array", "items": {"type": "object", "properties": LORA}},
        "strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5},
        "mode": {"enum": ["fast", "slow"], "default": "fast"},
        "safe": {"type": "boolean", "default": True},
        "weights": {"type": "object", "additionalProperties": {"type": "number"}},
        "flag": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        "mix": {
            "anyOf": [
                {"type": "string"},
                {"type": "integer"},
                {"type": "array", "items": {"type": "string"}},
            ]
        },
        "parts": {"type": "array", "items": {"enum": ["eyes", "hair"]}},
        "deep": {"type": "object", "properties": {"note": {"type": "string"}}},
        "free": {},
    },
}
Show = Callable[..., Page]


@cache
def style_and_scripts() -> tuple[str, str]:
    """Return the contents of a page's head, and the scripts at its end."""
    style = join_css(sorted(STATIC.glob("css/*.css"), key=lambda f: (f.stem != "tokens", f.name)))
    script = join_js([STATIC / "js" / "keyboard.js", *sorted(STATIC.glob("js/form-*.js"))])
    lazy = "".join(
        f'<script type="module" src="/js/lazy/{file.name}"></script>'
        for file in sorted(STATIC.glob("js/lazy/form-*.js"))
    )
    return f"<style>{style}</style>", f'<script type="module">{script}</script>{lazy}'


def put(page: Page, root: Field, value: Any = None, problems: Any = ()) -> Page:
    """Show only the form on this page; `page.posts` collects the posts it makes."""
    drawn = draw(root, {} if value is None else value, problems=problems)
    style, scripts = style_and_scripts()
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A form</title>'
        f"{style}</head><body><main id=content><h1>A model</h1>"
        f'<form data-endpoint-id="a/b" method="post" action="/" novalidate>'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="t">'
        f'<div id="fields">{render_form(drawn, "/uploads/")}</div>'
        f'<button class="button" data-kind="primary" name="~do" value="run">Run</button>'
        f"</form></main>{scripts}</body></html>"
    )
    posts: list[dict[str, list[str]]] = []

    def answer(route: Route) -> None:
        request = route.request
        if request.url.endswith(".js"):
            name = request.url.removeprefix(f"{SITE}/").removeprefix("js/")
            route.fulfill(path=STATIC / "js" / name)
        elif request.url.endswith(".png"):
            route.fulfill(body=PIXEL, content_type="image/png")
        elif request.method == "POST":
            posts.append(parse_qs(request.post_data or "", keep_blank_values=True))
            route.fulfill(body="<title>Sent</title>", content_type="text/html")
        else:
            route.fulfill(body=text, content_type="text/html; charset=utf-8")

    page.unroute_all()
    page.route("**/*", answer)
    page.goto(SITE)
    page.posts = posts  # type: ignore[attr-defined]
    return page


@pytest.fixture
def show(contexts: Contexts) -> Iterator[Show]:
    """`show(root, value)`: a new page with only the form; console errors fail the test."""

    def show_(root: Field, value: Any = None, problems: Any = (), **options: Any) -> Page:
        return put(contexts.take(viewport=NARROW, **options).new_page(), root, value, problems)

    yield show_
    contexts.close_without_errors("422")


@pytest.fixture(scope="module")
def kit() -> Field:
    return build(contract(strategies.document(KIT), "a/b"))


def send_form(page: Page, root: Field) -> Any:
    """Press Run; return the arguments that the form posts."""
    page.locator("button[value=run]").last.click()
    expect(page).to_have_title("Sent")
    return decode_post(root, page.posts[-1]).arguments  # type: ignore[attr-defined]


def form_of(endpoint_id: str) -> tuple[Any, Field]:
    """Return the contract and the form of a model of `document_ids`."""
    endpoint_contract = contract(read_document(endpoint_id), endpoint_id)
    return endpoint_contract, build(endpoint_contract)
