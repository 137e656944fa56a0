"""Every icon that a template names is in the sprite."""

import re
from pathlib import Path
from xml.etree import ElementTree

from catalog.templatetags.vitrine import icons
from tests.processes import ROOT

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
