"""Models that change a picture."""

from sandbox.registry import Model
from sandbox.schema import media, number, record, wrapped

OUTPUT = record("Output", {"image": wrapped("Image", "The edited image.")}, ["image"])

MODELS = [
    Model(
        "sandbox/lens/blur",
        "Lens Blur",
        "image-to-image",
        "Softens a picture like a lens out of focus.",
        record(
            "BlurInput",
            {
                "image_url": media(
                    "image", "The picture to soften.", examples=["{files}/examples/harbour.png"]
                ),
                "radius": number("How soft, in pixels.", 0, 64, default=8),
            },
            ["image_url"],
        ),
        OUTPUT,
        "edit:blur",
    )
]
