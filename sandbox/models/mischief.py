"""Models that misbehave on purpose, as their descriptions say."""

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
    optional,
    record,
    ref,
    text,
    wrapped,
)
from sandbox.errors import MODEL_ERRORS, REQUEST_ERRORS
from sandbox.models.common import PICTURE, SEED, USED_SEED, output, prompt

PICTURES = output("Output", ["images", "seed"], images=array(ref("Image")), seed=USED_SEED)


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
        "tags": ("mischief",),
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
        "cancelled.",
        "text-to-image",
        {
            "prompt": text(
                "Words for the picture at the end.", default="patience", examples=["patience"]
            ),
            "duration": number("Seconds.", 0, 3600, default=10, examples=[2]),
            "log_lines": integer("How many lines, evenly spread.", 1, 1000, default=10),
            "picture": boolean("Whether there is a picture in the end.", default=True),
            "signed": boolean(
                "Whether the picture carries a C2PA manifest, whose signature fits nothing.",
                default=False,
            ),
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
        "Ends in any error fal knows, model errors and request errors alike.",
        "json",
        {
            "error_type": choice(
                [*MODEL_ERRORS, *REQUEST_ERRORS, "text_detail", "crash", "none"],
                "The error to end in.",
                default="internal_server_error",
                examples=["none"],
            ),
            "field": text(
                "The field it points to, with dots: `loras.0.path`. Empty for the whole request.",
                default="",
            ),
            "after": number("Seconds until it happens.", 0, 60, default=0.3),
        },
        output("FailOutput", ["output"], output=text("Only without an error.")),
    ),
    _mischief(
        "censor",
        "Censor",
        "Turns down prompts with the words forbidden, violence, weapon, gore or nsfw.",
        "text-to-image",
        {"prompt": prompt("A harmless forest"), "seed": SEED},
        PICTURES,
        required=["prompt"],
    ),
    _mischief(
        "chatty",
        "Chatty",
        "Writes 5,000 lines into its log, or as many as you say.",
        "json",
        {"lines": integer("How many lines.", 1, 100000, default=5000)},
        output("ChattyOutput", ["output"], output=text()),
    ),
    _mischief(
        "clock",
        "Clock",
        "Says nothing but when it says it, token by token, in milliseconds since 1970. Streams.",
        "llm",
        {
            "prompt": text("Not heeded.", minLength=1, examples=["What is the time?"]),
            "words": integer("How many tokens.", 1, 1000, default=100),
            "pause": number("Seconds between two of them.", 0, 2, default=0.04),
        },
        output("ClockOutput", ["output"], output=text()),
        required=["prompt"],
        streams=True,
    ),
    _mischief(
        "huge",
        "Huge",
        "Answers with several megabytes of JSON.",
        "json",
        {"megabytes": number("About how many.", 0.1, 32, default=4)},
        output("HugeOutput", ["table", "rows"], table=array(mapping(True)), rows=integer()),
    ),
    _mischief(
        "expiring",
        "Expiring",
        "Delivers a picture that is gone after a few seconds.",
        "text-to-image",
        {
            "prompt": prompt("A shooting star"),
            "seconds": number("How long the picture lasts.", 0.1, 3600, default=20),
            "seed": SEED,
        },
        output("ExpiringOutput", ["image"], image=ref("Image"), seconds=number()),
        required=["prompt"],
    ),
    _mischief(
        "silent",
        "Silent",
        "Always fails, but its status says COMPLETED without an error; only the result is a 422.",
        "text-to-image",
        {"prompt": prompt("Anything at all"), "seed": SEED},
        PICTURES,
        required=["prompt"],
    ),
    _mischief(
        "mislabelled",
        "Mislabelled",
        "Returns a film as image/png, a picture as application/octet-stream, and one as "
        "text/plain.",
        "image-to-video",
        {"seed": SEED, "empty": boolean("A picture of no bytes comes with them.", default=False)},
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
        "inline",
        "Inline",
        "Returns its media as data URIs, whatever you ask for.",
        "text-to-image",
        {"prompt": prompt("A flower in a letter"), "seed": SEED},
        output("InlineOutput", ["images"], images=array(ref("Image")), note=ref("File")),
        required=["prompt"],
    ),
    _mischief(
        "big-seed",
        "Big Seed",
        "Uses and returns a seed of 19 digits, past what a JavaScript number can hold.",
        "text-to-image",
        {"prompt": prompt("A very long number"), "seed": SEED},
        PICTURES,
        required=["prompt"],
    ),
    _mischief(
        "curiosities",
        "Cabinet of Curiosities",
        "Every odd construct a schema can have, in one form. Gives back what it received.",
        "unknown",
        {
            "missing_type": {"description": "No type, no enum, nothing: any JSON."},
            "untyped_choice": {"enum": ["left", "right"], "description": "An enum without a type."},
            "untyped_object": {"properties": {"x": {"type": "number"}, "y": {"type": "number"}}},
            "only_one": choice(["v1"], "A single choice.", default="v1"),
            "numeric_text": choice(["5", "8", "10"], "Numbers that are strings.", default="5"),
            "constant": {"const": "2026-11", "default": "2026-11"},
            "nullable_text": text("OpenAPI 3.0's way to allow null.", nullable=True),
            "typed_pair": {
                "type": ["string", "null"],
                "description": "JSON Schema's way to allow null.",
            },
            "address": {"type": "string", "format": "uri", "title": "URL"},
            "ticket": {"type": "string", "format": "uuid4"},
            "raw_file": {"type": "string", "format": "binary", "title": "Raw"},
            "range": {
                "type": "array",
                "prefixItems": [
                    {"type": "number", "title": "from"},
                    {"type": "number", "title": "to"},
                ],
                "minItems": 2,
                "maxItems": 2,
                "description": "A pair, each with its own schema.",
            },
            "open_choice": {
                "anyOf": [{"enum": ["matte", "gloss"], "type": "string"}, {"type": "string"}],
                "description": "A list to choose from, or your own.",
                "default": "matte",
            },
            "union": {
                "anyOf": [
                    {"type": "integer"},
                    {"type": "string"},
                    {"type": "array", "items": {"type": "integer"}},
                ]
            },
            "camera": wrapped("Camera", "A nested object.", title="The camera"),
            "tree": optional(ref("Branch"), "A tree: its reference comes back to itself."),
            "dangling": {"$ref": "#/components/schemas/DoesNotExist"},
            "free_form": mapping(True, "An object with any keys."),
            "levels": mapping({"type": "number", "minimum": 0, "maximum": 1}, "A map of numbers."),
            "words": array(
                {"type": "string", "minLength": 2},
                "A list of short texts.",
                minItems=1,
                maxItems=5,
                default=["one"],
            ),
            "matrix": array(array({"type": "number"}), "A list of lists."),
            "step": number("In steps of a quarter.", 0, 10, multipleOf=0.25, default=1.5),
            "tight": {
                "type": "number",
                "exclusiveMinimum": 0,
                "exclusiveMaximum": 1,
                "default": 0.5,
            },
            "code": text("A pattern.", pattern="^[A-Z]{3}-[0-9]{2}$", examples=["ABC-12"]),
            "old": text("Do not use.", deprecated=True),
            "secret": choice(["a"], "Not shown.", default="a", ui={"hidden": True}),
            "front": text(
                "**Important**: with <b>HTML</b> and a [link](https://example.com).\n\n    "
                "Indented, too.",
                ui={"important": True},
            ),
            "picture": text(
                "A media field without a hint but its name.", title="Picture", examples=[PICTURE]
            ),
            "needed": integer("Required although it has a default.", 0, 9, default=3),
        },
        output("CuriositiesOutput", ["received"], received=mapping(True), fields=integer()),
        required=["needed"],
        components={
            "Camera": record(
                "Camera",
                {
                    "focal_length": number("Millimetres.", 8, 800, default=50),
                    "position": wrapped("Point", "Where it stands."),
                },
                additionalProperties=False,
            ),
            "Point": record("Point", {axis: number(default=0) for axis in "xyz"}),
            "Branch": record(
                "Branch", {"name": text(), "branches": array(ref("Branch"))}, ["name"]
            ),
        },
        extra={"x-fal-order-paths": ["/mischief/curiosities"], "x-fal-protocol": "http"},
    ),
]
