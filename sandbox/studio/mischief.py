"""Models that misbehave on purpose. Each does exactly what its description says."""

import time
from typing import Any

from sandbox.contract.registry import Arguments
from sandbox.errors import MODEL_ERRORS, ModelError, RequestError, TextRefusal
from sandbox.execution.context import Context
from sandbox.studio import recorded

CTX: dict[str, dict[str, Any]] = {  # the limits that some errors name
    "image_too_small": {"min_height": 512, "min_width": 512},
    "greater_than_equal": {"ge": 1},
    "one_of": {"expected": ["red", "green", "blue"]},
    "audio_duration_too_long": {"max_duration": 30, "provided_duration": 61.5},
}
SIDE = 512  # of a picture, in pixels


def slow(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Take exactly the requested time, to the millisecond, and render images in the middle of it.

    At the start or end, rendering would compete for CPU with the code that starts the run or
    fetches its result.
    """
    if "forbidden" in arguments["prompt"].lower().split():
        msg = "The content could not be processed because it was flagged by a content checker."
        raise ModelError("content_policy_violation", msg, ("prompt",), input=arguments["prompt"])
    seconds, lines = float(arguments["duration"]), int(arguments["log_lines"])
    start = time.monotonic()
    seed = context.seed(arguments)
    images = []
    for share, line in sorted([(0.5, 0), *((n / lines, n) for n in range(1, lines + 1))]):
        context.sleep(max(0.0, start + share * seconds - time.monotonic()), exactly=True)
        if line:
            context.step(line, lines, "Waited")
        elif arguments["picture"]:
            data = _stripes(arguments["prompt"], seed)
            sides: dict[str, Any] = {"width": SIDE, "height": SIDE}
            images.append(context.save(data, "image/png", "slow.png", **sides))
    return {"images": images, "seed": seed, "slept": seconds}


def _stripes(prompt: str, seed: int) -> bytes:
    """Return a PNG that costs next to nothing: stripes in the colours of the prompt."""
    # Heavy libraries are imported only if needed: without an image the timing is exact.
    from PIL import Image

    from sandbox.studio.pictures import canvas
    from sandbox.studio.pictures.colour import palette

    stripes = palette(prompt, seed).at(canvas.rng(prompt, seed).random((1, 16)))
    image = canvas.picture(stripes).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    return canvas.encode(image)[0]


def fail(arguments: Arguments, context: Context) -> dict[str, Any]:
    """End with the requested error."""
    kind = arguments["error_type"]
    context.log("About to fail", "WARN")
    context.sleep(float(arguments["after"]), exactly=True)
    if kind == "none":
        return {"output": "No error, as asked."}
    context.log(f"Failing with {kind}", "ERROR")
    if kind == "silent":
        context.silent = True
        raise ModelError("no_media_generated", "The failure shows in the result only", ())
    if kind == "text_detail":
        raise TextRefusal("Something about the input is wrong.")
    if kind == "crash":
        raise ZeroDivisionError("the model divided by zero")
    if kind in MODEL_ERRORS:
        loc = tuple(
            int(part) if part.isdigit() else part for part in arguments["field"].split(".") if part
        )
        raise ModelError(
            kind, f"This is what {kind} looks like", loc, CTX.get(kind), arguments["field"]
        )
    raise RequestError(kind, f"This is what {kind} looks like")


def clock(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output the current time repeatedly; a streaming client can measure each word's delay."""
    moments: list[str] = []
    for _ in range(int(arguments["words"])):
        moments.append(f"{time.time() * 1000:.1f}")
        context.emit({"output": " ".join(moments), "partial": True})
        context.sleep(float(arguments["pause"]), exactly=True)
    return {"output": " ".join(moments), "partial": False}


def mislabelled(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output a video labelled as an image, and images labelled as octet-stream and text."""
    film = recorded.read("films/autumn.mp4")
    image = _stripes("a wrong label", context.seed(arguments))
    output = {
        "video": context.save(film, "image/png", "film.png"),
        "image": context.save(image, "application/octet-stream", "picture.bin"),
        "image_url": context.save(image, "text/plain", "picture")["url"],
    }
    if arguments.get("empty"):
        output["nothing"] = context.save(b"", "image/png", "nothing.png")
    return output


def curiosities(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output the arguments with the defaults filled in."""
    context.log(f"{len(arguments)} fields")
    return {"received": arguments, "fields": len(arguments)}
