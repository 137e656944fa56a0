"""Hugging Face's client with `provider="fal-ai"`, under fal's own host names.

What a model is called at fal it asks of the Hub, for which a small server stands in (HF_ENDPOINT).
"""

import io
import os
from typing import Any

from common import (
    CENSOR,
    FORBIDDEN,
    MINUTE,
    PICTURE,
    SLOW,
    TOKEN,
    digest,
    error_in,
    main,
    recording,
    refusals,
)

os.environ |= {
    "HF_ENDPOINT": os.environ.get("HUB_URL", ""),
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
}

from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

client = InferenceClient(provider="fal-ai", api_key=TOKEN)


def named(model: str, task: str = "text-to-image") -> str:
    """What the Hub's stand-in calls a model of fal's."""
    return f"{task}/{model.replace('/', '.')}"


def picture(model: str, prompt: str, **more: Any) -> Any:
    """Ask for a picture."""
    return client.text_to_image(prompt, model=named(model), extra_body=more)


def error_of(call: Any) -> dict[str, Any]:
    """The error that a call raises."""
    return error_in(call, HfHubHTTPError, lambda error: error.response.status_code)


def size_of(image: Any) -> dict[str, str]:
    """Say what picture came."""
    return {"text": f"{image.format} {image.size}"}


def run() -> Any:
    """A picture, by one held call."""
    return size_of(picture(PICTURE, "a mill"))


def edit() -> Any:
    """A picture from a picture, by the queue."""
    made = picture(PICTURE, "a mill")
    file = io.BytesIO()
    made.save(file, "JPEG")
    model = named("sandbox/aurora/image-to-image", "image-to-image")
    return size_of(client.image_to_image(file.getvalue(), prompt="blue", model=model))


def film() -> Any:
    """A film, by the queue."""
    model = named("sandbox/drift/text-to-video", "text-to-video")
    return {"file": digest(client.text_to_video("a river", model=model))}


def speech() -> Any:
    """Speech, by one held call."""
    model = named("murmur/voice", "text-to-speech")
    return {"file": digest(client.text_to_speech("Good morning", model=model))}


def transcription() -> Any:
    """Text from a recording."""
    model = named("fal-ai/wizper", "automatic-speech-recognition")
    return {"text": client.automatic_speech_recognition(recording(1), model=model).text}


def minute() -> Any:
    """A call that is held for a minute."""
    return size_of(picture(SLOW, "patience", duration=MINUTE))


main(
    [run, edit, film, speech, transcription, minute],
    refusals=refusals(
        error_of,
        invalid=lambda: picture(PICTURE, "x", num_images=99),
        refused=lambda: picture(CENSOR, FORBIDDEN),
        plain=lambda: picture(PICTURE, "x"),
    ),
    cannot={"cancel": "it has no call that cancels"},
)
