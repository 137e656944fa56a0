"""Models that misbehave on purpose. Each does exactly what its description says."""

import time
import zlib
from typing import Any

from sandbox.contract.registry import Arguments
from sandbox.errors import MODEL_ERRORS, ModelError, RequestError, TextRefusal
from sandbox.execution.context import Context

CTX: dict[str, dict[str, Any]] = {
    "image_too_small": {"min_height": 512, "min_width": 512},
    "image_too_large": {"max_height": 4096, "max_width": 4096},
    "file_too_large": {"max_size": 10485760},
    "greater_than": {"gt": 0},
    "greater_than_equal": {"ge": 1},
    "less_than": {"lt": 10},
    "less_than_equal": {"le": 9},
    "multiple_of": {"multiple_of": 8},
    "sequence_too_short": {"min_length": 2},
    "sequence_too_long": {"max_length": 4},
    "one_of": {"expected": ["red", "green", "blue"]},
    "invalid_archive": {"supported_extensions": [".zip"]},
    "archive_file_count_below_minimum": {
        "min_count": 4,
        "provided_count": 1,
        "supported_extensions": [".png"],
    },
    "archive_file_count_exceeds_maximum": {
        "max_count": 60,
        "provided_count": 99,
        "supported_extensions": [".png"],
    },
    "audio_duration_too_long": {"max_duration": 30, "provided_duration": 61.5},
    "audio_duration_too_short": {"min_duration": 2, "provided_duration": 0.4},
    "video_duration_too_long": {"max_duration": 30, "provided_duration": 61.5},
    "video_duration_too_short": {"min_duration": 2, "provided_duration": 0.4},
    "unsupported_audio_format": {"supported_formats": ["mp3", "wav"]},
    "unsupported_image_format": {"supported_formats": ["png", "jpeg", "webp"]},
    "unsupported_video_format": {"supported_formats": ["mp4", "webm"]},
}
FORBIDDEN = {"forbidden", "violence", "weapon", "gore", "nsfw"}
_SIGNATURE_BYTES = 8 + 25  # the magic, and the header chunk, behind which the manifest stands
_SOURCE = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def slow(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Take exactly the requested time, to the millisecond, and render images in the middle of it.

    Rendered at the start or end, an image would compete for CPU with whatever starts the run or
    fetches its result.
    """
    seconds, lines = float(arguments["duration"]), int(arguments["log_lines"])
    start = time.monotonic()
    seed = context.seed(arguments)
    images = []
    for share, line in sorted([(0.5, 0), *((n / lines, n) for n in range(1, lines + 1))]):
        context.sleep(max(0.0, start + share * seconds - time.monotonic()), exactly=True)
        if line:
            context.step(line, lines, "Waited")
        elif arguments["picture"]:
            images.append(_tiles(arguments, seed, context))
    return {"images": images, "seed": seed, "slept": seconds}


def _tiles(arguments: Arguments, seed: int, context: Context) -> dict[str, Any]:
    # Heavy libraries are imported only if needed: without an image the timing is exact.
    from sandbox.studio.pictures import canvas, patterns

    image = patterns.tessera(arguments["prompt"], seed, (512, 512))
    data, kind = canvas.encode(image, "png")
    data = signed(data) if arguments.get("signed") else data
    return context.save(data, kind, "slow.png", width=image.width, height=image.height)


def fail(arguments: Arguments, context: Context) -> dict[str, Any]:
    """End with the requested error."""
    kind = arguments["error_type"]
    context.log("About to fail", "WARN")
    context.sleep(float(arguments["after"]), exactly=True)
    if kind == "none":
        return {"output": "No error, as asked."}
    context.log(f"Failing with {kind}", "ERROR")
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


def censor(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Reject certain words."""
    from sandbox.studio.pictures import canvas, patterns

    context.sleep(0.2)
    if FORBIDDEN & set(arguments["prompt"].lower().split()):
        msg = (
            "The content could not be processed because it contained material "
            "flagged by a content checker."
        )
        raise ModelError("content_policy_violation", msg, ("prompt",), input=arguments["prompt"])
    seed = context.seed(arguments)
    image = patterns.papercut(arguments["prompt"], seed, (768, 576))
    return {"images": [canvas.save(context, image, "jpeg", "allowed")], "seed": seed}


def chatty(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Write thousands of log lines."""
    levels = ("DEBUG", "INFO", "STDOUT", "STDERR", "WARN", "ERROR")
    lines = int(arguments["lines"])
    for number in range(lines):
        context.log(f"Line {number + 1} of {lines}: {'=' * (number % 60)}>", levels[number % 6])
        if number % 250 == 249:
            context.sleep(0.03)
    return {"output": f"{lines} lines written"}


def clock(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output the current time repeatedly; a streaming client can measure each word's delay."""
    moments: list[str] = []
    for _ in range(int(arguments["words"])):
        moments.append(f"{time.time() * 1000:.1f}")
        context.emit({"output": " ".join(moments), "partial": True})
        context.sleep(float(arguments["pause"]), exactly=True)
    return {"output": " ".join(moments), "partial": False}


def huge(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output megabytes of JSON."""
    dice = context.dice(arguments["megabytes"])
    rows = int(float(arguments["megabytes"]) * 8800)
    context.log(f"{rows} rows")
    table = [
        {"row": n, "name": f"item-{n:07d}", "values": [round(dice.random(), 6) for _ in range(6)]}
        for n in range(rows)
    ]
    return {"table": table, "rows": rows}


def expiring(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output an image that soon expires."""
    from sandbox.studio.pictures import canvas, landscapes

    image = landscapes.nebula(arguments["prompt"], context.seed(arguments), (768, 576))
    seconds = float(arguments["seconds"])
    context.log(f"The picture lasts {seconds:g} s", "WARN")
    return {
        "image": canvas.save(context, image, "png", "fleeting", expires_s=seconds),
        "seconds": seconds,
    }


def silent(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Fail without reporting it in the status."""
    context.silent = True
    context.sleep(0.2)
    raise ModelError("no_media_generated", "The failure shows in the result only", ("prompt",))


def mislabelled(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output a video labelled as an image, and images labelled as octet-stream and text."""
    from sandbox import recorded
    from sandbox.studio.pictures import canvas, patterns

    seed = context.seed(arguments)
    data = recorded.choice("films/*.mp4", seed)
    image, _ = canvas.encode(patterns.glass("a wrong label", seed, (512, 384)), "webp")
    output = {
        "video": context.save(data, "image/png", "film.png", served_as="image/png"),
        "image": context.save(image, "application/octet-stream", "picture.bin"),
        "image_url": context.save(image, "text/plain", "picture")["url"],
    }
    if arguments.get("empty"):
        output["nothing"] = context.save(b"", "image/png", "nothing.png")
    return output


def inline(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output everything as data URIs, whatever was requested."""
    import base64

    from sandbox.studio.pictures import canvas, patterns

    image = patterns.bloom(arguments["prompt"], context.seed(arguments), (512, 384))
    data, kind = canvas.encode(image, "jpeg")
    url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    note = "data:text/plain;charset=utf-8,A%20note%20in%20a%20data%20URI"
    return {
        "images": [{"url": url, "width": 512, "height": 384, "content_type": kind}],
        "note": {"url": note, "content_type": "text/plain"},
    }


def big_seed(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output a seed beyond the exact integers of JavaScript."""
    from sandbox.studio.pictures import canvas, patterns

    posted_seed = arguments.get("seed")
    seed = 1_000_000_000_000_000_000 + context.seed({}) if posted_seed is None else int(posted_seed)
    image = patterns.current(arguments["prompt"], seed, (640, 480))
    return {"images": [canvas.save(context, image, "jpeg", "current")], "seed": seed}


def curiosities(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Output the arguments with the defaults filled in."""
    context.log(f"{len(arguments)} fields")
    return {"received": arguments, "fields": len(arguments)}


# A C2PA manifest for a PNG, made by hand: its boxes are right, its signature fits nothing.


def signed(png: bytes) -> bytes:
    """Return a PNG with a manifest store in a chunk `caBX` (C2PA 2.2, A.3.2)."""
    assertion = _superbox(
        b"cbor", "c2pa.actions.v2", _box(b"cbor", b"\x78" + bytes([len(_SOURCE)]) + _SOURCE)
    )
    claim = _superbox(b"c2cl", "c2pa.claim.v2", _box(b"cbor", b"\xa0"))
    signature = _superbox(b"c2cs", "c2pa.signature", _box(b"cbor", b"\x84"))
    assertions = _superbox(b"c2as", "c2pa.assertions", assertion)
    manifest = _superbox(b"c2ma", "urn:c2pa:sandbox", assertions + claim + signature)
    store = _superbox(b"c2pa", "c2pa", manifest)
    chunk = b"caBX" + store
    framed = len(store).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    return png[:_SIGNATURE_BYTES] + framed + png[_SIGNATURE_BYTES:]


def _superbox(kind: bytes, label: str, content: bytes) -> bytes:
    """Return a box of boxes (ISO/IEC 19566-5, annex B): its description, then its content."""
    uuid = kind + bytes.fromhex("00110010800000aa00389b71")
    return _box(b"jumb", _box(b"jumd", uuid + b"\x03" + label.encode() + b"\0") + content)


def _box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4) + kind + content
