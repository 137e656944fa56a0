"""What plain sentences ask for, and which models do it."""

from pathlib import Path

import pytest

from catalog.display import operations
from catalog.filters.operations import OPERATIONS, done_by, read_request

SENTENCES = [
    line.split(" | ")
    for line in Path(__file__).with_name("sentences.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_the_verb_and_what_is_asked_for_decide_and_the_scene_does_not():
    read = {sentence: read_request(sentence).operation.slug for sentence, _ in SENTENCES}
    assert [*read.items()] == [(sentence, operation) for sentence, operation in SENTENCES]
    assert len(SENTENCES) > 50


@pytest.mark.parametrize(
    ("sentence", "kind", "operation"),
    [
        ("make it blue", "image", "change-a-picture"),
        ("a film of waves", "image", "animate-a-picture"),
        ("a film of waves", "video", "change-a-film"),
        ("4k, sharper", "video", "upscale-a-film"),
        ("as a vector", "image", "vector-from-a-picture"),
        ("", "audio", "clean-a-recording"),
        ("a poem", "image", "describe-a-picture"),
        ("a jingle", "image", "music-and-sound"),
    ],
)
def test_an_attached_file_counts_as_an_own_one(sentence, kind, operation):
    assert read_request(sentence, [kind]).operation.slug == operation


def test_quoted_words_are_shown_or_said_and_not_understood():
    read = read_request("a poster with the words “upscale my video”")
    assert (read.operation.slug, read.is_said, read.files) == ("make-a-picture", True, frozenset())


def test_a_sentence_without_a_verb_or_a_thing_is_a_picture():
    assert not read_request("waves at night").is_said
    assert not read_request("").is_said


@pytest.mark.parametrize(
    ("category", "name", "operations"),
    [
        ("image-to-image", "fal-ai/drct-super-resolution DRCT-Super-Resolution", ["upscale"]),
        ("image-to-image", "fal-ai/flux-kontext/dev FLUX.1 Kontext [dev]", ["change-a-picture"]),
        ("image-to-image", "fal-ai/bria/background/remove", ["remove-a-background"]),
        ("video-to-video", "fal-ai/latentsync LatentSync", ["lip-sync-a-film"]),
        ("video-to-audio", "mirelo-ai/sfx-v1.5/video-to-audio", ["add-sound-to-a-film"]),
        ("text-to-audio", "fal-ai/kokoro/hindi Kokoro TTS (Hindi)", ["speak"]),
        ("text-to-audio", "fal-ai/stable-audio Stable Audio Open", ["music-and-sound"]),
        ("text-to-speech", "fal-ai/vibevoice/0.5b Vibevoice", ["speak"]),
        ("text-to-image", "fal-ai/recraft-v3 Recraft v3", ["make-a-vector", "make-a-picture"]),
        ("training", "fal-ai/flux-2-trainer/edit", []),
        ("", "", []),
    ],
)
def test_a_model_does_what_its_category_and_name_say(category, name, operations):
    assert done_by(category, name) == operations


def test_each_operation_can_be_reached_and_leads_to_operations():
    reached = {slug for operation in OPERATIONS.values() for slug in operation.given.values()}
    assert reached <= OPERATIONS.keys()
    for slug, operation in OPERATIONS.items():
        assert operation.says or operation.heads or slug in reached, slug
        assert operation.categories or operation.entirely, slug


def test_an_operation_is_offered_if_some_model_does_it():
    tiles = operations.tiles({"text-to-image": ["a.webp"], "image-to-image": ["b.webp", "c.webp"]})
    assert [(tile.label, tile.address, tile.picture) for tile in tiles] == [
        ("Make a picture", "/compare/new/?operation=make-a-picture", "a.webp"),
        ("Change a picture", "/compare/new/?operation=change-a-picture", "b.webp"),
        ("Upscale", "/compare/new/?operation=upscale", "c.webp"),
    ]
    assert operations.BY_SLUG["upscale"].list_address == "/models/?q=does%3Aupscale"
