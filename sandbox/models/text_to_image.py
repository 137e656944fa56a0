"""Models that create images from text."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import (
    PRESETS,
    array,
    choice,
    image_size,
    integer,
    number,
    record,
    ref,
)
from sandbox.models.common import FORMAT, IMAGES, NUM_IMAGES, SAFETY, SEED, SYNC_MODE, prompt

AURORA = "Northern lights over a quiet fjord, first snow on the hills"


def _painter(name: str, title: str, description: str, example: str, **more: object) -> Model:
    """Return a plain text-to-image model: prompt, size, count, seed, format."""
    fields = {
        "prompt": prompt(example),
        "image_size": image_size(),
        "num_images": NUM_IMAGES,
        "seed": SEED,
        "output_format": FORMAT,
        "sync_mode": SYNC_MODE,
        "enable_safety_checker": SAFETY,
    }
    order = [name for name in fields if name != "enable_safety_checker"]  # incomplete on purpose
    facts: dict[str, object] = {"price": 0.012, "tags": ("procedural",), "minutes": 0.05} | more
    return Model(
        name,
        title,
        "text-to-image",
        description,
        record("TextToImageInput", fields, ["prompt"], order),
        IMAGES,
        f"pictures.paint:{name.split('/')[1].replace('-classic', '')}",
        inline=True,
        **facts,  # type: ignore[arg-type]
    )


MODELS = [
    Model(
        "sandbox/aurora",
        "Aurora",
        "text-to-image",
        "Curtains of northern light over a mirrored shore. Takes LoRAs from its own trainer.",
        record(
            "BaseInput",
            {
                "prompt": prompt(AURORA, "A wild green storm above black hills"),
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
                "acceleration": choice(
                    ["none", "regular", "high"],
                    "The speed of the generation. The higher the speed, the faster the generation.",
                    default="none",
                ),
                "tier": choice(
                    ["standard"], "The hardware to run on.", default="standard", ui={"hidden": True}
                ),
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
    ),
    Model(
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
    ),
    _painter(
        "sandbox/ridgeline",
        "Ridgeline",
        "Layered mountains in the light your words ask for.",
        "Blue mountains at dusk, a low sun behind thin mist",
        highlighted=True,
        tags=("landscape", "procedural"),
        date="2026-09-12T08:00:00.000Z",
    ),
    _painter(
        "atelier/glass",
        "Rose Window",
        "Stained glass: cells of light between lead, around a bright heart.",
        "A rose window at dawn",
        license="research",
        group=("atelier", "Glass"),
        date="2026-08-01T08:00:00.000Z",
    ),
    _painter(
        "atelier/current",
        "Current",
        "Thousands of fine lines that follow an unseen current.",
        "Wind over a wheat field",
        group=("atelier", "Current"),
        date="2026-07-19T08:00:00.000Z",
    ),
    _painter(
        "atelier/contour",
        "Contour",
        "Survey maps of land that never was, with shaded relief and contour lines.",
        "Islands of the quiet sea",
        group=("atelier", "Contour"),
        license="research",
        github="https://github.com/example/contour",
        date="2026-05-02T08:00:00.000Z",
    ),
    _painter(
        "sandbox/nebula",
        "Nebula",
        "Folded clouds of gas, lit from within, among stars.",
        "Ember and gold dust around a young star",
        tags=("space", "procedural"),
        date="2026-10-28T08:00:00.000Z",
    ),
    _painter(
        "atelier/papercut",
        "Papercut",
        "Sheets of coloured paper, cut and stacked, each with its shadow.",
        "A deep sea cave",
        group=("atelier", "Papercut"),
        date="2026-11-03T08:00:00.000Z",
        updated="2026-11-18T08:00:00.000Z",
        tags=("new", "procedural"),
    ),
    _painter(
        "atelier/bloom",
        "Bloom",
        "Flowers grown petal by petal at the golden angle.",
        "Moon flowers at night",
        group=("atelier", "Bloom"),
        date="2026-06-21T08:00:00.000Z",
    ),
    Model(
        "atelier/tessera",
        "Tessera",
        "text-to-image",
        "Geometric tiles in a few flat colours, yours if you name them.",
        record(
            "TesseraInput",
            {
                "prompt": prompt("City carnival", minLength=1, maxLength=1000),
                "image_size": {
                    "anyOf": [{"enum": list(PRESETS), "type": "string"}, ref("ImageSize")],
                    "default": "square_hd",
                },
                "colors": array(
                    ref("RGBColor"), "An array of preferable colors", default=[], maxItems=6
                ),
                "num_images": NUM_IMAGES,
                "seed": SEED,
                "output_format": FORMAT,
            },
            ["prompt"],
            ["prompt", "image_size", "style", "colors", "style_id"],  # has extra and missing names
        ),
        IMAGES,
        "pictures.paint:tessera",
        group=("atelier", "Tessera"),
        price=0.008,
        tags=("vector", "poster"),
        date="2026-04-11T08:00:00.000Z",
    ),
    _painter(
        "atelier/letterpress",
        "Letterpress",
        "A poster that prints your words, large, with one shape and two inks.",
        "Good design is as little design as possible",
        group=("atelier", "Letterpress"),
        tags=("typography", "poster"),
        license="private",
        date="2026-03-30T08:00:00.000Z",
    ),
    _painter(
        "sandbox/ridgeline-classic",
        "Ridgeline Classic",
        "The first Ridgeline, kept for those who rely on it. Use Ridgeline instead.",
        "Mountains in mist",
        status="deprecated",
        date="2025-02-01T08:00:00.000Z",
        updated="2026-01-15T08:00:00.000Z",
    ),
]
