"""Models that edit images."""

from sandbox.contract.registry import Model
from sandbox.contract.schema import (
    PRESETS,
    array,
    boolean,
    choice,
    integer,
    media,
    number,
    optional,
    record,
    ref,
    text,
    wrapped,
)
from sandbox.models.common import MASK, OBJECT, PICTURE, SEED, SYNC_MODE, USED_SEED, output

HEX = {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}
IMAGE = output(
    "ImageOutput", ["image"], image=wrapped("Image", "The edited image.", title="Result")
)

MODELS = [
    Model(
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
                    "How much of the old picture goes.", 0.01, 1, default=0.8, multipleOf=0.01
                ),
                "mask_url": {
                    "anyOf": [{"type": "string", "_fal_ui_field": "image"}, {"type": "null"}],
                    "description": "Only what is white here is repainted.",
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
    ),
    Model(
        "sandbox/lens",
        "Lens",
        "image-to-image",
        "Resize, turn, soften, sharpen, brighten: the plain tools, in one call.",
        record(
            "LensInput",
            {
                "image_url": media("image", "The picture to work on.", examples=[PICTURE]),
                "image_size": {
                    "anyOf": [
                        ref("ImageSize"),
                        {"enum": list(PRESETS), "type": "string"},
                        {"type": "null"},
                    ],
                    "description": "Cut and scaled to this size; left as it is without one.",
                },
                "rotate": integer("Degrees, counterclockwise.", -180, 180, default=0),
                "blur_radius": number("How soft, in pixels.", 0, 64, default=0, examples=[3]),
                "sharpness": number(None, 0, 4, default=1),
                "brightness": number(None, 0, 3, default=1),
                "contrast": number(None, 0, 3, default=1, examples=[1.3]),
                "saturation": number(None, 0, 3, default=1),
                "output_format": choice(["png", "jpeg", "webp"], None, default="png"),
            },
            ["image_url"],
        ),
        IMAGE,
        "pictures.edit:adjust",
        group=("lens", "Adjust"),
        price=0.001,
        date="2026-01-10T08:00:00.000Z",
    ),
    Model(
        "sandbox/lens/duotone",
        "Duotone",
        "image-to-image",
        "Prints a picture with two inks, as a smooth tone or a halftone screen.",
        record(
            "DuotoneInput",
            {
                "image_url": text(
                    "The picture to print.", _fal_ui_field="image", examples=[PICTURE]
                ),
                "shadows": {
                    **HEX,
                    "description": "The ink, as a hex colour.",
                    "default": "#1b2a6b",
                },
                "highlights": {
                    **HEX,
                    "description": "The paper, as a hex colour.",
                    "default": "#ffd9c2",
                },
                "halftone": boolean("Dots instead of smooth tones.", default=False),
            },
            ["image_url"],
        ),
        IMAGE,
        "pictures.edit:duotone",
        group=("lens", "Duotone"),
        price=0.002,
        date="2026-02-14T08:00:00.000Z",
    ),
    Model(
        "sandbox/lens/outpaint",
        "Outpaint",
        "image-to-image",
        "Adds room around a picture and gives back the mask of what is new.",
        record(
            "OutpaintInput",
            {
                "image_url": media("image", "The picture to extend.", examples=[PICTURE]),
                **{
                    f"expand_{side}": integer(
                        f"Pixels to add {where}.", 0, 1024, default=amount, multipleOf=8
                    )
                    for side, where, amount in (
                        ("left", "on the left", 128),
                        ("right", "on the right", 128),
                        ("top", "above", 64),
                        ("bottom", "below", 64),
                    )
                },
            },
            ["image_url"],
        ),
        output("OutpaintOutput", ["image", "mask"], image=ref("Image"), mask=ref("Image")),
        "pictures.edit:outpaint",
        group=("lens", "Outpaint"),
        price=0.02,
        date="2026-03-08T08:00:00.000Z",
    ),
    Model(
        "sandbox/lens/inpaint",
        "Inpaint",
        "image-to-image",
        "Lets what is white in the mask grow over from its surroundings.",
        record(
            "InpaintInput",
            {
                "image_url": media("image", "The picture to mend.", examples=[PICTURE]),
                "mask_url": media("image", "White where something shall go.", examples=[MASK]),
                "seed": SEED,
            },
            ["image_url", "mask_url"],
        ),
        output("InpaintOutput", ["image", "seed"], image=ref("Image"), seed=USED_SEED),
        "pictures.edit:inpaint",
        group=("lens", "Inpaint"),
        price=0.02,
        date="2026-03-09T08:00:00.000Z",
    ),
    Model(
        "sandbox/lens/upscale",
        "Upscale",
        "image-to-image",
        "Two or four times the size, sharpened. Billed by the megapixel that comes out.",
        record(
            "UpscaleInput",
            {
                "image_url": {
                    **media("image", "The picture to enlarge.", examples=[PICTURE]),
                    "x-fal": {
                        "min_width": 16,
                        "min_height": 16,
                        "max_width": 4096,
                        "max_height": 4096,
                        "max_area": 16777216,
                        "min_aspect_ratio": 0.25,
                        "max_aspect_ratio": 4.0,
                        "multiple_of": 1,
                        "max_file_size": 20971520,
                        "combined": {"max_file_size": 20971520},
                        "normalization": {"mode": "none"},
                    },
                },
                "scale": choice(["2", "4"], "How many times as large.", default="2"),
                "creativity": number("How much detail to bring out.", 0, 1, default=0.35),
            },
            ["image_url", "scale"],  # required although it has a default, as in fal's schemas
        ),
        IMAGE,
        "pictures.edit:upscale",
        group=("lens", "Upscale"),
        price=0.004,
        unit="megapixels",
        tags=("upscaling",),
        date="2026-04-01T08:00:00.000Z",
    ),
    Model(
        "sandbox/lens/remove-background",
        "Cut Out",
        "image-to-image",
        "Takes away what looks like the border and keeps what does not. Transparent PNG.",
        record(
            "CutOutInput",
            {
                "image_url": media("image", "The picture to cut out.", examples=[OBJECT]),
                "tolerance": number(
                    "How far a colour may be from the border's.",
                    high=0.6,
                    exclusiveMinimum=0,
                    default=0.12,
                ),
                "output_mask": boolean("Also return the mask.", default=False),
            },
            ["image_url"],
        ),
        output(
            "CutOutOutput",
            ["image"],
            image=ref("Image"),
            mask_image=optional(ref("Image"), "The mask, if it was asked for."),
        ),
        "pictures.edit:remove_background",
        group=("lens", "Cut Out"),
        price=0.005,
        tags=("utility", "background"),
        date="2026-05-20T08:00:00.000Z",
    ),
    Model(
        "comfy/sandbox/collage/run",
        "Collage",
        "image-to-image",
        "A node graph: several pictures onto one sheet.",
        record(
            "CollageInput",
            {
                "image_urls": array(
                    {"type": "string", "_fal_ui_field": "image"},
                    "The pictures, in order.",
                    minItems=1,
                    maxItems=9,
                    examples=[[PICTURE, OBJECT, PICTURE, OBJECT]],
                ),
                "columns": optional(
                    {"type": "integer", "minimum": 1, "maximum": 5}, "As square as it gets without."
                ),
                "gap": integer("Pixels between the pictures.", 0, 64, default=16),
                "background": {**HEX, "default": "#f4efe6"},
            },
            ["image_urls"],
        ),
        IMAGE,
        "pictures.edit:collage",
        price=0.002,
        tags=("comfy",),
        date="2026-07-07T08:00:00.000Z",
    ),
]
