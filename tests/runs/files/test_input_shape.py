"""The shape of a run's input: of our uploads and results, not of masks or strangers' files."""

import uuid
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from PIL import Image

from runs.files import input_shape, stored_files
from runs.models import Artifact, Upload
from tests.schemas.strategies import document


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    input_shape._known.clear()


def upload(user: User, width: int, height: int) -> str:
    """Return the address of a stored picture."""
    file = BytesIO()
    Image.new("RGB", (width, height)).save(file, "PNG")
    stored_file = stored_files.store(file)
    row = Upload.objects.create(
        user=user,
        digest=stored_file.digest,
        file=stored_file.name,
        file_name="a.png",
        content_type=stored_file.content_type,
        size_bytes=stored_file.size_bytes,
        width=stored_file.width,
        height=stored_file.height,
    )
    return row.get_absolute_url()


def result(run: Any, **size: int) -> str:
    """Return the address of a run's picture."""
    artifact = Artifact.objects.create(run=run, position=0, path="x", kind="image", url="", **size)
    return artifact.get_absolute_url()


def test_the_size_of_an_upload_is_read_once(user, django_assert_num_queries):
    address = upload(user, 300, 700)
    with django_assert_num_queries(1):
        for _ in range(3):
            assert input_shape.shape_of_input({"image_url": address}) == (300, 700)


def test_a_result_gives_its_size_once_measured(make_run):
    address = result(make_run())
    assert input_shape.shape_of_input({"image_urls": [address]}) is None
    Artifact.objects.update(width=640, height=480)
    assert input_shape.shape_of_input({"image_urls": [address]}) == (640, 480)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        None,
        [],
        {},
        {"image_url": "https://elsewhere.example/a.png"},
        {"image_url": f"/uploads/{uuid.UUID(int=7)}/a.png"},
        {"image_url": f"/runs/{uuid.UUID(int=7)}/artifacts/0/"},
        {"image_url": {"url": 3}},
    ],
)
def test_other_inputs_give_no_shape(arguments):
    assert input_shape.shape_of_input(arguments) is None


def test_the_form_prices_an_upscaled_upload(member, user, make_endpoint):
    schema = {
        "type": "object",
        "properties": {
            "image_url": {"type": "string"},
            "upscale_factor": {"type": "number", "default": 2},
        },
    }
    make_endpoint(
        "a/upscaler",
        document(schema),
        unit_price_usd="0.01",
        price_unit="megapixels",
        currency="USD",
        facts=["out:image"],
    )
    address = upload(user, 1000, 1000)
    price = member.post("/drafts/a/upscaler/", {"image_url": address}).json()["cost"]
    assert price["words"] == "about $0.04"
    assert price["lines"] == ["4 MP (the input × 2) × $0.01"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_a_rotated_picture_is_measured_as_displayed(kind, orientation):
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112] = orientation
    Image.new("RGB", (80, 60)).save(file, kind, exif=exif)
    is_turned = orientation >= 5 and kind != "WEBP"  # browsers ignore it there
    size = (60, 80) if is_turned else (80, 60)
    assert stored_files.dimensions(file) == size
    stored = stored_files.store(file, f"image/{kind.lower()}")
    assert (stored.width, stored.height) == size or kind == "TIFF"
