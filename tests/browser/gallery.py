"""A catalogue for the gallery, and its pages in a browser."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, Route
from pytest_django.live_server_helper import LiveServer

from catalog.models import Collection, CollectionItem, Endpoint, Picture, SyncReport
from tests.browser.contexts import Contexts
from tests.catalog import thumbs

WIDE, PHONE = (1440, 900), (390, 844)
BASE = "pictures/01/0123456789abcdef01234567"
Open = Callable[..., Page]


@cache
def photo(size: tuple[int, int]) -> bytes:
    """Return a picture of this size."""
    return thumbs.photo(size, "WEBP")


def give_picture(route: Route) -> None:
    """Serve pictures as `config/asgi.py` does; the tests' live server runs only Django."""
    size = (640, 480) if route.request.url.endswith("-l.webp") else (320, 240)
    route.fulfill(body=photo(size), content_type="image/webp")


@pytest.fixture
def gallery(transactional_db: None, live_server: LiveServer, user: User) -> None:
    """Sixty models in four categories, one collection, most with a picture."""
    today = timezone.now()
    picture = Picture.objects.create(
        digest="1", state="kept", colour="#305070", small=f"{BASE}-s.webp", large=f"{BASE}-l.webp"
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
            picture=picture if n % 7 else None,
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


@pytest.fixture
def open_page(
    contexts: Contexts, live_server: LiveServer, member: Client, gallery: None
) -> Iterator[Open]:
    """`open_page("/models/", PHONE)` → the page, logged in; console errors fail the test."""

    def open_it(address: str, size: tuple[int, int] = WIDE) -> Page:
        page = contexts.open_as(member, live_server.url, size, has_touch=size == PHONE)
        page.context.route("**/pictures/**", give_picture)
        page.goto(live_server.url + address)
        return page

    yield open_it
    contexts.close_without_errors()
