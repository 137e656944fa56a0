"""Models that create or edit images."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import (
    array,
    image_size,
    integer,
    media,
    number,
    record,
    ref,
    text,
)
from sandbox.models.common import (
    FORMAT,
    IMAGES,
    NUM_IMAGES,
    PICTURE,
    SAFETY,
    SEED,
    SYNC_MODE,
    USED_SEED,
    output,
    prompt,
)

AURORA = Model(
    "sandbox/aurora",
    "Aurora",
    "text-to-image",
    "Curtains of northern light over a mirrored shore. Takes LoRAs from its own trainer.",
    record(
        "BaseInput",
        {
            "prompt": prompt(
                "Northern lights over a quiet fjord, first snow on the hills",
                "A wild green storm above black hills",
            ),
            "image_size": image_size(),
            "num_inference_steps": integer(
                "The number of inference steps to perform.", 1, 50, default=28
            ),
            "seed": SEED,
            "guidance_scale": number(
                "\n        The CFG (Classifier Free Guidance) scale is a measure of how close "
                "you want\n"
                "        the model to stick to your prompt when looking for a related image "
                "to show you.\n    ",
                1,
                20,
                default=3.5,
                title="Guidance scale (CFG)",
            ),
            "sync_mode": SYNC_MODE,
            "num_images": NUM_IMAGES,
            "loras": array(
                ref("LoraWeight"),
                "The LoRAs to use for the image generation. You can use any number of LoRAs"
                " and they will be merged together to generate the final image.",
                default=[],
                maxItems=4,
            ),
            "enable_safety_checker": SAFETY,
            "output_format": FORMAT,
        },
        ["prompt"],
    ),
    IMAGES,
    "pictures.paint:aurora",
    group=("aurora", "Text to Image"),
    training=("sandbox/aurora/trainer",),
    tags=("new", "lora", "landscape"),
    price=0.025,
    unit="megapixels",
    inline=True,
    highlighted=True,
    minutes=0.05,
    date="2026-10-05T08:00:00.000Z",
    updated="2026-11-14T16:20:00.000Z",
)

LITE = Model(
    "sandbox/aurora/lite",
    "Aurora Lite",
    "text-to-image",
    "The quick sketch of Aurora. Streams its picture from coarse to fine, and paints while "
    "you type.",
    record(
        "LiteInput",
        {
            "prompt": prompt("Aurora in rose and violet"),
            "image_size": image_size("square"),
            "seed": SEED,
        },
        ["prompt"],
    ),
    IMAGES,
    "pictures.paint:aurora_lite",
    group=("aurora", "Lite"),
    tags=("fast", "stream", "realtime"),
    price=0.003,
    streams=True,
    live=True,
    date="2026-10-05T08:00:00.000Z",
)

RIDGELINE = Model(
    "sandbox/ridgeline",
    "Ridgeline",
    "text-to-image",
    "Layered mountains in the light your words ask for.",
    record(
        "TextToImageInput",
        {
            "prompt": prompt("Blue mountains at dusk, a low sun behind thin mist"),
            "image_size": image_size(),
            "num_images": NUM_IMAGES,
            "seed": SEED,
            "output_format": FORMAT,
            "sync_mode": SYNC_MODE,
            "enable_safety_checker": SAFETY,
        },
        ["prompt"],
        # Incomplete, and with names that do not exist, as in some of fal's documents.
        ["prompt", "image_size", "num_images", "seed", "style", "output_format"],
    ),
    IMAGES,
    "pictures.paint:ridgeline",
    price=0.012,
    inline=True,
    highlighted=True,
    tags=("landscape", "procedural"),
    minutes=0.05,
    date="2026-09-12T08:00:00.000Z",
)

RESTYLE = Model(
    "sandbox/aurora/image-to-image",
    "Aurora Restyle",
    "image-to-image",
    "Repaints a picture in the colours and the brushwork of your words; a mask keeps the rest.",
    record(
        "ImageToImageInput",
        {
            "prompt": text(
                "What to turn the picture into.",
                examples=["A rose garden at dusk"],
                ui={"important": True},
            ),
            "image_url": media(
                "image", "The URL of the image to generate an image from.", examples=[PICTURE]
            ),
            "strength": number(
                "How much of the old picture is replaced.", 0.01, 1, default=0.8, multipleOf=0.01
            ),
            "mask_url": {
                "anyOf": [{"type": "string", "_fal_ui_field": "image"}, {"type": "null"}],
                "description": "A mask: only its white parts are repainted.",
            },
            "seed": SEED,
            "sync_mode": SYNC_MODE,
        },
        ["prompt", "image_url"],
    ),
    output(
        "Output",
        ["images", "seed", "prompt"],
        images=array(ref("Image"), "The repainted picture."),
        seed=USED_SEED,
        prompt=text("The prompt used."),
    ),
    "pictures.edit:restyle",
    group=("aurora", "Image to Image"),
    training=("sandbox/aurora/trainer",),
    price=0.03,
    unit="megapixels",
    inline=True,
    tags=("new", "style"),
    date="2026-10-06T08:00:00.000Z",
)
