"""What the ZIP for a field has to contain, read from the field's name and description."""

from typing import Any

import pytest

from schemas import build, contract
from schemas.uses.archives import Rules, rules_at
from schemas.uses.inputs import inputs_of
from tests.schemas.uses.trainers import TRAINERS, document, text_property
from tests.tables import each_row


def rules(name: str, document: Any) -> Rules | None:
    root = build(contract(document, name))
    paths = (item.path for item in inputs_of(root) if item.kind == "archive")
    return next((rules_at(root, path, name) for path in paths), None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "fal-ai/flux-lora-fast-training",
            {
                "path": "images_data_url",
                "kinds": ("image",),
                "advised": 4,
                "fewest": 0,
                "has_captions": True,
                "is_of_pairs": False,
            },
        ),
        (
            "fal-ai/flux-2-trainer/edit",
            {
                "path": "image_data_url",
                "is_of_pairs": True,
                "needs_caption": True,
                "most": 0,
                "has_masks": False,
            },
        ),
        (
            "fal-ai/wan-trainer",
            {
                "path": "training_data_url",
                "kinds": ("image", "video"),
                "advised": 10,
            },
        ),
        (
            "acme/voice-trainer",
            {"path": "dataset_url", "kinds": ("audio",), "fewest": 5, "most": 20},
        ),
        ("acme/masked", {"has_masks": True, "kinds": ("image",)}),
        ("acme/no-words", {"path": "audio_data_url", "kinds": ("audio",), "has_captions": False}),
    ],
    ids=["lora", "pairs", "films", "voice", "masked", "no-words"],
)
def test_rules_are_read_from_field_names_and_descriptions(name, expected):
    trainer_rules = rules(name, TRAINERS[name])
    assert trainer_rules is not None
    assert {key: getattr(trainer_rules, key) for key in expected} == expected


def test_only_trainers_have_rules(documents):
    trainers = {name for name in documents if rules(name, documents[name])}
    assert trainers == {"lab/trainer", "sandbox/aurora/trainer"}


LIKE_FAL = (  # name and description of a field, kinds, words of another layout, captions
    ("image_data_url", "URL to the input data zip archive. The zip should contain pairs of images "
     "and corresponding captions, named ROOT.EXT and ROOT.txt", ("image",), "", True),
    ("image_data_url", TRAINERS["fal-ai/flux-2-trainer/edit"]["components"]["schemas"]["Input"][
        "properties"]["image_data_url"]["description"], ("image",), "ROOT_start.EXT", True),
    ("training_data_url", "URL to zip archive with images and/or videos.", ("image", "video"), "",
     False),
    ("training_data_url", "URL to the training data.", ("image",), "", False),
    ("data_url", "URL of a ZIP with videos, captions.jsonl", ("video",), "captions.jsonl", True),
    ("clips", "URL to a zip: before/clip_reference.mp4", ("video",), "clip_reference.mp4", False),
    ("data_url", "A zip with one folder for each speaker.", ("image",), "folder", False),
    ("input_images_url", "URL of a ZIP with photos, no folders, to train a LoRA", ("image",), "",
     False),
)  # fmt: skip


@each_row(("field", "text", "kinds", "layout", "has_captions"), LIKE_FAL)
def test_a_field_for_a_zip_is_told_by_its_name_or_description(
    field, text, kinds, layout, has_captions
):
    root = build(contract(document({field: text_property(text)}, [field]), "lab/model"))
    found = rules_at(root, field)
    assert found, field
    assert (found.path, found.kinds, found.layout, found.has_captions) == (
        field, kinds, layout, has_captions,
    )  # fmt: skip


def test_a_control_of_an_alternative_or_a_row_is_its_field():
    file = {"type": "object", "title": "File", "properties": {"url": {"type": "string"}}}
    text = text_property("URL of a ZIP with videos")
    properties = {"data": {"anyOf": [text, file]}, "data_urls": {"type": "array", "items": text}}
    root = build(contract(document(properties, []), "lab/model"))
    for control, path in (("data~2.url", "data.url"), ("data_urls.0", "data_urls.*")):
        rules = rules_at(root, control)
        assert rules, control
        assert rules.path == path


def test_other_fields_take_no_zip():
    names = {"image_url": "URL of the image to edit, no archive", "data_archive_format": "zip"}
    properties = {name: text_property(text) for name, text in names.items()}
    root = build(contract(document(properties, []), "lab/model"))
    assert [rules_at(root, name) for name in (*names, "", "nothing", "image_url.0")] == [None] * 5
