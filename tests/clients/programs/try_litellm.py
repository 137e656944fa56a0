"""LiteLLM as a library: pictures with FAL_AI_API_BASE, videos with `api_base`.

It knows some models by name; for any other, it takes `api_base` as the whole address.
"""

import os
import time
from typing import Any

from common import (
    CENSOR,
    FORBIDDEN,
    MINUTE,
    PICTURE,
    SLOW,
    TOKEN,
    URL,
    digest,
    error_in,
    main,
    open_file,
    refusals,
)

RUN, FLUX = f"{URL}/api/fal/run", "fal-ai/flux/dev"
QUEUE = f"{URL}/api/fal/queue"
os.environ |= {
    "FAL_AI_API_KEY": TOKEN,
    "FAL_AI_API_BASE": RUN,
    "FAL_AI_QUEUE_API_BASE": QUEUE,
    # Otherwise it requests the prices of models from the internet.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}

import litellm  # noqa: E402  its environment comes first

litellm.telemetry = False
FILM = "sandbox/drift/text-to-video"


def picture(model: str, prompt: str, **more: Any) -> Any:
    """Request a picture."""
    if model != FLUX:
        more["api_base"] = f"{RUN}/{model}"
    return litellm.image_generation(prompt, model=f"fal_ai/{model}", max_retries=0, **more)


def error_of(call: Any) -> dict[str, Any]:
    """Return the error that a call raises."""
    return error_in(call, Exception, lambda error: getattr(error, "status_code", 0))


def run() -> Any:
    """Make a picture with one held call."""
    return open_file(picture(FLUX, "a mill").data[0].url)


def film() -> Any:
    """Start, follow and fetch a video."""
    video = litellm.video_generation("a river", model=f"fal_ai/{FILM}", api_base=QUEUE)
    while video.status not in {"completed", "failed"}:
        time.sleep(0.5)
        video = litellm.video_status(video.id, api_base=QUEUE)
    assert video.status == "completed", video
    return {"file": digest(litellm.video_content(video.id, api_base=QUEUE))}


def minute() -> Any:
    """Make a call that is held for a minute."""
    output = picture(SLOW, "patience", duration=MINUTE, timeout=120)
    return open_file(output.data[0].url)


main(
    [run, film, minute],
    refusals=refusals(
        error_of,
        invalid=lambda: picture(FLUX, "x", n=99),
        refused=lambda: picture(CENSOR, FORBIDDEN),
        plain=lambda: picture(PICTURE, "x"),
    ),
    cannot={"cancel": "it has no call that cancels"},
)
