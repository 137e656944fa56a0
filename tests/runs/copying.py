"""Makes files for a worker to copy, and copies one as a worker does."""

import asyncio
import io
import wave
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
import trimesh
from asgiref.sync import sync_to_async
from django.db import connections
from PIL import Image

import fal
from runs.files import stored_files
from runs.files.media.probe import MediaProbe
from runs.models import Artifact, Run
from runs.worker import artifact_copies

Answer = Callable[[httpx.Request], httpx.Response]


PROBE_LIMIT_S = 60.0


class _Copier:
    """One event loop and one MediaProbe for all copies of a test process.

    Each test would otherwise start its own helper programs, which takes longer than the copy.
    """

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.probe = MediaProbe(PROBE_LIMIT_S)

    def close(self) -> None:
        self.runner.run(self.probe.close())
        self.runner.close()
        _copier.cache_clear()


@cache
def _copier() -> _Copier:
    return _Copier()


@pytest.fixture(scope="session")
def helper_programs() -> Iterator[None]:
    """Stops the helper programs that `copy` has started."""
    yield
    _copier().close()


@pytest.fixture
def artifact(
    make_run: Any, settings: Any, tmp_path: Path, helper_programs: None
) -> Callable[..., Artifact]:
    """`artifact(kind="video")` → a row that waits to be copied into this test's own storage."""
    settings.MEDIA_ROOT = str(tmp_path / "media")

    def make(kind: str = "image", **values: Any) -> Artifact:
        url = values.pop("url", "https://media.test/a")
        run: Run = make_run(state="succeeded", output={"out": {"url": url}})
        return Artifact.objects.create(
            run=run, position=0, path="out", kind=kind, url=url, **values
        )

    return make


def copy(row: Artifact, answer: Answer | bytes, limit_s: float = PROBE_LIMIT_S) -> Artifact:
    """Copy a file once, as a worker does, from a host that gives this answer.

    The probe may take `limit_s`; an unusual limit gets a probe of its own.
    """
    give = answer if callable(answer) else lambda _: httpx.Response(200, content=answer)
    copier = _copier()

    async def main() -> None:
        addresses = fal.Addresses(media=("https://media.test",))
        probe = copier.probe if limit_s == PROBE_LIMIT_S else MediaProbe(limit_s)
        try:
            async with fal.Clients(addresses, transport=httpx.MockTransport(give)) as clients:
                await artifact_copies.copy(row, clients.files, probe)
        finally:
            if probe is not copier.probe:
                await probe.close()
            await sync_to_async(connections.close_all)()

    copier.runner.run(main())
    row.refresh_from_db()
    return row


@cache
def picture(width: int = 1600, height: int = 900, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture of noise, which compresses badly and is therefore not small."""
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, kind, **options)
    return out.getvalue()


@cache
def film(seconds: float = 2.0, black_s: float = 0.0, size: tuple[int, int] = (640, 360)) -> bytes:
    """Return a video of grey noise that is black at first."""
    out = io.BytesIO()
    dice = np.random.default_rng(2)
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(int(seconds * 10)):
            shape = (size[1], size[0], 3)
            is_black = number < black_s * 10
            pixels = (
                np.zeros(shape, np.uint8) if is_black else dice.integers(0, 255, shape, np.uint8)
            )
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def sound(seconds: float = 1.5) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(seconds * 8000) * 2))
    return out.getvalue()


def song(rate: int = 8000, cover: bytes = b"") -> bytes:
    """Return an MP3: without a tag before it, as models write them, or with a cover."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as file:
        stream = file.add_stream("libmp3lame", rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, rate), np.int16), "s16", "mono")
        frame.sample_rate = rate
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    if not cover:
        return out.getvalue()
    image = b"\0image/png\0\x03\0" + cover
    tag = b"APIC" + len(image).to_bytes(4) + b"\0\0" + image
    size = bytes(len(tag) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + tag + out.getvalue()


def sound_in_mp4() -> bytes:
    """Return a sound in a container that is mostly used for videos."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return out.getvalue()


def glb() -> bytes:
    out = io.BytesIO()
    trimesh.creation.box().export(out, file_type="glb")
    return out.getvalue()


def stored_film(make_run: Any, data: bytes, **small: str) -> Artifact:
    """Store a video of an ended run; `small` are its poster and thumbnail."""
    run = make_run(state="succeeded", output={"video": {"url": "https://v3.fal.media/a.mp4"}})
    stored_file = stored_files.store(io.BytesIO(data), "video/mp4")
    return Artifact.objects.create(
        run=run,
        position=0,
        path="video",
        kind="video",
        url="https://v3.fal.media/a.mp4",
        state="stored",
        file=stored_file.name,
        digest=stored_file.digest,
        content_type=stored_file.content_type,
        size_bytes=stored_file.size_bytes,
        file_name="a.mp4",
        **small,
    )
