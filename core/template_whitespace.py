"""Removes the whitespace from template sources that HTML ignores, when they are loaded.

Templates are formatted with one element per line. Removing line breaks and indentation keeps that
formatting off the wire. Nothing else changes: one space stays between inline elements, and `<pre>`
and `<textarea>` keep theirs.

Works for Django's templates (`Loader`) and for Jinja2's (`CollapseWhitespace`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.template import Origin
from django.template.loaders import filesystem
from jinja2.ext import Extension

_TOKENS = re.compile(
    r"(?P<comment>\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\})"
    r"|(?P<template>\{%.*?%\}|\{\{.*?\}\})"
    r"|(?P<space>\s+)"
    r"|(?P<tag></?[a-zA-Z][\w-]*)"
    r"|(?P<sign>[<>\"'])"
    r"|(?P<text>(?:(?!\{[{%#])[^\s<>\"'])+)",
    re.DOTALL,
)
_LOGIC = re.compile(  # template tags without output of their own
    r"\{%-?\s*(?:(?:end)?(?:if|for|with|block|set)|elif|else|empty|extends|load)\b"
)
_BRANCH = re.compile(r"\{%-?\s*(if|elif|else|endif)\b")
# Browsers ignore spaces at the edges of these (HTML, "Rendering", flow content and tables).
_BLOCKS = {
    *("article", "aside", "blockquote", "body", "datalist", "details", "dialog", "div", "dl"),
    *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("head", "header", "hr", "html", "legend", "li", "link", "main", "meta", "nav", "ol"),
    *("optgroup", "option", "p", "pre", "script", "section", "source", "summary"),
    *("table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "title", "tr"),
    *("track", "ul"),
}
# Inside these too, but a space around them counts: buttons are inline, and so are terms by our CSS.
_EDGED_INSIDE = _BLOCKS | {"button", "dd", "dt", "select"}
_VERBATIM = {"pre", "textarea"}


class Loader(filesystem.Loader):
    """Django's filesystem loader with collapsed whitespace."""

    def get_contents(self, origin: Origin) -> str:
        """Return the template's source; raises TemplateDoesNotExist."""
        return collapse_whitespace(super().get_contents(origin))


class CollapseWhitespace(Extension):
    """A Jinja2 extension that collapses whitespace."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source that Jinja2 compiles."""
        return collapse_whitespace(source)


def collapse_whitespace(source: str) -> str:
    """Return the template's source without the whitespace that HTML ignores."""
    return "".join(_Collapser().pieces(source)).strip()


class _Collapser:
    """The state of one pass over a template source."""

    def __init__(self) -> None:
        self.tag = ""  # the current tag, while between `<` and `>`
        self.quote = ""  # the quote that ends the current attribute value
        self.is_at_edge = False  # the last token in the value was its opening quote or logic
        self.verbatim = ""  # the current pre or textarea
        self.space = ""  # pending whitespace, written only if the next token needs it
        self.is_at_block = True  # the last output was the edge of a block element
        self.branches: list[str] = []  # for each open `if` in a tag: the space pending before it

    def pieces(self, source: str) -> Iterator[str]:
        """Yield the parts of the source that are kept."""
        for match in _TOKENS.finditer(source):
            kind, piece = str(match.lastgroup), match[0]
            if kind == "comment":
                continue
            if self.quote:
                yield self._in_value(kind, piece)
            elif self.tag:
                yield self._in_tag(kind, piece)
            elif self.verbatim:
                yield self._in_verbatim(kind, piece)
            else:
                yield self._in_text(kind, piece)

    def _in_value(self, kind: str, piece: str) -> str:
        """Turn a line break in an attribute value into a space, or drop it at an edge or logic."""
        if kind == "space" and "\n" in piece:
            self.space = "" if self.is_at_edge else " "
            return ""
        is_end = piece == self.quote
        self.is_at_edge = bool(_LOGIC.match(piece))
        if is_end or self.is_at_edge:
            self.space = ""
        if is_end:
            self.quote = ""
        return self._spaced(piece)

    def _in_tag(self, kind: str, piece: str) -> str:
        """Write one space before each attribute, inside the condition that it depends on."""
        if kind == "space":
            self.space = " "
            return ""
        if branch := _BRANCH.match(piece):
            return self._condition(branch[1], piece)
        if piece == ">":
            return self._close()
        if piece in {'"', "'"}:
            self.quote, self.is_at_edge = piece, True
        return self._spaced(piece)

    def _condition(self, word: str, piece: str) -> str:
        """Turn `class="a" {% if b %}c{% endif %}` into `class="a"{% if b %} c{% endif %}`."""
        if word == "if":
            self.branches.append(self.space)
        elif word in {"elif", "else"}:
            self.space = self.branches[-1]
        else:
            self.branches.pop()
            self.space = ""
        return piece

    def _close(self) -> str:
        name = self.tag.lstrip("</").lower()
        is_end = self.tag.startswith("</")
        self.is_at_block = name in (_BLOCKS if is_end else _EDGED_INSIDE)
        if name in _VERBATIM and not is_end:
            self.verbatim = name
        self.tag = self.space = ""
        return ">"

    def _in_verbatim(self, kind: str, piece: str) -> str:
        """Copy everything up to the end tag of `<pre>` or `<textarea>`."""
        if kind == "tag":
            self.tag = piece
            if piece.lower() == f"</{self.verbatim}":
                self.verbatim = ""
        return piece

    def _in_text(self, kind: str, piece: str) -> str:
        """Between tags: drop whitespace at a block's edge, else reduce it to one space."""
        if kind == "space":
            self.space = "" if self.is_at_block else " "
            return ""
        if kind == "template" and _LOGIC.match(piece):
            return self._spaced(piece)
        if kind == "tag":
            self.tag = piece
            known = _EDGED_INSIDE if piece.startswith("</") else _BLOCKS
            if piece.lstrip("</").lower() in known:
                self.space = ""
        self.is_at_block = False
        return self._spaced(piece)

    def _spaced(self, piece: str) -> str:
        output, self.space = self.space + piece, ""
        return output
