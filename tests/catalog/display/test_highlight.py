"""Matching words are highlighted in place, and texts stay escaped.

The front page offers what some model can do; each offer links to models that can do it.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from catalog.display import operations
from catalog.display.highlight import highlighter
from catalog.search.matching import QueryMatches
from catalog.templatetags.vitrine import icons
from tests.processes import ROOT
from tests.tables import each_row


def mark_words(used: tuple[str, ...], text: str, alike: tuple[str, ...] = ()) -> str:
    mark = highlighter(QueryMatches({}, used, alike=alike))
    assert mark is not None
    return mark.in_text(text)


@each_row(
    ("used", "text", "result"),
    [
        (("kling",), "Kling Video", "<mark>Kling</mark> Video"),
        (("kli",), "Kling Video", "<mark>Kli</mark>ng Video"),
        (("ling",), "Kling", "Kling"),
        (("nanobanana",), "Nano Banana", "<mark>Nano Banana</mark>"),
        (("2.1",), "kling-video/v2.1", "kling-video/<mark>v2.1</mark>"),
        (("2.1",), "Wan 2.14", "Wan 2.14"),
        (("upscaler",), "Upscaling", "<mark>Upscal</mark>ing"),
        (("flux1.1pro",), "FLUX1.1 [pro]", "<mark>FLUX1.1 [pro</mark>]"),
        (("b",), "<b>&", "&lt;<mark>b</mark>&gt;&amp;"),
    ],
)
def test_matching_words_are_highlighted(used: tuple[str, ...], text: str, result: str) -> None:
    assert mark_words(used, text) == result


def test_synonyms_are_highlighted_too() -> None:
    text = "Super-Resolution of pictures"
    assert mark_words(("upscale",), text, ("super resolution",)).startswith(
        "<mark>Super-Resolution</mark>"
    )


def test_an_excerpt_shows_the_first_match() -> None:
    mark = highlighter(QueryMatches({}, ("needle",)))
    assert mark is not None
    excerpt = mark.in_excerpt("hay " * 60 + "needle " + "hay " * 60, 64)
    assert "<mark>needle</mark>" in excerpt
    assert excerpt.startswith("…")
    assert excerpt.endswith("…")
    assert len(re.sub("<[^>]*>", "", excerpt)) <= 66


@given(st.lists(st.text(max_size=20), max_size=4), st.text(max_size=200))
def test_highlighting_escapes_and_keeps_all_text(used: list[str], text: str) -> None:
    mark = highlighter(QueryMatches({}, tuple(used)))
    if mark is None:
        return
    markup = mark.in_text(text)
    bare = markup.replace("<mark>", "").replace("</mark>", "")
    assert not set(bare) & set("<>\"'")
    assert unescape(bare) == text or "&" in text
    assert "<mark></mark>" not in markup


_SVG = "{http://www.w3.org/2000/svg}"
_NAMED = re.compile(r"""{% icon ["']([a-z-]+)["'] %}|icon\("([a-z-]+)"\)""")


def test_every_icon_of_the_sprite_has_its_shapes() -> None:
    symbols = ElementTree.parse(ROOT / "static/icons.svg").getroot().findall(f"{_SVG}symbol")
    assert [symbol.get("id") for symbol in symbols] == list(icons())
    for symbol, markup in zip(symbols, icons().values(), strict=True):
        drawn = ElementTree.fromstring(markup)
        assert drawn.get("aria-hidden") == "true"
        assert drawn.get("viewBox") == symbol.get("viewBox")
        shapes = [(shape.tag.removeprefix(_SVG), shape.attrib) for shape in symbol]
        assert [(shape.tag, shape.attrib) for shape in drawn] == shapes


def test_every_icon_named_in_a_template_exists() -> None:
    templates: list[Path] = [*(ROOT / "templates").rglob("*.html")]
    templates += (ROOT / "templates").rglob("*.jinja")
    named = {
        quoted or other_quoted
        for file in templates
        for quoted, other_quoted in _NAMED.findall(file.read_text())
    }
    assert len(named) > 10
    assert named <= set(icons())


def test_an_operation_is_offered_if_some_model_does_it() -> None:
    tiles = operations.tiles({"text-to-image": ["a.webp"], "image-to-image": ["b.webp", "c.webp"]})
    assert [(tile.label, tile.address, tile.picture) for tile in tiles] == [
        ("Make a picture", "/compare/new/?operation=make-a-picture", "a.webp"),
        ("Change a picture", "/compare/new/?operation=change-a-picture", "b.webp"),
        ("Upscale", "/compare/new/?operation=upscale", "c.webp"),
    ]
    assert operations.BY_SLUG["upscale"].list_address == "/models/?q=upscale+a+picture"


def test_operations_are_offered_without_pictures_until_there_are_some() -> None:
    tiles = operations.tiles({"image-to-image": []})
    assert [tile.label for tile in tiles] == ["Change a picture", "Upscale", "Remove a background"]


def test_nothing_is_offered_of_an_empty_catalogue() -> None:
    assert operations.tiles({}) == []
