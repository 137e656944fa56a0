"""Fields that many models have in common."""

from sandbox.contract.schema import (
    Schema,
    array,
    boolean,
    choice,
    integer,
    mapping,
    optional,
    record,
    ref,
    text,
)

PICTURE = "{files}/examples/harbour.png"
SPEECH = "{files}/examples/speech.wav"
ARCHIVE = "{files}/examples/pictures.zip"

SEED = optional(
    {"type": "integer"},
    "\n        The same seed and the same prompt given to the same version of the model\n"
    "        will output the same image every time.\n    ",
)
SYNC_MODE = boolean(
    "If `True`, the media will be returned as a data URI and the output data won't be available"
    " in the request history.",
    default=False,
)
NUM_IMAGES = integer("The number of images to generate.", 1, 4, default=1)
FORMAT = choice(["jpeg", "png", "webp"], "The format of the generated image.", default="jpeg")
SAFETY = boolean("If set to true, the safety checker will be enabled.", default=True)
USED_SEED = integer(
    "\n            Seed of the generated Image. It will be the same value of the one passed in "
    "the\n"
    "            input or the randomly generated that was used in case none was passed.\n        "
)

IMAGES = record(
    "Output",
    {
        "images": array(ref("Image"), "The generated image files info."),
        "timings": mapping({"type": "number"}),
        "seed": USED_SEED,
        "has_nsfw_concepts": array(
            {"type": "boolean"}, "Whether the generated images contain NSFW concepts."
        ),
        "prompt": text("The prompt used for generating the image."),
    },
    ["images", "timings", "seed", "has_nsfw_concepts", "prompt"],
)


def prompt(example: str, *more: str, **extra: object) -> Schema:
    """Return the prompt field with its examples."""
    return text("The prompt to generate an image from.", examples=[example, *more], **extra)


def output(title: str, required: list[str], **properties: Schema) -> Schema:
    """Return an output schema with these fields."""
    return record(title, properties, required)
