"""Models that misbehave on purpose, as their descriptions say."""

import json
from pathlib import Path
from typing import Any

from sandbox.contract.registry import Model
from sandbox.contract.schema import (
    Schema,
    array,
    boolean,
    choice,
    integer,
    mapping,
    number,
    record,
    ref,
    text,
)
from sandbox.errors import MODEL_ERRORS, REQUEST_ERRORS
from sandbox.models.common import SEED, USED_SEED, output

# One odd construct a line, as it stands in a document.
CURIOSITIES: dict[str, Schema] = json.loads(
    (Path(__file__).parent / "curiosities.json").read_text()
)


def _mischief(
    name: str,
    title: str,
    description: str,
    category: str,
    fields: dict[str, Schema],
    output: Schema,
    **more: Any,
) -> Model:
    required = more.pop("required", ())
    facts: dict[str, Any] = {
        "price": 0.0,
        "tags": ("mischief", "test"),
        "license": "research",
        "date": "2025-12-24T08:00:00.000Z",
    } | more
    work = f"mischief:{name.replace('-', '_')}"
    return Model(
        f"mischief/{name}",
        title,
        category,
        description,
        record(f"{title.title().replace(' ', '')}Input", fields, required),
        output,
        work,
        **facts,
    )


MODELS = [
    _mischief(
        "slow",
        "Slow",
        "Takes exactly as long as you say, with as many log lines as you want, and can be "
        "cancelled. Refuses a forbidden prompt.",
        "text-to-image",
        {
            "prompt": text(
                "Words for the picture at the end.", default="patience", examples=["patience"]
            ),
            "duration": number("Seconds.", 0, 3600, default=10, examples=[2]),
            "log_lines": integer("How many lines, evenly spread.", 1, 1000, default=10),
            "picture": boolean("Whether the result is a picture.", default=True),
            "seed": SEED,
        },
        output(
            "SlowOutput",
            ["images", "seed"],
            images=array(ref("Image")),
            seed=USED_SEED,
            slept=number(),
        ),
        minutes=0.2,
    ),
    _mischief(
        "fail",
        "Fail",
        "Ends with the error of fal's that you choose. A silent error shows in the result, not "
        "in the status.",
        "json",
        {
            "error_type": choice(
                [*MODEL_ERRORS, *REQUEST_ERRORS, "text_detail", "silent", "crash", "none"],
                "The error to end with.",
                default="internal_server_error",
                examples=["none"],
            ),
            "field": text(
                "The field it points to, with dots: `loras.0.path`. Empty for the whole request.",
                default="",
            ),
            "after": number("Seconds until it happens.", 0, 60, default=0.3),
        },
        output("FailOutput", ["output"], output=text("Returned only if there is no error.")),
    ),
    _mischief(
        "clock",
        "Clock",
        "Streams tokens; each one is the time at which it was sent, in milliseconds since 1970.",
        "llm",
        {
            "prompt": text("The model ignores it.", minLength=1, examples=["What is the time?"]),
            "words": integer("How many tokens.", 1, 1000, default=100),
            "pause": number("Seconds between two tokens.", 0, 2, default=0.04),
        },
        output("ClockOutput", ["output"], output=text()),
        required=["prompt"],
        streams=True,
    ),
    _mischief(
        "mislabelled",
        "Mislabelled",
        "Returns a film as image/png, a picture as application/octet-stream, and one as "
        "text/plain.",
        "image-to-video",
        {"seed": SEED, "empty": boolean("Adds a picture that is empty (0 bytes).", default=False)},
        output(
            "MislabelledOutput",
            ["video", "image"],
            video=ref("File"),
            image=ref("File"),
            image_url=text(),
            nothing=ref("File"),
        ),
    ),
    _mischief(
        "curiosities",
        "Cabinet of Curiosities",
        "Every odd construct a schema can have, in one form. Gives back what it received.",
        "unknown",
        CURIOSITIES,
        output("CuriositiesOutput", ["received"], received=mapping(True), fields=integer()),
        required=["needed"],
        components={
            "Camera": record("Camera", {axis: number(default=0) for axis in "xyz"}),
            "Branch": record(
                "Branch", {"name": text(), "branches": array(ref("Branch"))}, ["name"]
            ),
        },
        extra={"x-fal-order-paths": ["/mischief/curiosities"], "x-fal-protocol": "http"},
    ),
]
