"""The front page offers what some model can do; each offer links to models that can do it."""

from __future__ import annotations

from catalog.display import operations


def test_an_operation_is_offered_if_some_model_does_it() -> None:
    tiles = operations.tiles({"text-to-image": ["a.webp"], "image-to-image": ["b.webp", "c.webp"]})
    assert [(tile.label, tile.address, tile.picture) for tile in tiles] == [
        ("Make a picture", "/compare/new/?operation=make-a-picture", "a.webp"),
        ("Change a picture", "/compare/new/?operation=change-a-picture", "b.webp"),
        ("Upscale", "/compare/new/?operation=upscale", "c.webp"),
    ]
    assert operations.BY_SLUG["upscale"].list_address == "/models/?q=does%3Aupscale"


def test_operations_are_offered_without_pictures_until_there_are_some() -> None:
    tiles = operations.tiles({"image-to-image": []})
    assert [tile.label for tile in tiles] == ["Change a picture", "Upscale", "Remove a background"]


def test_nothing_is_offered_of_an_empty_catalogue() -> None:
    assert operations.tiles({}) == []
