"""Every result knows the traces of origin it carries: new ones at once, older ones over time."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from runs.files import uploads
from runs.files.media.probe import MediaProbe
from runs.models import Artifact, Run, Upload
from runs.models.querysets import SIGNED
from runs.results.provenance import provenance_in_words
from runs.worker import examination, idle
from runs.worker.examination import Examination
from tests.runs.copying import copy, film, picture, sound
from tests.runs.files import signed_media
from tests.runs.results_to_use import document

pytestmark = pytest.mark.django_db(transaction=True)
DRAFTS = "/drafts/a/dub/"


def examine(probe: MediaProbe | None = None, *, times: int = 1) -> float:
    """Let a fresh worker examine what is due; return the seconds until its next look."""

    async def main() -> float:
        used_probe = probe or MediaProbe(60)
        examination = Examination(used_probe)
        try:
            return [await examination.step() for _ in range(times)][-1]
        finally:
            await used_probe.close()
            await sync_to_async(connections.close_all)()

    return asyncio.run(main())


@pytest.fixture
def store_result(make_run: Any, settings: Any, tmp_path: Path) -> Any:
    """`store_result(content)` → a result that was stored before results were examined."""
    settings.MEDIA_ROOT = str(tmp_path / "media")

    def make(content: bytes | None, **values: Any) -> Artifact:
        run: Run = make_run(state="succeeded", output={})
        if content is not None:
            default_storage.save("a/old.png", ContentFile(content))
        return Artifact.objects.create(
            run=run, position=0, kind="image", url="u", state="stored", file="a/old.png", **values
        )

    return make


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (picture(64, 48), "Not signed"),
        (
            signed_media.png(),
            "Signed (C2PA), but the signature does not fit: changed, or forged"
            " · says it was made by a model",
        ),
        (
            signed_media.truly_signed("JPEG"),
            "Signed by Atelier Test (C2PA), unchanged since · says it was made by a model",
        ),
    ],
    ids=["unsigned", "hand-made", "signed"],
)
def test_a_copied_picture_is_examined_at_once(artifact, content, words):
    row = copy(artifact(), content)
    assert provenance_in_words(row) == words
    marked = Artifact.objects.filter(SIGNED, pk=row.pk)
    assert marked.exists() == (words != "Not signed")


def test_an_older_result_is_examined_in_time(store_result):
    row = store_result(signed_media.png())
    assert provenance_in_words(row) == ""
    assert examine(times=2) == idle.REST_S
    row.refresh_from_db()
    assert (row.provenance, row.source_type) == ("invalid", signed_media.SOURCE_TYPE)


def test_a_result_whose_file_is_gone_is_not_tried_again(store_result):
    row = store_result(None)
    assert examine(times=2) == idle.REST_S
    row.refresh_from_db()
    assert row.provenance == "none"


# Uploaded videos and sounds are measured, because a price per second of input needs their length.


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def measure() -> float:
    """Let a worker measure what is due; return the seconds until its next look."""

    async def main() -> float:
        probe = MediaProbe()
        try:
            return await examination.measure_due(probe)
        finally:
            await probe.close()
            await sync_to_async(connections.close_all)()

    return asyncio.run(main())


def upload(user: User, name: str, data: bytes) -> Upload:
    return uploads.store(user.pk, SimpleUploadedFile(name, data))


def test_a_price_per_second_of_input_is_computed_after_measuring(member, user, make_endpoint):
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


def test_measured_content_is_not_probed_again_nor_broken_content(user, stranger):
    upload(user, "a.wav", sound(1.0))
    Upload.objects.update(measure_at=None, duration_s=7.5)
    same = upload(stranger, "b.wav", sound(1.0))
    broken = upload(user, "c.mp4", film(2.0)[:400])
    measure()
    same.refresh_from_db()
    broken.refresh_from_db()
    assert same.duration_s == 7.5
    assert (broken.measure_at, broken.duration_s) == (None, None)
