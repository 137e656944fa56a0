"""Pipecat's services for fal: pictures and transcription, under fal's own host names."""

import asyncio
import re
from typing import Any

import aiohttp
from common import CENSOR, FORBIDDEN, MINUTE, PICTURE, TOKEN, main, open_file, recording, refusals
from pipecat.frames.frames import ErrorFrame
from pipecat.services.fal.image import FalImageGenService
from pipecat.services.fal.stt import FalSTTService


def frames(prompt: str, model: str = PICTURE, **settings: Any) -> list[Any]:
    """Return what the service for pictures yields."""

    async def ask() -> list[Any]:
        async with aiohttp.ClientSession() as session:
            chosen = FalImageGenService.Settings(model=model, **settings)
            service = FalImageGenService(aiohttp_session=session, key=TOKEN, settings=chosen)
            return [frame async for frame in service.run_image_gen(prompt)]

    return asyncio.run(ask())


def open_first_picture(got: list[Any]) -> dict[str, str]:
    """Open the picture among these frames."""
    assert not isinstance(got[0], ErrorFrame), got[0].error
    assert got[0].image, got
    return open_file(got[0].url)


def transcribe(audio: bytes) -> list[Any]:
    """Return what the service for transcription yields."""

    async def ask() -> list[Any]:
        service = FalSTTService(api_key=TOKEN)
        try:
            return [frame async for frame in service.run_stt(audio)]
        finally:
            await service.cleanup()

    return asyncio.run(ask())


def error_of(call: Any) -> dict[str, Any]:
    """Return status and text of an error among the frames."""
    got = call()
    words = str(got[0].error) if isinstance(got[0], ErrorFrame) else "no error"
    status = re.search(r"\((\d{3})\)", words)
    return {"status": int(status[1]) if status else 0, "text": words}


def run() -> Any:
    """Make a picture."""
    return open_first_picture(frames("a mill", image_size="square"))


def transcription() -> Any:
    """Get text from a recording."""
    return {"text": transcribe(recording(1))[0].text}


def minute() -> Any:
    """Transcribe a recording that takes a minute."""
    return {"text": transcribe(recording(MINUTE))[0].text}


main(
    [run, transcription, minute],
    refusals=refusals(
        error_of,
        invalid=lambda: frames("x", num_images=99),
        refused=lambda: frames(FORBIDDEN, CENSOR),
        plain=lambda: frames("x"),
    ),
    cannot={"cancel": "it has no call that cancels"},
)
