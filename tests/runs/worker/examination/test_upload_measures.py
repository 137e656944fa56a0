"""Uploaded films and sounds are measured, so that a price per second of input is a figure."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from runs.files import uploads
from runs.files.media.probe import MediaProbe
from runs.models import Upload
from runs.worker import idle
from runs.worker.examination import upload_measures
from tests.runs.copying import film, picture, sound
from tests.runs.results_to_use import document

pytestmark = pytest.mark.django_db(transaction=True)
DRAFTS = "/drafts/a/dub/"


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def measure() -> float:
    """Let a worker measure what is due; seconds until it looks again."""

    async def main() -> float:
        probe = MediaProbe()
        try:
            return await upload_measures.measure_due(probe)
        finally:
            await probe.close()
            await sync_to_async(connections.close_all)()

    return asyncio.run(main())


def upload(user: User, name: str, data: bytes) -> Upload:
    return uploads.store(user.pk, SimpleUploadedFile(name, data))


@pytest.mark.exhaustive
def test_videos_and_sounds_are_measured_and_pictures_are_not(user: User) -> None:
    rows = [
        upload(user, "a.mp4", film(2.0)),
        upload(user, "a.wav", sound(1.5)),
        upload(user, "a.png", picture(40, 30)),
    ]
    assert [row.measure_at is None for row in rows] == [False, False, True]
    assert measure() == idle.REST_S
    for row in rows:
        row.refresh_from_db()
    assert [row.measure_at for row in rows] == [None] * 3
    assert rows[0].duration_s == pytest.approx(2.0, abs=0.2)
    assert (rows[0].width, rows[0].height) == (640, 360)
    assert rows[1].duration_s == pytest.approx(1.5, abs=0.1)


def test_measured_content_is_not_probed_again_nor_broken_content(
    user: User, stranger: User
) -> None:
    upload(user, "a.wav", sound(1.0))
    Upload.objects.update(measure_at=None, duration_s=7.5)
    same = upload(stranger, "b.wav", sound(1.0))
    broken = upload(user, "c.mp4", film(2.0)[:400])
    measure()
    same.refresh_from_db()
    broken.refresh_from_db()
    assert same.duration_s == 7.5
    assert (broken.measure_at, broken.duration_s) == (None, None)


def test_a_price_per_second_of_input_is_computed_after_measuring(
    member: Client, user: User, make_endpoint: Any
) -> None:
    text = {"type": "string"}
    make_endpoint(
        "a/dub",
        document({"video_url": text, "voice": text}, "video", ("video_url",)),
        unit_price_usd=Decimal("0.1"),
        price_unit="seconds",
        currency="USD",
        facts=["out:video"],
    )
    row = upload(user, "a.mp4", film(2.0))
    posted = {"video_url": row.get_absolute_url()}
    before = member.post(DRAFTS, posted).json()["cost"]
    assert before["words"] == "Price unknown"
    assert before["head"] == "The length of the input is being measured"
    assert before["is_measuring"]
    measure()
    after = member.post(DRAFTS, posted).json()["cost"]
    assert after["words"] == "about $0.20"
    assert after["head"] == "2 s of input × $0.10"
    assert "is_measuring" not in after
