"""A media host that serves thumbnails, and a worker that stores them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

import fal
from catalog.models import Picture
from catalog.pictures import thumbnails
from catalog.pictures.thumbnails import PictureLimits
from tests.catalog import thumbs

HOST = "https://media.test"
PHOTO = thumbs.photo()
Answer = Callable[[httpx.Request], httpx.Response] | bytes | int


class Host:
    """A media host: answers by path, and records its requests."""

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


# A worker that looks for work again at once.
AT_ONCE = PictureLimits(idle_s=0.2, plan_every_s=0.0)


def work(
    host: Host,
    *,
    media: tuple[str, ...] = (HOST,),
    rounds: int = 200,
    limits: PictureLimits = AT_ONCE,
) -> None:
    """Run the worker's job for pictures until nothing is left to do."""

    async def main() -> None:
        addresses = fal.Addresses(media=media)
        async with fal.Clients(addresses, "id:key", transport=httpx.MockTransport(host)) as clients:
            tending = thumbnails.ThumbnailFetcher(clients.thumbnails, addresses, limits)
            try:
                for _ in range(rounds):
                    if await tending.step():
                        return
                raise AssertionError("never idle")
            finally:
                await tending.close()
                await sync_to_async(connections.close_all)()

    asyncio.run(main())


def files() -> set[str]:
    """Return the names of all stored files."""
    return {file.name for file in Path(default_storage.path("")).rglob("*.*")}


def make_retries_due() -> None:
    """Move all times so that retries are due."""
    Picture.objects.filter(next_try_at__isnull=False).update(
        next_try_at=timezone.now() - timedelta(seconds=1)
    )
