"""Renders the Markdown of models as safe HTML."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.html import escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

# A text's Markdown may become this many times its length in HTML, plus a constant; a text whose
# HTML is longer is shown as plain text.
MAX_FACTOR, MAX_EXTRA = 8, 2000
MAX_CELLS = 20_000  # of a text's tables: each row gets as many cells as the widest line has
# Line breaks are kept: models end lines on purpose in poems, captions and transcripts.
_OPTIONS = {"html": False, "linkify": False, "breaks": True}


def markdown(text: str) -> str:
    """Return safe HTML of Markdown; the plain text if the HTML would be much longer."""
    html = str(_parser().render(text)) if _cell_count(text) <= MAX_CELLS else None
    if html is None or len(html) > MAX_FACTOR * len(text) + MAX_EXTRA:  # e.g. a wide table
        html = f"<pre>{escape(text)}</pre>"
    return html


def _cell_count(text: str) -> int:
    lines = text.splitlines()
    return len(lines) * max((line.count("|") for line in lines), default=0)


@cache
def _parser() -> MarkdownIt:
    """Import and build the parser at the first use: most processes never render Markdown."""
    from markdown_it import MarkdownIt

    from playground.display.markdown_rules import Inline

    parser = MarkdownIt("commonmark", _OPTIONS)
    parser.inline = Inline()
    parser.configure("commonmark", _OPTIONS)  # the new parser's rules too
    parser.disable("image").enable(["table", "strikethrough"])
    parser.inline.ruler.enable("formula")
    for rule in ("th_open", "td_open"):
        parser.add_render_rule(rule, _cell)
    return parser


def _cell(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    """Render a table cell with its alignment as an attribute: the CSP forbids inline style."""
    style = str(tokens[index].attrs.pop("style", ""))
    if style.startswith("text-align:"):
        tokens[index].attrs["align"] = style.removeprefix("text-align:")
    return str(self.renderToken(tokens, index, options, env))
