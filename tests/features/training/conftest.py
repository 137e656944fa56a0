"""A trainer, and a model that accepts its weights."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from schemas.uses.inputs import inputs_of
from tests.schemas.uses.trainers import TRAINERS, document, text_property

TRAINER, TAKER = "fal-ai/flux-lora-fast-training", "fal-ai/flux-lora"
_LORA = {
    "type": "object",
    "title": "LoraWeight",
    "properties": {
        "path": text_property("URL or the path to the LoRA weights."),
        "scale": {"type": "number"},
    },
    "required": ["path"],
}


def picture(colour: str = "red", kind: str = "PNG") -> bytes:
    """Return a small picture."""
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(made, kind)
    return made.getvalue()


@pytest.fixture
def trainer(make_endpoint: Callable[..., Any]) -> Endpoint:
    """A trainer on images; its schema names the model that accepts its weights."""
    endpoint = make_endpoint(
        TRAINER,
        TRAINERS[TRAINER],
        category="training",
        display_name="FLUX trainer",
        inference_endpoint_ids=[TAKER],
    )
    return store_inputs(endpoint)


@pytest.fixture
def taker(make_endpoint: Callable[..., Any]) -> Endpoint:
    """A model with a list of LoRAs."""
    loras = {"type": "array", "items": _LORA, "description": "The LoRAs to use."}
    fields = {"prompt": text_property("The prompt to generate an image from."), "loras": loras}
    return store_inputs(
        make_endpoint(TAKER, document(fields, ["prompt"]), display_name="FLUX LoRA")
    )


def store_inputs(endpoint: Endpoint) -> Endpoint:
    """Store the endpoint's inputs, as a sync does."""
    endpoint.inputs = [list(field) for field in inputs_of(version_of(endpoint).root)]
    endpoint.save(update_fields=["inputs"])
    return endpoint
