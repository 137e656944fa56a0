"""Loads templates without their indentation, so that formatted sources make small pages.

A line break with the spaces around it is dropped at the edge of a block element, where HTML ignores
it, and is one space elsewhere. `<pre>` and `<textarea>` keep theirs.
"""

from __future__ import annotations

import re

from django.template import Origin
from django.template.loaders import filesystem
from jinja2.ext import Extension

# Browsers ignore spaces at the edges of these (HTML, "Rendering", flow content and tables).
_BLOCKS = (
    "article|aside|blockquote|body|datalist|details|dialog|div|dl|fieldset|figcaption|figure|footer"
    "|form|h[1-6]|head|header|hr|html|legend|li|link|main|meta|nav|ol|optgroup|option|p|pre|script"
    "|section|source|summary|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|track|ul"
)
# Inside these too, but a space around them counts: buttons are inline, and so are terms by our CSS.
_EDGED_INSIDE = f"{_BLOCKS}|button|dd|dt|select"
_COMMENT = re.compile(r"(?:\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\})\s*", re.DOTALL)
_VERBATIM = re.compile(r"(<pre\b.*?</pre>|<textarea\b.*?</textarea>)", re.DOTALL)
_BEFORE_EDGE = re.compile(
    rf"""\s*\n\s*(?=</?(?:{_BLOCKS})\b|</(?:{_EDGED_INSIDE})>|/?>|")|(?<==")\s*\n\s*"""
)
_LINE_BREAK = re.compile(r"\s*\n\s*")
_ATTRIBUTES = r"(?>\{[{%].*?[%}]\}|[^<>])*"
_AFTER_EDGE = re.compile(
    rf"(</?(?:{_BLOCKS})\b{_ATTRIBUTES}>|<(?:{_EDGED_INSIDE})\b{_ATTRIBUTES}>) "
)


class Loader(filesystem.Loader):
    """Django's filesystem loader without indentation."""

    def get_contents(self, origin: Origin) -> str:
        """Return the template's source; raises TemplateDoesNotExist.

        The text of a mail keeps its line breaks.
        """
        source = super().get_contents(origin)
        return source if origin.name.endswith(".txt") else collapse_whitespace(source)


class CollapseWhitespace(Extension):
    """The same for Jinja2."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source that Jinja2 compiles."""
        return collapse_whitespace(source)


def collapse_whitespace(source: str) -> str:
    """Return the template's source without the whitespace that HTML ignores."""
    parts = _VERBATIM.split(_COMMENT.sub("", source))
    parts[::2] = [_collapse(part) for part in parts[::2]]
    return "".join(parts).strip()


def _collapse(part: str) -> str:
    return _AFTER_EDGE.sub(r"\1", _LINE_BREAK.sub(" ", _BEFORE_EDGE.sub("", part)))
