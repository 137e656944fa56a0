"""Thumbnails on their way from upstream's addresses to our cards: checked, scaled, loaded once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone

import fal
from catalog.models import Endpoint, Picture, Revision, SyncReport
from catalog.pictures import picture_registry, thumbnails
from catalog.sync import progress
from tests.catalog import thumbs
from tests.catalog.media_host import (
    AT_ONCE,
    HOST,
    PHOTO,
    Answer,
    Host,
    files,
    make_retries_due,
    work,
)
from tests.sampling import sample
from tests.statements import failing

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("media"),
    pytest.mark.system,
]

Make = Callable[..., Endpoint]


def test_a_thumbnail_becomes_the_endpoints_picture(make_endpoint):
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


def test_a_stored_thumbnail_is_not_fetched_again(make_endpoint):
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


def test_equal_thumbnails_at_two_addresses_are_stored_once(make_endpoint):
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


def test_thumbnails_are_fetched_few_at_a_time_and_linked_together(make_endpoint):
    for number in range(12):
        make_endpoint(f"a/{number}", thumbnail_url=f"{HOST}/{number}.jpg", position=number)
    host = Host()
    work(host)
    assert host.most <= thumbnails.AT_ONCE
    assert host.asked == [f"{HOST}/{number}.jpg" for number in range(12)]
    assert Endpoint.objects.filter(picture=None).count() == 0


def test_a_changed_thumbnail_address_is_fetched_and_the_old_one_deleted(make_endpoint):
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


def test_the_old_thumbnail_is_shown_until_the_new_one_arrives(make_endpoint):
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    Endpoint.objects.update(thumbnail_url=f"{HOST}/b.jpg")
    work(Host({"/b.jpg": 500}))
    picture_registry.sweep(picture_registry.wanted())
    row.refresh_from_db()
    assert row.picture
    assert row.picture.url == f"{HOST}/a.jpg"
    assert len(files()) == 2


@pytest.mark.any_database
@pytest.mark.parametrize("kind", sample(["GIF", "WEBP"], 0, by_seed=1))
def test_an_animated_thumbnail_gets_a_still_and_a_clip(make_endpoint, kind):
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg", thumbnail_animated_url=f"{HOST}/b")
    work(Host({"/b": thumbs.moving(kind)}))
    row.refresh_from_db()
    assert row.picture
    assert row.picture.clip_src.endswith(".mp4")
    assert row.picture.error == ""


@pytest.mark.any_database
def test_a_still_is_stored_while_its_animation_is_retried(make_endpoint):
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg", thumbnail_animated_url=f"{HOST}/b")
    host = Host({"/b": 503})
    work(host)
    row.refresh_from_db()
    assert row.picture
    assert row.picture.small
    assert "move" in row.picture.error
    host.answers["/b"] = thumbs.film(2.0)
    make_retries_due()
    work(host)
    row.refresh_from_db()
    assert row.picture.clip
    assert row.picture.next_try_at is None


@pytest.mark.any_database
def test_an_endpoint_with_only_an_animation_gets_its_still_from_it(make_endpoint):
    row = make_endpoint(thumbnail_animated_url=f"{HOST}/b")
    work(Host({"/b": thumbs.film(2.0)}))
    row.refresh_from_db()
    assert row.picture
    assert row.picture.clip


def test_a_page_polls_for_pictures_about_to_arrive(make_endpoint):
    SyncReport.objects.create(state="done")
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    picture_registry.register(picture_registry.wanted(), fal.Addresses(media=(HOST,)))
    assert progress.current().pictures_come
    work(Host())
    assert not progress.current().pictures_come


@pytest.mark.any_database
def test_real_thumbnails_come_from_the_hosts_in_the_protocol_document(catalogue_items):
    urls = [item["metadata"]["thumbnail_url"] for item in catalogue_items]
    refused = [url for url in urls if not fal.Addresses().is_media(url)]
    assert {httpx.URL(url).host for url in refused} <= {"fal-cdn.batuhan-941.workers.dev"}


class Endless(httpx.AsyncByteStream):
    """A body that never ends and declares no size."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)


class Slow(httpx.AsyncByteStream):
    """A body that comes one byte at a time."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b"\xff"
            await asyncio.sleep(0.05)


def moved_to(address: str) -> Answer:
    return lambda _: httpx.Response(302, headers={"location": address})


GONE, ELSEWHERE = "does not give it", "not one of the media addresses"
FAULTS: dict[str, tuple[Answer, str, str]] = {
    "404": (404, "waiting", GONE),
    "expired": (403, "waiting", GONE),
    "500": (500, "waiting", "500"),
    "html": (b"<!doctype html><title>Sign in</title>", "waiting", "cannot identify"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "waiting", "cannot identify"),
    "truncated": (PHOTO[:5000], "waiting", "truncated"),
    "pixel bomb": (lambda _: httpx.Response(200, content=thumbs.bomb()), "waiting", "pixels"),
    "endless": (lambda _: httpx.Response(200, stream=Endless()), "failed", "larger than"),
    "50 MB": (
        lambda _: httpx.Response(200, headers={"content-length": f"{50 << 20}"}, content=b""),
        "failed",
        "larger than",
    ),
    "slow": (lambda _: httpx.Response(200, stream=Slow()), "waiting", "too long"),
    "to this machine": (moved_to("http://127.0.0.1/latest/meta-data"), "failed", ELSEWHERE),
    "to a private address": (moved_to("https://169.254.169.254/"), "failed", ELSEWHERE),
    "to plain http": (moved_to("http://media.test/a.jpg"), "failed", ELSEWHERE),
    "in circles": (moved_to(f"{HOST}/a.jpg"), "failed", "redirects away"),
}


@pytest.mark.any_database
@pytest.mark.parametrize("fault", sample([*FAULTS], 4, by_seed=2))
def test_a_failed_thumbnail_leaves_its_box_and_a_reason(make_endpoint, fault):
    answer, state, why = FAULTS[fault]
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    host = Host({"/a.jpg": answer})
    work(host, limits=replace(AT_ONCE, fetch_s=1.0) if why == "too long" else AT_ONCE)
    picture = Picture.objects.get()
    assert (picture.state, picture.attempts) == (state, 1)
    assert why in picture.error
    assert (picture.next_try_at is None) == (state == "failed")
    assert {httpx.URL(url).host for url in host.asked} == {"media.test"}
    row.refresh_from_db()
    assert row.picture is None
    assert not files()


@pytest.mark.any_database
@pytest.mark.parametrize(("answer", "tries"), sample([(404, 3), (b"no picture", 3), (500, 10)], 1))
def test_a_thumbnail_that_never_arrives_is_abandoned_after_growing_pauses(
    make_endpoint, answer, tries
):
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    host, pauses = Host({"/a.jpg": answer}), []
    for _ in range(tries):
        work(host)
        picture = Picture.objects.get()
        if picture.next_try_at:
            pauses.append(round((picture.next_try_at - timezone.now()).total_seconds()))
        make_retries_due()
    assert (picture.state, len(host.asked)) == ("failed", tries)
    assert picture.error
    assert pauses == sorted(pauses)
    assert len(pauses) == tries - 1
    work(host)
    assert len(host.asked) == tries


@pytest.mark.any_database
def test_an_unknown_thumbnail_host_is_not_contacted_until_allowed(make_endpoint):
    SyncReport.objects.create(state="done")
    make_endpoint(thumbnail_url="https://elsewhere.test/a.jpg")
    host = Host()
    work(host)
    picture = Picture.objects.get()
    assert (picture.state, picture.error) == ("failed", picture_registry.NOT_VETTED)
    assert not host.asked
    assert not progress.current().pictures_come
    work(host, media=(HOST, "https://elsewhere.test"))
    assert host.asked == ["https://elsewhere.test/a.jpg"]
    assert Picture.objects.get().state == "kept"


def test_thumbnails_of_gone_models_are_not_fetched(make_endpoint):
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg", gone_at=timezone.now())
    host = Host()
    work(host)
    assert not host.asked


def test_a_thumbnail_that_found_the_disk_full_is_retried(make_endpoint, monkeypatch):
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(type(default_storage._wrapped), "save", full)  # type: ignore[attr-defined]
        work(Host())
    assert "No space left" in Picture.objects.get().error
    make_retries_due()
    work(Host())
    row.refresh_from_db()
    assert row.picture


def test_a_database_outage_does_not_count_against_a_thumbnail(make_endpoint, caplog):
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    away = OperationalError("the server closed the connection")
    looks_for_drawn = 'WHERE ("catalog_picture"."small" ='
    with failing(away, where=lambda sql, _: looks_for_drawn in sql) as left:
        work(Host())
    assert left == []
    assert [record.exc_info for record in caplog.records] == [None]
    assert "will be retried" in caplog.text
    picture = Picture.objects.get()
    assert (picture.state, picture.error) == ("waiting", "")


def test_thumbnails_stay_within_their_storage_limit(make_endpoint):
    make_endpoint("a/one", thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    make_endpoint("a/two", thumbnail_url=f"{HOST}/b.jpg")
    host = Host()
    work(host, limits=replace(AT_ONCE, most_bytes=1000))
    assert not host.asked
    assert Picture.objects.filter(state="waiting").count() == 1


def test_thumbnail_errors_do_not_open_the_breaker_for_runs(make_endpoint):
    outcomes: list[Any] = []

    async def main() -> None:
        async with fal.Clients(
            fal.Addresses(media=(HOST,)),
            transport=httpx.MockTransport(Host({"/a.jpg": 500})),
            on_outcome=lambda *outcome: outcomes.append(outcome),
        ) as clients:
            with pytest.raises(fal.FalError):
                async with clients.thumbnails.open(f"{HOST}/a.jpg", max_bytes=10):
                    pass

    asyncio.run(main())
    assert not outcomes
