"""Models that paint from words."""

from sandbox.registry import Model
from sandbox.schema import (
    array,
    boolean,
    choice,
    image_size,
    integer,
    mapping,
    optional,
    record,
    ref,
    text,
)

SEED = optional(
    {"type": "integer"},
    "\n        The same seed and the same prompt given to the same version of the model\n"
    "        will output the same image every time.\n    ",
)
SYNC_MODE = boolean(
    "If `True`, the media will be returned as a data URI and the output data won't be available in the request history.",
    default=False,
)
NUM_IMAGES = integer("The number of images to generate.", 1, 4, default=1)
FORMAT = choice(["jpeg", "png", "webp"], "The format of the generated image.", default="jpeg")

OUTPUT = record(
    "Output",
    {
        "images": array(ref("Image"), "The generated image files info."),
        "timings": mapping({"type": "number"}),
        "seed": integer(
            "\n            Seed of the generated Image. It will be the same value of the one passed in the\n"
            "            input or the randomly generated that was used in case none was passed.\n        "
        ),
        "has_nsfw_concepts": array(
            {"type": "boolean"}, "Whether the generated images contain NSFW concepts."
        ),
        "prompt": text("The prompt used for generating the image."),
    },
    ["images", "timings", "seed", "has_nsfw_concepts", "prompt"],
)

MODELS = [
    Model(
        "sandbox/ridgeline",
        "Ridgeline",
        "text-to-image",
        "Layered mountains in the light your words ask for.",
        record(
            "TextToImageInput",
            {
                "prompt": text(
                    "The prompt to generate an image from.",
                    examples=["Blue mountains at dusk, a low sun behind thin mist"],
                ),
                "image_size": image_size(),
                "num_images": NUM_IMAGES,
                "seed": SEED,
                "output_format": FORMAT,
                "sync_mode": SYNC_MODE,
            },
            ["prompt"],
        ),
        OUTPUT,
        "paint:ridgeline",
        inline=True,
        thumbnail={"prompt": "Blue mountains at dusk"},
    )
]
