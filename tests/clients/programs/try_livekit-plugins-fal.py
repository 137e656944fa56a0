"""LiveKit's transcription by fal, by the environment of fal's client, which it uses."""

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


def heard(seconds: float, language: str = "en", *, begins_loud: bool = False) -> Any:
    """Have a recording transcribed."""
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
    """The text of a transcription."""
    return {"text": event.alternatives[0].text}


def error_of(call: Any) -> dict[str, Any]:
    """The error that a call raises: the cause of LiveKit's own, which says nothing."""
    try:
        call()
    except APIConnectionError as error:
        cause: Any = error.__cause__
        return {"status": cause.status_code, "text": f"{cause} {cause.response.text}"}
    return {"status": 0, "text": "no error"}


def run() -> Any:
    """A second of silence."""
    return text_of(heard(1))


def minute() -> Any:
    """A recording that takes a minute."""
    return text_of(heard(MINUTE))


main(
    [run, minute],
    refusals=refusals(
        error_of,
        invalid=lambda: heard(1, language="tlh"),
        refused=lambda: heard(1, begins_loud=True),
        plain=lambda: heard(1),
    ),
    cannot={"cancel": "it has no call that cancels"},
)
