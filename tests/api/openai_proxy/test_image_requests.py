"""OpenAI's image calls as arguments of models: prompt, files, number, size and quality."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from api import tokens
from api.http.problem import Problem
from api.openai_proxy.image_requests import parse_image_request
from catalog.models import Endpoint
from runs.models import Run, Upload
from tests.runs.results_to_use import document
from tests.tables import each_row

pytestmark = pytest.mark.django_db

TEXT = {"type": "string"}
PROMPT = {"prompt": TEXT}
PRESETS = {
    "anyOf": [
        {"enum": ["square_hd", "landscape_16_9"], "type": "string"},
        {
            "type": "object",
            "properties": {
                side: {"type": "integer", "maximum": 2048} for side in ("width", "height")
            },
        },
    ]
}
RATIO = {"type": "string", "enum": ["1:1", "16:9"]}
COUNT = {"type": "integer", "minimum": 1, "maximum": 4}
QUALITY = {"type": "string", "enum": ["low", "high"]}


@pytest.fixture
def make(make_endpoint: Any) -> Any:
    def build(inputs: dict[str, Any], required: tuple[str, ...] = ("prompt",)) -> None:
        make_endpoint("a/model", document(inputs, "image", required), facts=["out:image"])

    return build


@pytest.mark.parametrize(
    ("inputs", "body", "arguments"),
    [
        ({"image_size": PRESETS}, {"size": "1024x1024"}, {"image_size": "square_hd"}),
        ({"image_size": PRESETS}, {"size": "800x600"},
         {"image_size": {"width": 800, "height": 600}}),
        ({"aspect_ratio": RATIO}, {"size": "1792x1024"}, {"aspect_ratio": "16:9"}),
        ({"width": COUNT | {"maximum": 2048}, "height": COUNT | {"maximum": 2048}},
         {"size": "512x768"}, {"width": 512, "height": 768}),
        ({"num_images": COUNT}, {"n": 3}, {"num_images": 3}),
        ({"num_images": COUNT}, {"n": "3"}, {"num_images": 3}),
        ({"quality": QUALITY}, {"quality": "high"}, {"quality": "high"}),
        ({}, {"n": 1, "size": "auto", "quality": "auto", "user": "u-1", "stream": False}, {}),
    ],
)  # fmt: skip
def test_size_number_and_quality_are_written_as_the_schema_has_them(make, inputs, body, arguments):
    make(PROMPT | inputs)
    wanted = parse_image_request({"model": "a/model", "prompt": "a fox"} | body)
    assert wanted.arguments == {"prompt": "a fox"} | arguments
    assert not wanted.wants_data


@pytest.mark.parametrize(
    ("inputs", "body", "parameter"),
    [
        ({"aspect_ratio": RATIO}, {"size": "1024x1536"}, "size"),
        ({}, {"size": "1024x1024"}, "size"),
        ({}, {"n": 2}, "n"),
        ({"num_images": COUNT}, {"n": 9}, "n"),
        ({"quality": QUALITY}, {"quality": "hd"}, "quality"),
        ({}, {"background": "transparent"}, "background"),
        ({}, {"response_format": "png"}, "response_format"),
        ({}, {"stream": True}, "stream"),
        ({}, {"prompt": ""}, "prompt"),
        ({}, {"model": "a/nothing"}, "model"),
        ({"image_url": TEXT}, {}, "image_url"),
    ],
)
def test_what_the_model_cannot_take_is_named(make, inputs, body, parameter):
    make(PROMPT | inputs, ("prompt", *(name for name in inputs if name == "image_url")))
    with pytest.raises(Problem) as refused:
        parse_image_request({"model": "a/model", "prompt": "a fox"} | body)
    assert refused.value.as_openai_error()["error"]["param"] == parameter


def test_pictures_and_a_mask_go_where_the_model_takes_them(make):
    make(PROMPT | {"image_urls": {"type": "array", "items": TEXT}, "mask_url": TEXT})
    body = {"model": "a/model", "prompt": "a fox", "response_format": "b64_json"}
    wanted = parse_image_request(body, ["/uploads/1/", "/uploads/2/"], ["/uploads/3/"])
    assert wanted.arguments["image_urls"] == ["/uploads/1/", "/uploads/2/"]
    assert wanted.arguments["mask_url"] == "/uploads/3/"
    assert wanted.wants_data


MANY = {"type": "array", "items": TEXT}
A, B, C = (f"https://example.com/{name}.png" for name in "abc")


@each_row(
    "inputs, pictures, arguments",
    [
        ({"image_urls": MANY}, {"images": [{"image_url": A}, {"image_url": B}]},
         {"image_urls": [A, B]}),
        ({"image_urls": MANY}, {"image": [A, {"image_url": {"url": B}}]}, {"image_urls": [A, B]}),
        ({"image_url": TEXT}, {"image": A}, {"image_url": A}),
        ({"image_url": TEXT}, {"image": [A, A]}, {"image_url": A}),
        ({"image_url": TEXT, "image_urls": MANY}, {"images": [A, B, C]}, {"image_urls": [A, B, C]}),
        ({"image_url": TEXT, "reference_image_urls": MANY | {"maxItems": 2}}, {"images": [A, B, C]},
         {"image_url": A, "reference_image_urls": [B, C]}),
        ({"image_url": TEXT, "mask_url": TEXT}, {"image": A, "mask": {"image_url": B}},
         {"image_url": A, "mask_url": B}),
        ({"image_url": TEXT}, {"image": "data:image/png;base64,AA=="},
         {"image_url": "data:image/png;base64,AA=="}),
    ],
)  # fmt: skip
def test_pictures_of_json_go_into_the_lists_that_take_them(inputs, pictures, arguments, make):
    Endpoint.objects.all().delete()
    make(PROMPT | inputs)
    caller = {"service_tier": "flex", "user": "u-1", "metadata": {"a": "b"}, "store": False}
    body = {"model": "a/model", "prompt": "a fox"} | pictures | caller
    assert parse_image_request(body).arguments == {"prompt": "a fox"} | arguments


@each_row("pictures", [{"image": 7}, {"images": [{"file_id": "f"}]}, {"mask": {"image_url": ""}}])
def test_what_names_no_picture_is_refused(pictures, make):
    Endpoint.objects.all().delete()
    make(PROMPT | {"image_url": TEXT})
    with pytest.raises(Problem) as refused:
        parse_image_request({"model": "a/model", "prompt": "x"} | pictures)
    assert refused.value.as_openai_error()["error"]["param"] in pictures


def test_the_parts_of_a_form_may_be_numbered(make, user):
    make(PROMPT | {"image_urls": MANY})
    _, secret = tokens.create(user, "t", ["run"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    parts = {f"image[{n}]": picture(n) for n in (10, 1, 0)} | {"image": picture(20)}
    form = {"model": "a/model", "prompt": "a fox", "service_tier": "auto"} | parts
    client.post("/api/openai/v1/images/edits", form)
    keys = [address.split("/")[2] for address in Run.objects.get().arguments["image_urls"]]
    uploads = [Upload.objects.get(pk=key) for key in keys]
    assert [upload.file_name for upload in uploads] == ["20.png", "0.png", "1.png", "10.png"]


def test_more_pictures_than_any_model_takes_are_not_stored(user):
    _, secret = tokens.create(user, "t", ["run"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    form = {"model": "a/model", "image": [picture(number) for number in range(51)]}
    response = client.post("/api/openai/v1/images/edits", form)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "image"
    assert not Upload.objects.exists()


def picture(number: int) -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 0, 0)).save(content, "PNG")
    return SimpleUploadedFile(f"{number}.png", content.getvalue(), "image/png")


def test_a_second_picture_is_not_left_out(make):
    make(PROMPT | {"image_url": TEXT})
    with pytest.raises(Problem, match="does not take 2 files"):
        parse_image_request({"model": "a/model", "prompt": "x"}, ["/uploads/1/", "/uploads/2/"])
