"""LiveKit's transcription with fal, through the environment of fal's client, which it uses."""

import asyncio
import os
from typing import Any

from common import HOST, MINUTE, TOKEN, main, refusals, samples

os.environ |= {
    "FAL_KEY": TOKEN,
    "FAL_RUN_HOST": f"{HOST}/api/fal/run",
    "FAL_QUEUE_RUN_HOST": f"{HOST}/api/fal/queue",
}

from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions
from livekit.plugins import fal

ONCE = APIConnectOptions(max_retry=0, timeout=120)


def transcribe(seconds: float, language: str = "en", *, begins_loud: bool = False) -> Any:
    """Transcribe a recording."""
    sound = samples(seconds, begins_loud=begins_loud)
    frame = rtc.AudioFrame(sound, 8000, 1, len(sound) // 2)

    async def ask() -> Any:
        stt = fal.WizperSTT(language=language)
        try:
            return await stt.recognize(frame, conn_options=ONCE)
        finally:
            await stt.aclose()

    return asyncio.run(ask())


def text_of(event: Any) -> dict[str, str]:
    """Return the text of a transcription."""
    return {"text": event.alternatives[0].text}


def error_of(call: Any) -> dict[str, Any]:
    """Return the cause of the error that a call raises; LiveKit's own error has no details."""
    try:
        call()
    except APIConnectionError as error:
        cause: Any = error.__cause__
        return {"status": cause.status_code, "text": f"{cause} {cause.response.text}"}
    return {"status": 0, "text": "no error"}


def run() -> Any:
    """Transcribe a second of silence."""
    return text_of(transcribe(1))


def minute() -> Any:
    """Transcribe a recording that takes a minute."""
    return text_of(transcribe(MINUTE))


main(
    [run, minute],
    refusals=refusals(
        error_of,
        invalid=lambda: transcribe(1, language="tlh"),
        refused=lambda: transcribe(1, begins_loud=True),
        plain=lambda: transcribe(1),
    ),
    cannot={"cancel": "it has no call that cancels"},
)
