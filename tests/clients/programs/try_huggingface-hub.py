"""Hugging Face's client with `provider="fal-ai"`, under fal's own host names.

It asks the Hub for a model's name at fal; a small server plays the Hub (HF_ENDPOINT).
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


def hub_name(model: str, task: str = "text-to-image") -> str:
    """Return the name of fal's model in the fake Hub."""
    return f"{task}/{model.replace('/', '.')}"


def picture(model: str, prompt: str, **more: Any) -> Any:
    """Request a picture."""
    return client.text_to_image(prompt, model=hub_name(model), extra_body=more)


def error_of(call: Any) -> dict[str, Any]:
    """Return the error that a call raises."""
    return error_in(call, HfHubHTTPError, lambda error: error.response.status_code)


def size_of(image: Any) -> dict[str, str]:
    """Return the size of the picture."""
    return {"text": f"{image.format} {image.size}"}


def run() -> Any:
    """Make a picture with one held call."""
    return size_of(picture(PICTURE, "a mill"))


def edit() -> Any:
    """Make a picture from a picture, through the queue."""
    made = picture(PICTURE, "a mill")
    file = io.BytesIO()
    made.save(file, "JPEG")
    model = hub_name("sandbox/aurora/image-to-image", "image-to-image")
    return size_of(client.image_to_image(file.getvalue(), prompt="blue", model=model))


def film() -> Any:
    """Make a video, through the queue."""
    model = hub_name("sandbox/drift/text-to-video", "text-to-video")
    return {"file": digest(client.text_to_video("a river", model=model))}


def speech() -> Any:
    """Make speech with one held call."""
    model = hub_name("murmur/voice", "text-to-speech")
    return {"file": digest(client.text_to_speech("Good morning", model=model))}


def transcription() -> Any:
    """Get text from a recording."""
    model = hub_name("fal-ai/wizper", "automatic-speech-recognition")
    return {"text": client.automatic_speech_recognition(recording(1), model=model).text}


def minute() -> Any:
    """Make a call that is held for a minute."""
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
