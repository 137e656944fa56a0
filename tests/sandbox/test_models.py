"""Every model with its example: real output that fits its schema, the same for the same seed."""

import io
import json
from collections.abc import Iterator
from typing import Any

import av
import httpx
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from sandbox.contract.openapi import REF, addressed, document
from sandbox.contract.registry import Model
from sandbox.models import MODELS
from sandbox.state import RECORDED
from tests.sampling import sample
from tests.sandbox.server import RunningSandbox
from tests.sandbox.wire import result, submit

pytestmark = pytest.mark.system  # these tests take long

FILMS = {model.endpoint_id for model in MODELS if model.makes_films}
SMALL = {"width": 192, "height": 144}
# Smaller arguments than in the examples, where those would take long.
LIGHTER: dict[str, dict[str, Any]] = {
    "mischief/slow": {"duration": 0},
    "mischief/clock": {"words": 3},
}


def arguments_for(model: Model, sandbox: RunningSandbox, **more: Any) -> dict[str, Any]:
    """Return the example, made smaller, with a seed if the model accepts one."""
    fields = model.input["properties"]
    example = model.example() | LIGHTER.get(model.endpoint_id, {})
    if "image_size" in fields and model.category == "text-to-image":
        example["image_size"] = SMALL
    if "seed" in fields:
        example["seed"] = 7
    filled: dict[str, Any] = addressed(example | more, sandbox.addresses)
    return filled


def media(value: Any) -> Iterator[dict[str, Any]]:
    """Return every File anywhere in an output."""
    if isinstance(value, dict):
        if isinstance(value.get("url"), str):
            yield value
        for item in value.values():
            yield from media(item)
    elif isinstance(value, list):
        for item in value:
            yield from media(item)


def output_schema(model: Model, sandbox: RunningSandbox) -> dict[str, Any]:
    """Return the output schema, found as section 4.2 says."""
    openapi = document(model, sandbox.addresses)
    answer = openapi["paths"][f"/{model.endpoint_id}/requests/{{request_id}}"]["get"]["responses"][
        "200"
    ]
    schema: dict[str, Any] = {**answer["content"]["application/json"]["schema"], **openapi}
    text = json.dumps(schema).replace('"nullable": true', '"x-nullable": true')
    bridged: dict[str, Any] = json.loads(text)
    assert bridged["$ref"].startswith(REF)
    return bridged


@pytest.mark.parametrize("model", sample(MODELS, 3, by_seed=2), ids=lambda one: one.endpoint_id)
def test_the_example_runs_as_its_schema_promises_and_bills_something(http, sandbox, model):
    handle = submit(http, sandbox, model.endpoint_id, arguments_for(model, sandbox))
    answer = result(http, handle)
    assert answer.status_code == 200, answer.text[:500]
    assert float(answer.headers["X-Fal-Billable-Units"]) >= 0
    Draft202012Validator(output_schema(model, sandbox)).validate(answer.json())
    for file in media(answer.json()):
        if file["url"].startswith("data:") or model.endpoint_id == "mischief/mislabelled":
            continue
        fetched = httpx.get(file["url"], timeout=60)
        assert fetched.status_code == 200
        assert fetched.headers["content-type"] == file["content_type"]
        assert len(fetched.content) == file["file_size"]
        if file["content_type"].startswith("image/"):
            with Image.open(io.BytesIO(fetched.content)) as image:
                assert Image.MIME[str(image.format)] == file["content_type"]
                assert image.size == (file["width"], file["height"])


def test_the_same_seed_makes_the_same_picture_and_another_does_not(http, sandbox):
    def picture(seed: int) -> bytes:
        arguments = {"prompt": "a ridge", "image_size": SMALL, "seed": seed}
        answer = http.post(f"{sandbox.addresses['run']}/sandbox/aurora", json=arguments)
        return http.get(answer.json()["images"][0]["url"]).content

    assert picture(7) == picture(7) != picture(8)


def test_a_recorded_film_is_as_described_and_its_bill_follows_the_duration(http, sandbox):
    body = {"prompt": "dunes", "duration": "3"}
    url = f"{sandbox.addresses['run']}/sandbox/drift/text-to-video"
    answer = http.post(url, json=body)
    film = answer.json()["video"]
    with av.open(io.BytesIO(http.get(film["url"]).content)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (film["width"], film["height"])
        assert (stream.frames, stream.average_rate) == (film["num_frames"], film["fps"])
    assert film["duration"] == film["num_frames"] / film["fps"]
    assert answer.headers["x-fal-billable-units"] == "3"


@pytest.mark.parametrize(
    ("endpoint_id", "field", "kind"),
    [
        ("sandbox/eye", "image_url", "image_load_error"),
        ("murmur/listen", "audio_url", "unsupported_audio_format"),
        ("sandbox/aurora/trainer", "images_data_url", "invalid_archive"),
    ],
)
def test_files_that_are_not_media_are_refused(http, sandbox, endpoint_id, field, kind):
    url = f"{sandbox.addresses['run']}/{endpoint_id}"
    answer = http.post(url, json={field: "data:application/octet-stream;base64,bm90aGluZw=="})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == kind
    assert answer.json()["detail"][0]["loc"] == ["body", field]


def test_every_model_has_exactly_one_thumbnail_of_its_own():
    stills = {path.relative_to(RECORDED).as_posix() for path in RECORDED.rglob("*.webp")}
    assert stills == {f"{model.endpoint_id}.webp" for model in MODELS if model.is_listed}
    films = {path.relative_to(RECORDED).as_posix() for path in RECORDED.rglob("*.mp4")}
    assert films == {f"{endpoint_id}.mp4" for endpoint_id in FILMS}
    contents = [(RECORDED / still).read_bytes() for still in stills]
    assert len({*contents}) == len(contents)
    for content in contents:
        with Image.open(io.BytesIO(content)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (480, 360))
        assert len(content) < 120_000
