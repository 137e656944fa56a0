"""Files that browsers do not show: stored at once, named, and never loaded into a tile."""

from typing import Any

import pytest
from django.test import Client

from runs.models import Artifact
from tests.documents import with_case
from tests.runs.copying import copy
from tests.runs.files.media.test_probe_program import PICTURES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system, pytest.mark.any_database]

MIDI = b"MThd\0\0\0\6\0\0\0\1\0`MTrk\0\0\0\4\0\xff\x2f\0"


def pages(member: Client, row: Artifact) -> tuple[str, str]:
    """Return the run's page and the wall."""
    addresses = row.run.get_absolute_url(), "/runs/?as=wall"
    page, wall = (member.get(address).content.decode() for address in addresses)
    return page, wall


@pytest.mark.parametrize(
    ("name", "kind", "own", "file_name", "content_type"),
    [
        ("170-picture.exr", "image", PICTURES["OpenEXR"][0], "", "image/x-exr"),
        ("165-picture.tiff", "image", PICTURES["TIFF"][0], "", "image/tiff"),
    ],
)
def test_a_copy_of_a_picture_is_shown_and_the_file_downloaded(
    member: Client,
    artifact: Any,
    name: str,
    kind: str,
    own: bytes,
    file_name: str,
    content_type: str,
) -> None:
    for case in with_case(name, own):
        row = copy(artifact("image", content_type=content_type), case)
        assert (row.state, row.kind, row.error) == ("stored", "image", "")
        page, wall = pages(member, row)
        address = row.get_absolute_url()
        assert f'src="{address}poster/"' in page
        assert f"Not every browser shows {row.format}" in page
        assert f'href="{address}?download"' in page
        assert f'src="{address}thumbnail/"' in wall
        assert f'src="{address}"' not in page + wall


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("audio/midi", MIDI),
        ("image/jxl", b"\xff\x0a\xd8\xc1\x01\0\x13\x88"),
        ("image/x-unheard-of", b"\x89\xff\0\1" * 50),
    ],
)
def test_a_format_without_a_preview_is_stored_at_once(
    member: Client, artifact: Any, content_type: str, content: bytes
) -> None:
    row = copy(artifact(content_type.partition("/")[0], content_type=content_type), content)
    assert (row.state, row.kind, row.error) == ("stored", "file", "")
    page, _ = pages(member, row)
    assert "no preview" in page
    assert f'href="{row.get_absolute_url()}?download"' in page
