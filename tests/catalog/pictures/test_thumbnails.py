"""Thumbnails from upstream's addresses to our cards: vetted, small, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage

import fal
from catalog.models import Endpoint, Picture, Revision, SyncReport
from catalog.pictures import picture_registry, thumbnails
from catalog.sync import progress
from tests.catalog import thumbs
from tests.catalog.media_host import HOST, Host, files, later, work

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("media"),
    pytest.mark.system,
]

Make = Callable[..., Endpoint]


def test_a_thumbnail_becomes_the_endpoints_picture(make_endpoint: Make) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    before = Revision.current()
    work(Host())
    row.refresh_from_db()
    assert row.picture
    assert (row.picture.state, row.picture.error, row.picture.clip) == ("kept", "", "")
    assert row.picture.colour.startswith("#")
    assert row.picture.small_src.startswith("/pictures/")
    assert row.picture.size_bytes == sum(
        map(default_storage.size, (row.picture.small, row.picture.large))
    )
    assert Revision.current() != before


def test_a_stored_thumbnail_is_not_fetched_again(make_endpoint: Make) -> None:
    host = Host()
    make_endpoint("a/one", thumbnail_url=f"{HOST}/a.jpg")
    make_endpoint("a/two", thumbnail_url=f"{HOST}/a.jpg")
    work(host)
    make_endpoint("a/three", thumbnail_url=f"{HOST}/a.jpg")
    before = Revision.current()
    work(host)
    assert host.asked == [f"{HOST}/a.jpg"]
    assert Endpoint.objects.filter(picture=None).count() == 0
    assert Revision.current() != before
    before = Revision.current()
    work(host)
    assert Revision.current() == before


def test_equal_thumbnails_at_two_addresses_are_stored_once(make_endpoint: Make) -> None:
    make_endpoint("a/one", thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    make_endpoint("a/two", thumbnail_url=f"{HOST}/b.jpg")
    work(Host())
    first_picture, second_picture = (row.picture for row in Endpoint.objects.order_by("pk"))
    assert first_picture != second_picture
    assert first_picture
    assert second_picture
    assert first_picture.small == second_picture.small
    assert len(files()) == 2


def test_thumbnails_are_fetched_few_at_a_time_and_linked_together(make_endpoint: Make) -> None:
    for number in range(12):
        make_endpoint(f"a/{number}", thumbnail_url=f"{HOST}/{number}.jpg", position=number)
    host = Host()
    work(host)
    assert host.most <= thumbnails.AT_ONCE
    assert host.asked == [f"{HOST}/{number}.jpg" for number in range(12)]
    assert Endpoint.objects.filter(picture=None).count() == 0


def test_a_changed_thumbnail_address_is_fetched_and_the_old_one_deleted(
    make_endpoint: Make,
) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    old = files()
    Endpoint.objects.update(thumbnail_url=f"{HOST}/b.jpg")
    host = Host({"/b.jpg": thumbs.photo((900, 900))})
    work(host)
    row.refresh_from_db()
    assert host.asked == [f"{HOST}/b.jpg"]
    assert row.picture
    assert row.picture.url == f"{HOST}/b.jpg"
    assert old < files()
    picture_registry.sweep(picture_registry.wanted())
    assert Picture.objects.get() == row.picture
    assert files() == {name.rpartition("/")[2] for name in (row.picture.small, row.picture.large)}


def test_the_old_thumbnail_is_shown_until_the_new_one_arrives(make_endpoint: Make) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    Endpoint.objects.update(thumbnail_url=f"{HOST}/b.jpg")
    work(Host({"/b.jpg": 500}))
    picture_registry.sweep(picture_registry.wanted())
    row.refresh_from_db()
    assert row.picture
    assert row.picture.url == f"{HOST}/a.jpg"
    assert len(files()) == 2


def test_a_model_whose_thumbnail_was_removed_shows_none(make_endpoint: Make) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    Endpoint.objects.update(thumbnail_url="")
    picture_registry.sweep(picture_registry.wanted())
    row.refresh_from_db()
    assert row.picture is None
    assert not files()


@pytest.mark.any_database
@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animated_thumbnail_gets_a_still_and_a_clip(make_endpoint: Make, kind: str) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg", thumbnail_animated_url=f"{HOST}/b")
    work(Host({"/b": thumbs.moving(kind)}))
    row.refresh_from_db()
    assert row.picture
    assert row.picture.clip_src.endswith(".mp4")
    assert row.picture.error == ""


@pytest.mark.any_database
def test_a_still_is_stored_while_its_animation_is_retried(make_endpoint: Make) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg", thumbnail_animated_url=f"{HOST}/b")
    host = Host({"/b": 503})
    work(host)
    row.refresh_from_db()
    assert row.picture
    assert row.picture.small
    assert "move" in row.picture.error
    host.answers["/b"] = thumbs.film(2.0)
    later()
    work(host)
    row.refresh_from_db()
    assert row.picture.clip
    assert row.picture.next_try_at is None


@pytest.mark.any_database
def test_an_endpoint_with_only_an_animation_gets_its_still_from_it(make_endpoint: Make) -> None:
    row = make_endpoint(thumbnail_animated_url=f"{HOST}/b")
    work(Host({"/b": thumbs.film(2.0)}))
    row.refresh_from_db()
    assert row.picture
    assert row.picture.clip


def test_a_page_polls_for_pictures_about_to_arrive(make_endpoint: Make) -> None:
    SyncReport.objects.create(state="done")
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    picture_registry.register(picture_registry.wanted(), fal.Addresses(media=(HOST,)))
    assert progress.current().pictures_come
    work(Host())
    assert not progress.current().pictures_come


@pytest.mark.any_database
def test_real_thumbnails_come_from_the_hosts_in_the_protocol_document(
    catalogue_items: list[dict[str, Any]],
) -> None:
    urls = [item["metadata"]["thumbnail_url"] for item in catalogue_items]
    refused = [url for url in urls if not fal.Addresses().is_media(url)]
    assert len(urls) == 150
    assert [httpx.URL(url).host for url in refused] == ["fal-cdn.batuhan-941.workers.dev"]
