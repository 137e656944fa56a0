"""Thumbnails from upstream's addresses to our cards: vetted, small, once, and given up with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone

import fal
from catalog import progress
from catalog.models import Endpoint, Picture, Revision, SyncReport
from catalog.pictures import picture_book, thumbnails
from tests.catalog import thumbs

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "https://media.test"
PHOTO = thumbs.photo()
Make = Callable[..., Endpoint]
Answer = Callable[[httpx.Request], httpx.Response] | bytes | int


class Host:
    """A media host: answers by path, remembers what it was asked."""

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[str] = []
        self.most = self.now = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        assert "Authorization" not in request.headers
        answer = self.answers.get(request.url.path, PHOTO)
        if isinstance(answer, int):
            return httpx.Response(answer)
        return answer(request) if callable(answer) else httpx.Response(200, content=answer)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(thumbnails, "IDLE_S", 0.2)
    monkeypatch.setattr(thumbnails, "PLAN_EVERY_S", 0.0)


def work(host: Host, *, media: tuple[str, ...] = (HOST,), rounds: int = 200) -> None:
    """Tend the pictures until there is nothing left to do."""

    async def main() -> None:
        addresses = fal.Addresses(media=media)
        async with fal.Clients(addresses, "id:key", transport=httpx.MockTransport(host)) as clients:
            tending = thumbnails.Thumbnails(clients.thumbnails, addresses)
            try:
                for _ in range(rounds):
                    if await tending.tend():
                        return
                raise AssertionError("never idle")
            finally:
                await tending.close()
                await sync_to_async(connections.close_all)()

    asyncio.run(main())


def files() -> set[str]:
    return {file.name for file in Path(default_storage.location).rglob("*.*")}


def later() -> None:
    """Time passes: what is to be tried again is due."""
    Picture.objects.filter(next_try_at__isnull=False).update(
        next_try_at=timezone.now() - timedelta(seconds=1)
    )


def test_a_thumbnail_becomes_the_endpoint_s_picture(make_endpoint: Make) -> None:
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


def test_what_is_there_is_not_fetched_again(make_endpoint: Make) -> None:
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


def test_the_same_bytes_at_another_address_are_stored_once(make_endpoint: Make) -> None:
    make_endpoint("a/one", thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    make_endpoint("a/two", thumbnail_url=f"{HOST}/b.jpg")
    work(Host())
    one, two = (row.picture for row in Endpoint.objects.order_by("pk"))
    assert one != two
    assert one.small == two.small
    assert len(files()) == 2


def test_few_are_fetched_at_a_time_and_linked_together(make_endpoint: Make) -> None:
    for number in range(12):
        make_endpoint(f"a/{number}", thumbnail_url=f"{HOST}/{number}.jpg", position=number)
    host = Host()
    work(host)
    assert host.most <= thumbnails.AT_ONCE
    assert host.asked == [f"{HOST}/{number}.jpg" for number in range(12)]
    assert Endpoint.objects.filter(picture=None).count() == 0


def test_a_changed_address_is_fetched_anew_and_the_old_one_cleared_away(
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
    picture_book.sweep(picture_book.wanted())
    assert Picture.objects.get() == row.picture
    assert files() == {name.rpartition("/")[2] for name in (row.picture.small, row.picture.large)}


def test_until_the_new_one_is_there_the_old_one_is_shown(make_endpoint: Make) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    Endpoint.objects.update(thumbnail_url=f"{HOST}/b.jpg")
    work(Host({"/b.jpg": 500}))
    picture_book.sweep(picture_book.wanted())
    row.refresh_from_db()
    assert row.picture
    assert row.picture.url == f"{HOST}/a.jpg"
    assert len(files()) == 2


def test_who_has_no_thumbnail_any_more_shows_none(make_endpoint: Make) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    Endpoint.objects.update(thumbnail_url="")
    picture_book.sweep(picture_book.wanted())
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
def test_a_still_comes_without_the_moving_one_which_is_tried_again(make_endpoint: Make) -> None:
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
def test_an_endpoint_that_only_moves_gets_its_still_from_that(make_endpoint: Make) -> None:
    row = make_endpoint(thumbnail_animated_url=f"{HOST}/b")
    work(Host({"/b": thumbs.film(2.0)}))
    row.refresh_from_db()
    assert row.picture
    assert row.picture.clip


class Endless(httpx.AsyncByteStream):
    """Never ends, and says nothing of its size."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)


class Slow(httpx.AsyncByteStream):
    """A byte now and then."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b"\xff"
            await asyncio.sleep(0.05)


def moved_to(address: str) -> Answer:
    return lambda _: httpx.Response(302, headers={"location": address})


GONE, ELSEWHERE = "not there any more", "not among the media addresses"
FAULTS: dict[str, tuple[Answer, str, str]] = {
    "404": (404, "waiting", GONE),
    "expired": (403, "waiting", GONE),
    "500": (500, "waiting", "500"),
    "html": (b"<!doctype html><title>Sign in</title>", "waiting", "cannot identify"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "waiting", "cannot identify"),
    "truncated": (PHOTO[:5000], "waiting", "truncated"),
    "pixel bomb": (thumbs.bomb(), "waiting", "pixels"),
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
@pytest.mark.parametrize(("answer", "state", "why"), FAULTS.values(), ids=FAULTS)
def test_what_does_not_come_leaves_its_box_and_a_reason(
    make_endpoint: Make, monkeypatch: Any, answer: Answer, state: str, why: str
) -> None:
    if why == "too long":
        monkeypatch.setattr(thumbnails, "FETCH_S", 1.0)
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    host = Host({"/a.jpg": answer})
    work(host)
    found = Picture.objects.get()
    assert (found.state, found.attempts) == (state, 1)
    assert why in found.error
    assert (found.next_try_at is None) == (state == "failed")
    assert {httpx.URL(url).host for url in host.asked} == {"media.test"}
    row.refresh_from_db()
    assert row.picture is None
    assert not files()


@pytest.mark.any_database
@pytest.mark.parametrize(("answer", "tries"), [(404, 3), (b"no picture", 3), (500, 10)])
def test_what_never_comes_is_given_up_after_longer_and_longer_pauses(
    make_endpoint: Make, answer: Answer, tries: int
) -> None:
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    host, pauses = Host({"/a.jpg": answer}), []
    for _ in range(tries):
        work(host)
        found = Picture.objects.get()
        if found.next_try_at:
            pauses.append(round((found.next_try_at - timezone.now()).total_seconds()))
        later()
    assert (found.state, len(host.asked)) == ("failed", tries)
    assert found.error
    assert pauses == sorted(pauses)
    assert len(pauses) == tries - 1
    work(host)
    assert len(host.asked) == tries


def test_curators_see_why_and_ask_again(make_endpoint: Make, admin_client: Client) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    host = Host({"/a.jpg": lambda _: httpx.Response(200, stream=Endless())})
    work(host)
    address = "/admin/catalog/picture/"
    assert "is larger than" in admin_client.get(address).content.decode()
    assert admin_client.get("/healthz").json()["pictures"]["failed"] == 1
    keys = [*Picture.objects.values_list("pk", flat=True)]
    admin_client.post(address, {"action": "ask_again", "_selected_action": keys})
    del host.answers["/a.jpg"]
    work(host)
    row.refresh_from_db()
    assert row.picture
    assert admin_client.get("/healthz").json()["pictures"]["bytes"] == row.picture.size_bytes


@pytest.mark.any_database
def test_an_unknown_host_is_never_asked_until_it_is_allowed(make_endpoint: Make) -> None:
    SyncReport.objects.create(state="done")
    make_endpoint(thumbnail_url="https://elsewhere.test/a.jpg")
    host = Host()
    work(host)
    found = Picture.objects.get()
    assert (found.state, found.error) == ("failed", picture_book.NOT_VETTED)
    assert not host.asked
    assert not progress.now().pictures_come
    work(host, media=(HOST, "https://elsewhere.test"))
    assert host.asked == ["https://elsewhere.test/a.jpg"]
    assert Picture.objects.get().state == "kept"


def test_what_is_gone_is_not_fetched_any_more(make_endpoint: Make) -> None:
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg", gone_at=timezone.now())
    host = Host()
    work(host)
    assert not host.asked


def test_a_full_disk_is_tried_again(make_endpoint: Make, monkeypatch: Any) -> None:
    row = make_endpoint(thumbnail_url=f"{HOST}/a.jpg")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(type(default_storage._wrapped), "save", full)  # type: ignore[attr-defined]
        work(Host())
    assert "No space left" in Picture.objects.get().error
    later()
    work(Host())
    row.refresh_from_db()
    assert row.picture


def test_a_database_that_is_away_is_no_fault_of_the_picture(
    make_endpoint: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    away = Mock(side_effect=OperationalError("the server closed the connection"))
    monkeypatch.setattr(picture_book, "known", away)
    work(Host())
    assert away.called
    assert [record.exc_info for record in caplog.records] == [None]
    assert "is taken up again" in caplog.text
    picture = Picture.objects.get()
    assert (picture.state, picture.error) == ("waiting", "")


def test_pictures_take_no_more_of_the_storage_than_they_may(
    make_endpoint: Make, monkeypatch: Any
) -> None:
    make_endpoint("a/one", thumbnail_url=f"{HOST}/a.jpg")
    work(Host())
    monkeypatch.setattr(picture_book, "MOST_BYTES", 1000)
    make_endpoint("a/two", thumbnail_url=f"{HOST}/b.jpg")
    host = Host()
    work(host)
    assert not host.asked
    assert Picture.objects.filter(state="waiting").count() == 1


def test_a_page_waits_for_pictures_that_are_about_to_come(make_endpoint: Make) -> None:
    SyncReport.objects.create(state="done")
    make_endpoint(thumbnail_url=f"{HOST}/a.jpg")
    picture_book.notice(picture_book.wanted(), fal.Addresses(media=(HOST,)))
    assert progress.now().pictures_come
    work(Host())
    assert not progress.now().pictures_come


def test_trouble_with_thumbnails_is_no_trouble_of_runs(make_endpoint: Make) -> None:
    heard: list[Any] = []

    async def main() -> None:
        async with fal.Clients(
            fal.Addresses(media=(HOST,)),
            transport=httpx.MockTransport(Host({"/a.jpg": 500})),
            heard=lambda *told: heard.append(told),
        ) as clients:
            with pytest.raises(fal.FalError):
                async with clients.thumbnails.open(f"{HOST}/a.jpg", max_bytes=10):
                    pass

    asyncio.run(main())
    assert not heard


@pytest.mark.any_database
def test_real_thumbnails_come_from_the_hosts_that_the_protocol_names(
    catalogue_items: list[dict[str, Any]],
) -> None:
    urls = [item["metadata"]["thumbnail_url"] for item in catalogue_items]
    refused = [url for url in urls if not fal.Addresses().is_media(url)]
    assert len(urls) == 150
    assert [httpx.URL(url).host for url in refused] == ["fal-cdn.batuhan-941.workers.dev"]
