"""The icon set of `static/icons.svg`; pages contain the icons inline."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe

_SYMBOL = re.compile(r'<symbol id="([a-z-]+)" viewBox="([\d ]+)">(.*)</symbol>')


@cache
def icons() -> dict[str, SafeString]:
    """Return the markup of every icon by its name.

    Icons are inline because a browser draws a `<use>` of another file one frame after the button
    around it, and then styles and lays out that part of the page a second time.
    """
    source = Path(str(finders.find("icons.svg"))).read_text()
    return {
        name: mark_safe(  # noqa: S308  our own file
            f'<svg class="icon" data-icon="{name}" viewBox="{view_box}" aria-hidden="true">'
            f"{shapes}</svg>"
        )
        for name, view_box, shapes in _SYMBOL.findall(source)
    }
