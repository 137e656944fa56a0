"""A catalogue for the gallery, and its pages in a browser."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import ConsoleMessage, Page, Route
from pytest_django.live_server_helper import LiveServer

from catalog.models import Collection, CollectionItem, Endpoint, Picture, SyncReport
from tests.browser.contexts import Contexts
from tests.catalog import thumbs

WIDE, PHONE = (1440, 900), (390, 844)
BASE = "pictures/01/0123456789abcdef01234567"
Open = Callable[..., Page]


def give_picture(route: Route) -> None:
    """Serve pictures as `config/asgi.py` does; the tests' live server runs only Django."""
    kind, data = next(file for end, file in files().items() if route.request.url.endswith(end))
    route.fulfill(body=data, content_type=kind)


@cache
def files() -> dict[str, tuple[str, bytes]]:
    """Return the picture files by the ending of their URLs."""
    return {
        "-s.webp": ("image/webp", thumbs.photo((320, 240), "WEBP")),
        "-l.webp": ("image/webp", thumbs.photo((640, 480), "WEBP")),
        ".mp4": ("video/mp4", thumbs.film(2.0)),
    }


@pytest.fixture
def gallery(transactional_db: None, live_server: LiveServer, user: User) -> None:
    """Sixty models in four categories, one collection, most with a picture, one with a clip."""
    today = timezone.now()
    picture = Picture.objects.create(
        digest="1", state="kept", colour="#305070", small=f"{BASE}-s.webp", large=f"{BASE}-l.webp"
    )
    moving = Picture.objects.create(
        digest="2", state="kept", colour="#305070", small=f"{BASE}-s.webp", clip=f"{BASE}.mp4"
    )
    categories = ["text-to-image", "image-to-video", "text-to-speech", "image-to-3d"]
    Endpoint.objects.bulk_create(
        Endpoint(
            endpoint_id=f"fal-ai/{'kling' if n % 10 == 0 else 'flux'}-{n:02}/run",
            display_name=f"{'Kling' if n % 10 == 0 else 'Flux'} {n}",
            owner="fal-ai",
            category=categories[n % 4],
            description="Does one thing, and does it well, at any size that you ask for.",
            tags=["fast"] if n % 3 else ["slow", "careful"],
            license_type="commercial" if n % 5 else "research",
            kind="inference",
            status="deprecated" if n == 59 else "active",
            picture=moving if n == 2 else picture if n % 7 else None,
            unit_price_usd="0.025" if n % 2 else None,
            price_unit="image",
            currency="USD",
            published_at=today - timedelta(days=n),
            position=n,
        )
        for n in range(60)
    )
    best = Collection.objects.create(slug="best", title="Start here", description="Our choice.")
    CollectionItem.objects.bulk_create(
        CollectionItem(collection=best, endpoint=endpoint, position=place)
        for place, endpoint in enumerate(Endpoint.objects.all()[:8])
    )
    SyncReport.objects.create(state="done")


def is_trouble(message: ConsoleMessage) -> bool:
    """Return whether a console message is an error. htmx's about aborted requests are not."""
    is_left = message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
    return message.type == "error" and not is_left


@pytest.fixture
def open_page(
    contexts: Contexts, live_server: LiveServer, user: User, gallery: None
) -> Iterator[Open]:
    """`open_page("/models/", PHONE)` → the page, logged in; console errors fail the test."""
    login = Client()
    login.force_login(user)
    session = login.cookies[settings.SESSION_COOKIE_NAME].value
    errors: list[str] = []

    def open_it(
        address: str,
        size: tuple[int, int] = WIDE,
        *,
        scripts: bool = True,
        motion: Any = "no-preference",
    ) -> Page:
        context = contexts.take(
            reduced_motion=motion,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=scripts,
            has_touch=size == PHONE,
        )
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": session, "url": live_server.url}])
        context.route("**/pictures/**", give_picture)
        page = context.new_page()
        page.on("console", lambda m: errors.append(m.text) if is_trouble(m) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(live_server.url + address)
        return page

    open_it.errors = errors  # type: ignore[attr-defined]
    yield open_it
    contexts.close()
    assert errors == [], errors
