"""Lists show small pictures, and a video's still.

Each has the permission and the headers of the file itself.
"""

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image

from catalog.pictures import picture_files
from runs.models import Artifact
from tests.runs.copying import stored_film


@pytest.fixture
def film(settings: Any, tmp_path: Any, make_run: Any) -> Artifact:
    """A stored video with a poster and a thumbnail."""
    settings.MEDIA_ROOT = str(tmp_path)
    small = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(small, "WEBP")
    return stored_film(
        make_run,
        b"\0\0\0\x18ftypmp42" + bytes(5000),
        poster=picture_files.write("a/poster.webp", small.getvalue()),
        thumbnail=picture_files.write("a/thumbnail.webp", small.getvalue()),
    )


@pytest.mark.parametrize("noun", ["poster", "thumbnail"])
def test_thumbnails_are_served_like_the_file(
    member: Client, client: Client, film: Artifact, stranger: User, noun: str
) -> None:
    address = f"{film.get_absolute_url()}{noun}/"
    response = member.get(address)
    assert response.getvalue()[8:12] == b"WEBP"
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert "private" in response["Cache-Control"]
    Artifact.objects.update(**{noun: ""})
    assert member.get(address).status_code == 404
    client.force_login(stranger)
    assert client.get(address).status_code == 404
