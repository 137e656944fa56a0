"""A run's settings: changed ones first, by the form's labels, and files as pictures with names."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from playground.display.result.inputs import still_of_input
from playground.display.result.settings import settings_of
from runs.models import Upload


@pytest.fixture
def photo(user: Any) -> Upload:
    """A picture that somebody uploaded."""
    return Upload.objects.create(
        user=user,
        digest="0" * 64,
        file="0.png",
        file_name="my photo.png",
        content_type="image/png",
        size_bytes=1,
        project=user.private_project,
    )


def test_changed_settings_come_first_by_the_labels_of_the_form(flux: Any, make_run: Any) -> None:
    arguments = {
        "prompt": "a fox",
        "guidance_scale": 9,
        "image_size": {"width": 640, "height": 480},
        "num_images": 1,
        "unknown": {"a": [1, 2], "b": None},
    }
    settings = settings_of(make_run(endpoint=flux, arguments=arguments))
    changed = {row.label: row.text for row in settings.changed}
    assert changed["Image size"] == "640 × 480"
    assert changed["unknown.a"] == "1, 2"
    assert not any("a fox" in row.text for row in settings.changed)
    assert "Number of images" in {row.label for row in settings.defaults}
    assert not {row.label for row in settings.defaults} & set(changed)


@pytest.mark.parametrize("arguments", [[], "text", {}, {"a": []}, {"loras": [{"path": "x"}]}])
def test_any_input_has_settings(flux: Any, make_run: Any, arguments: Any) -> None:
    settings_of(make_run(endpoint=flux, arguments=arguments))


def test_addresses_of_files_are_pictures_and_names(
    member: Client, make_endpoint: Any, documents: dict[str, Any], make_run: Any, photo: Upload
) -> None:
    name = "fal-ai/bytedance/seedream/v4/edit"
    edit = make_endpoint(name, documents[name])
    arguments = {
        "prompt": "a fox",
        "image_urls": [photo.get_absolute_url(), "https://v3.fal.media/files/b.png"],
    }
    run = make_run(endpoint=edit, arguments=arguments, state="running")
    (row,) = (row for row in settings_of(run).changed if row.files)
    assert [file.name for file in row.files] == ["my photo.png", "b.png at v3.fal.media"]
    assert [file.still for file in row.files] == [photo.get_absolute_url(), ""]
    assert still_of_input(run) == photo.get_absolute_url()
    page = member.get(run.get_absolute_url()).content.decode()
    assert 'class="veiled"' in page
    aside = page[page.index("run-settings") : page.index("Input as JSON")]
    assert ">/uploads/" not in aside
