"""Every model with the smallest, emptiest and outermost inputs: output, or a 422 in fal's words.

Never a 500. Some models are walked, each field with all its values in the first model that has it
and with one in the others; `make test-all` gives every model all of them.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from sandbox.config import Config
from sandbox.contract.openapi import addressed
from sandbox.contract.registry import Model
from sandbox.contract.validation import check
from sandbox.errors import Failure
from sandbox.execution.context import Context
from sandbox.models import MODELS
from sandbox.state import Sandbox
from tests.sampling import IS_EXHAUSTIVE, sample
from tests.sandbox import edges
from tests.sandbox.server import RunningSandbox
from tests.sandbox.test_models import LIGHTER, LIKE_INTERLUDE, output_schema
from tests.sandbox.wire import result, submit

pytestmark = pytest.mark.system  # takes long

FAILS_ON_PURPOSE = {"mischief/fail", "mischief/silent"}
# They take the same inputs as sandbox/aurora, and paint with its code.
PAINTED_BY_AURORA = {f"mischief/{name}" for name in ("big-seed", "censor", "expiring", "inline")}
# They differ from the fast one in their price only.
INTERLUDE = "sandbox/interlude/fast/first-last-frame-to-video"
DIFFERENT = [
    model
    for model in MODELS
    if model.endpoint_id not in FAILS_ON_PURPOSE | PAINTED_BY_AURORA | LIKE_INTERLUDE
]
WALKED = sample(DIFFERENT, 12)
# Each run takes long; their fields are read by code that lighter models share.
HEAVY = {
    *(f"sandbox/drift/{way}" for way in ("image-to-video", "text-to-video")),
    *("mischief/huge", "murmur/tones", "murmur/voice", "workflows/sandbox/storyboard", INTERLUDE),
}


@cache
def fields_of_earlier_models() -> dict[str, set[str]]:
    """By endpoint id, the names of the fields that a model before it has with the same schema."""
    seen: set[str] = set()
    names_by_model = {}
    for model in WALKED:
        fields = {name: edges.identity(name, model) for name in model.input["properties"]}
        names_by_model[model.endpoint_id] = {
            name for name, identity in fields.items() if identity in seen
        }
        seen |= set(fields.values())
    return names_by_model


def cases(model: Model) -> Iterator[edges.Case]:
    """The edge values to try on a model."""
    is_brief = not IS_EXHAUSTIVE and model.endpoint_id in HEAVY
    already_tried = set() if IS_EXHAUSTIVE else fields_of_earlier_models()[model.endpoint_id]
    tried: set[str] = set()
    for name, what, value in edges.cases(model):
        if name in tried and (is_brief or name in already_tried):
            continue
        tried.add(name)
        yield name, what, value


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A sandbox whose models are called directly: a thousand runs over HTTP would take minutes."""
    return Sandbox(Config(tmp_path_factory.mktemp("edges"), key="test-key:secret"))


def small_example(model: Model) -> dict[str, Any]:
    arguments = model.example() | LIGHTER.get(model.endpoint_id, {})
    fields = model.input["properties"]
    if "image_size" in fields and model.category == "text-to-image":
        arguments["image_size"] = {"width": 64, "height": 48}
    if "shape" in fields:
        arguments["shape"] = "terrain"  # the quickest
    for name, schema in fields.items():
        if isinstance(arguments.get(name), str) and (
            file := edges.ordinary(edges.media_kind(name, schema))
        ):
            arguments[name] = file
    return arguments | ({"seed": 7} if "seed" in fields else {})


@pytest.mark.parametrize("model", WALKED, ids=lambda model: model.endpoint_id)
def test_edge_values_give_output_or_a_refusal_that_names_a_field(
    here: Sandbox, model: Model
) -> None:
    promised = Draft202012Validator(output_schema(model, here))  # type: ignore[arg-type]
    base = small_example(model)
    went_well = 0
    for name, what, value in cases(model):
        arguments = addressed(base | {name: value}, here.addresses)
        case = f"{name}: {what}"
        try:
            output = _run(here, model, arguments)
        except Failure as error:
            _is_in_fals_words(error, model, case)
        except Exception as error:
            raise AssertionError(f"{case}: a 500") from error
        else:
            promised.validate(output)
            json.dumps(output, allow_nan=False)
            went_well += 1
    assert went_well or not list(edges.cases(model))


def _run(here: Sandbox, model: Model, arguments: Any) -> Any:
    context = Context(
        here.files, lambda *_: None, pace=0, asset=here.gallery.asset_at, find=here.registry.get
    )
    context.hurry()
    with warnings.catch_warnings():  # a division by nothing makes a picture of nothing
        warnings.simplefilter("error", RuntimeWarning)
        return model.load()(check(model, arguments), context)


def _is_in_fals_words(error: Failure, model: Model, case: str) -> None:
    body = error.body()["detail"]
    assert error.status == 422, case
    assert error.headers()["X-Fal-Error-Type"], case
    for item in body:
        assert item["msg"], case
        assert item["type"], case
        # Of another field, where the two do not go together: a tolerance at which nothing stands
        # out.
        assert item["loc"][0] == "body", case
        assert set(item["loc"][1:2]) <= model.input["properties"].keys(), f"{case}: {item['loc']}"


ACCEPTED = [
    ("sandbox/eye", "image_url", "1x1"),
    ("sandbox/eye", "image_url", "1x4096"),
    ("sandbox/eye/json", "image_url", "4096x1"),
    ("sandbox/relief", "image_url", "1x1"),
    ("comfy/sandbox/collage/run", "image_urls", "one: 1x64"),
    ("sandbox/lens", "image_url", "8x8"),
    ("sandbox/lens/upscale", "image_url", "8x8"),
    ("sandbox/lens/inpaint", "mask_url", "8x8"),
    ("sandbox/aurora/image-to-image", "image_url", "8x8"),
    ("sandbox/aurora", "image_size", "width: 1"),
    ("atelier/contour", "image_size", "height: 1"),
    ("atelier/papercut", "image_size", "width: 1"),
    ("atelier/letterpress", "image_size", "height: 1"),
    ("sandbox/drift/video-to-video", "video_url", "one frame of 1x1"),
    ("sandbox/drift/video-to-video", "video_url", "1 wide"),
    ("sandbox/eye/video", "video_url", "one frame"),
    ("murmur/foley", "video_url", "one frame"),
    ("murmur/listen", "audio_url", "8000 samples"),
    ("sandbox/ledger", "text", "empty"),
    ("sandbox/aurora", "loras", "no items"),
    ("sandbox/relief/remesh", "model_url", "a triangle"),
    ("sandbox/relief/text-to-3d", "shape", "planet"),  # took 20 GB
]


@pytest.mark.parametrize(("endpoint_id", "field", "what"), ACCEPTED)
def test_small_valid_values_succeed(here: Sandbox, endpoint_id: str, field: str, what: str) -> None:
    model = next(model for model in MODELS if model.endpoint_id == endpoint_id)
    values = [
        value for name, case_name, value in edges.cases(model) if (name, case_name) == (field, what)
    ]
    assert values, "no such case"
    for value in values:
        assert _run(here, model, addressed(small_example(model) | {field: value}, here.addresses))


REFUSED = [
    ("sandbox/lens", "1x1", "image_too_small"),
    ("sandbox/drift/image-to-video", "1x4096", "image_too_small"),
    ("sandbox/eye", "an empty file", "image_load_error"),
    ("sandbox/eye", "empty", "file_download_error"),
]


@pytest.mark.parametrize(("endpoint_id", "what", "kind"), REFUSED)
def test_too_small_or_empty_values_are_refused_at_their_field(
    here: Sandbox, endpoint_id: str, what: str, kind: str
) -> None:
    model = next(model for model in MODELS if model.endpoint_id == endpoint_id)
    value = (edges.pictures() | edges.NO_FILES)[what]
    with pytest.raises(Failure) as caught:
        _run(here, model, {**addressed(small_example(model), here.addresses), "image_url": value})
    assert (caught.value.status, caught.value.error_type) == (422, kind)
    assert caught.value.body()["detail"][0]["loc"] == ["body", "image_url"]


@pytest.mark.parametrize(
    ("endpoint_id", "field", "content_type", "uri", "status"),
    [
        ("sandbox/eye", "image_url", "image/png", edges.picture(1, 1), 200),
        ("sandbox/lens", "image_url", "image/png", edges.picture(1, 1), 422),
        ("sandbox/relief", "image_url", "image/png", edges.picture(1, 64), 200),
        ("murmur/listen", "audio_url", "audio/wav", edges.sound(1), 422),
        ("murmur/listen", "audio_url", "audio/wav", edges.sound(8000), 200),
        ("sandbox/drift/video-to-video", "video_url", "video/mp4", edges.film(1, 2, 2), 200),
        ("sandbox/eye", "image_url", "image/png", "data:image/png;base64,", 422),
    ],
)
def test_an_uploaded_file_of_edge_size_runs_through_the_queue(
    http: httpx.Client,
    sandbox: RunningSandbox,
    endpoint_id: str,
    field: str,
    content_type: str,
    uri: str,
    status: int,
) -> None:
    place = http.post(
        f"{sandbox.addresses['rest']}/storage/upload/initiate",
        json={"content_type": content_type, "file_name": "edge.bin"},
    ).json()
    content = base64.b64decode(uri.partition(",")[2])
    put = httpx.put(place["upload_url"], content=content, headers={"Content-Type": content_type})
    assert put.status_code == 200
    handle = submit(http, sandbox, endpoint_id, {field: place["file_url"]})
    answer = result(http, handle)
    assert answer.status_code == status, answer.text[:300]
    if status == 422:
        assert answer.json()["detail"][0]["loc"] == ["body", field]
