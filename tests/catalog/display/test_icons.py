"""Every icon that a template names is in the sprite."""

import re
from pathlib import Path

from catalog.templatetags.vitrine import icons
from tests.processes import ROOT

_NAMED = re.compile(r"""{% icon ["']([a-z-]+)["'] %}|icon\("([a-z-]+)"\)""")


def test_every_icon_named_in_a_template_exists():
    templates: list[Path] = [*(ROOT / "templates").rglob("*.html")]
    templates += (ROOT / "templates").rglob("*.jinja")
    named = {
        quoted or other_quoted
        for file in templates
        for quoted, other_quoted in _NAMED.findall(file.read_text())
    }
    assert len(named) > 10
    assert named <= set(icons())
