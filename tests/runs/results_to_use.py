"""Models and results for tests of "Use as": short documents, and runs with files."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.models import Endpoint
from catalog.sync import post_sync
from runs.models import Artifact, Run

FILE = {"type": "object", "properties": {"url": {"type": "string"}}, "title": "File"}
OUTPUTS: dict[str, dict[str, Any]] = {
    "image": {"images": {"type": "array", "items": FILE}},
    "video": {"video": FILE},
    "audio": {"audio": FILE},
    "text": {"output": {"type": "string"}},
    "lora": {"diffusers_lora_file": FILE},
}
TEXT = {"type": "string"}
LORA = {"type": "object", "properties": {"path": TEXT, "scale": {"type": "number", "default": 1}}}
LORAS = {"type": "array", "items": LORA}
IMAGES = {"type": "array", "items": TEXT, "maxItems": 3}


def document(inputs: dict[str, Any], makes: str, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an OpenAPI document as fal writes it."""
    schemas = {
        "XInput": {"type": "object", "properties": inputs, "required": list(required)},
        "XOutput": {"type": "object", "properties": OUTPUTS[makes]},
    }
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/XInput"}}}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/XOutput"}}}
    return {
        "openapi": "3.0.4",
        "paths": {
            "/x": {"post": {"requestBody": {"content": body}}},
            "/x/requests/{request_id}": {"get": {"responses": {"200": {"content": answer}}}},
        },
        "components": {"schemas": schemas},
    }


Models = Callable[..., dict[str, Endpoint]]


@pytest.fixture
def models(make_endpoint: Any) -> dict[str, Endpoint]:
    """Models by the last part of their ids, synced."""
    specs: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
        ("a/draw", {"prompt": TEXT, "loras": LORAS}, "image", ("prompt",)),
        ("a/edit", {"prompt": TEXT, "image_urls": IMAGES}, "image", ("prompt", "image_urls")),
        ("a/film", {"prompt": TEXT, "image_url": TEXT, "end_image_url": TEXT}, "video",
         ("prompt", "image_url")),
        ("a/fill", {"image_url": TEXT, "mask_url": TEXT}, "image", ("image_url", "mask_url")),
        ("a/upscaler", {"image_url": TEXT, "strength": {"type": "number"}}, "image",
         ("image_url",)),
        ("a/listen", {"audio_url": TEXT}, "text", ("audio_url",)),
        ("a/trainer", {"images_data_url": TEXT, "steps": {"type": "integer"}}, "lora",
         ("images_data_url",)),
    ]  # fmt: skip
    endpoints = {
        name.partition("/")[2]: make_endpoint(name, document(inputs, makes, required))
        for name, inputs, makes, required in specs
    }
    post_sync.run()
    return endpoints


@pytest.fixture
def result_of(make_run: Any) -> Callable[..., Run]:
    """`result_of(endpoint, "image", …)` → a successful run with a stored file of each kind."""

    def make(endpoint: Endpoint, *kinds: str, **values: Any) -> Run:
        run: Run = make_run(endpoint=endpoint, state="succeeded", **({"output": {}} | values))
        for position, kind in enumerate(kinds):
            kind, _, name = kind.partition(":")
            Artifact.objects.create(
                run=run,
                position=position,
                path=f"files[{position}]",
                kind=kind,
                url="https://v3.fal.media/x",
                file_name=name,
                state="stored",
                file="ab/cd/x.png",
            )
        return run

    return make
