"""LiveKit's transcription by fal, by the environment of fal's client, which it uses."""

import asyncio
import os
from typing import Any

from common import HOST, MINUTE, TOKEN, main
from common import refused as refusal

os.environ |= {
    "FAL_KEY": TOKEN,
    "FAL_RUN_HOST": f"{HOST}/api/fal/run",
    "FAL_QUEUE_RUN_HOST": f"{HOST}/api/fal/queue",
}

from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions
from livekit.plugins import fal

RATE = 8000
ONCE = APIConnectOptions(max_retry=0, timeout=120)


def heard(seconds: float, first: int = 0, language: str = "en") -> Any:
    """Have a recording of silence, whose first sample this is, transcribed."""
    silence = bytearray(int(seconds * RATE) * 2)
    silence[:2] = first.to_bytes(2, "little")
    frame = rtc.AudioFrame(bytes(silence), RATE, 1, len(silence) // 2)

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
    facts = refusal(call, APIConnectionError, lambda error: error.__cause__.status_code)
    try:
        call()
    except APIConnectionError as error:
        facts["text"] = f"{error.__cause__} {error.__cause__.response.text}"
    return facts


def run() -> Any:
    """A second of silence."""
    return text_of(heard(1))


def invalid() -> Any:
    """A language that the model does not take."""
    return error_of(lambda: heard(1, language="tlh"))


def refused() -> Any:
    """A recording that the model refuses."""
    return error_of(lambda: heard(1, first=32767))


def blocked() -> Any:
    """A model that a rule forbids."""
    return error_of(lambda: heard(1))


def budget() -> Any:
    """A budget of nothing."""
    return error_of(lambda: heard(1))


def minute() -> Any:
    """A recording that takes a minute."""
    return text_of(heard(MINUTE))


PROMISES = (run, invalid, refused, blocked, budget, minute)
CANNOT = {"cancel": "it has no call that cancels"}
main({promise.__name__: promise for promise in PROMISES}, CANNOT)
