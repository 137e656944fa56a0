"""Input schemas of trainers, with the vocabulary of real ones."""

from typing import Any

PAIRS = """URL to the input data zip archive.

The zip should contain pairs of images. The images should be named:

ROOT_start.EXT and ROOT_end.EXT
For example:
photo_start.jpg and photo_end.jpg

The zip can also contain up to four reference image for each image pair. The reference images
should be named: ROOT_start.EXT, ROOT_start2.EXT, ROOT_end.EXT

The zip can also contain a text file for each image pair. The text file should be named: ROOT.txt

If no text file is provided, the default_caption will be used.

If no default_caption is provided, the training will fail."""
LORA = (
    "URL to zip archive with images. Try to use at least 4 images in general the more the better. "
    "In addition to images the archive can contain text files with captions. "
    "Each text file should have the same name as the image file it corresponds to."
)
FILMS = (
    "URL to zip archive with videos or images. Try to use at least 10 files, although more is "
    "better. The archive can also contain text files with captions."
)
MASKED = LORA + " The captions can include a mask: photo.png has its mask in photo_mask.png."


def document(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Return an OpenAPI document with one input."""
    record = {"type": "object", "title": "Input", "properties": properties, "required": required}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Input"}}}}
    return {
        "openapi": "3.0.4",
        "info": {"title": "Trainer", "version": "1"},
        "paths": {"/": {"post": {"requestBody": body}}},
        "components": {"schemas": {"Input": record}},
    }


def text_property(description: str = "", **more: Any) -> dict[str, Any]:
    """Return the schema of a text property."""
    return {"type": "string", "description": description, **more}


TRAINERS = {
    "fal-ai/flux-lora-fast-training": document(
        {
            "images_data_url": text_property(LORA),
            "trigger_word": text_property("Trigger word to be used in the captions."),
            "data_archive_format": text_property(
                "The format of the archive. Inferred from the URL."
            ),
            "steps": {"type": "integer", "default": 1000},
        },
        ["images_data_url"],
    ),
    "fal-ai/flux-2-trainer/edit": document(
        {
            "image_data_url": text_property(PAIRS),
            "default_caption": text_property("Default caption."),
        },
        ["image_data_url"],
    ),
    "fal-ai/wan-trainer": document(
        {
            "trigger_phrase": text_property("The phrase that will trigger the model."),
            "training_data_url": text_property(FILMS),
        },
        ["training_data_url"],
    ),
    "acme/voice-trainer": document(
        {"dataset_url": text_property("URL of an archive of 5 to 20 recordings of one voice.")},
        ["dataset_url"],
    ),
    "acme/masked": document({"images_data_url": text_property(MASKED)}, ["images_data_url"]),
    "acme/no-words": document({"audio_data_url": text_property()}, ["audio_data_url"]),
}
