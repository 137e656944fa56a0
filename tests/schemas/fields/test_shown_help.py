"""A form shows no help that only repeats the label of its field."""

from __future__ import annotations

import pytest

from schemas.fields.field import Field


@pytest.mark.parametrize(
    ("label", "description", "is_shown"),
    [
        ("Prompt", "The prompt to generate an image from.", False),
        ("Image size", "The size of the generated image.", False),
        ("Number of images", "The number of images to generate.", False),
        ("Video", "The video to use as input", False),
        ("Seed", "The same seed and the same prompt give the same image.", True),
        ("Prompt", "The prompt, in English.", True),
        ("Strength", "How strong the change is, from 0 to 1.", True),
    ],
)
def test_help_that_repeats_its_label_is_not_shown(
    label: str, description: str, is_shown: bool
) -> None:
    field = Field(kind="string", label=label, help=description)
    assert field.shown_help == (description if is_shown else "")
    assert Field(kind="string", label=label, help=description, more="More.").shown_help
