"""Each kind of result has a template for every size that a page uses."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import select_template

from playground.templatetags.results import result
from runs.file_kinds import KINDS

PAGES = [*Path(settings.BASE_DIR, "templates").rglob("*.html")]
ASKED = {sizes for page in PAGES for sizes in re.findall(r'\|result:"([^"]+)"', page.read_text())}


@pytest.mark.parametrize("kind", [*KINDS, "lost", "text", ""])
def test_every_size_that_a_page_asks_for_has_a_template(kind):
    assert {"stage media", "tile", "face", "small media", "tools"} <= ASKED
    for sizes in ASKED - {"controls"}:  # only results that play have controls
        select_template(result(kind, sizes))


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.is_played])
def test_what_is_played_has_controls(kind):
    select_template(result(kind, "controls"))
