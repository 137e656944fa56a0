"""What a browser without JavaScript posts from a page: the successful controls of its form."""

import math
import re
from html.parser import HTMLParser
from typing import Any

_FLOAT = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def post_of(page: str) -> dict[str, list[str]]:
    """Return the posted texts by control name, in the page's order, with CRLF line breaks."""
    page.encode()  # otherwise the page could not be sent
    reader = _Controls()
    # The parser of a page sees neither carriage returns nor NUL.
    reader.feed(page.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"))
    reader.close()
    assert not reader.open_tags, f"unclosed: {reader.open_tags}"
    return reader.post


class _Controls(HTMLParser):
    VOID = {"input", "img", "br", "hr", "rect", "path", "circle", "option", "meta", "link"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.post: dict[str, list[str]] = {}
        self.open_tags: list[str] = []
        self.templates = 0
        self.textarea: str | None = None
        self.text = ""
        self.select: str | None = None
        self.options: list[tuple[str, bool]] = []

    def send(self, name: str | None, text: str) -> None:
        if name and not self.templates:
            text.encode()  # a lone surrogate cannot be posted
            self.post.setdefault(name, []).append(text.replace("\n", "\r\n"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at: dict[str, Any] = dict(attrs)
        assert len(at) == len(attrs), f"an attribute stands twice in {tag} {attrs}"
        if tag not in self.VOID:
            self.open_tags.append(tag)
        if tag == "template":
            self.templates += 1
        elif tag == "input":
            self.input(at)
        elif tag == "textarea":
            self.textarea, self.text = at.get("name"), ""
        elif tag == "select":
            self.select, self.options = at.get("name"), []
        elif tag == "option" and self.select is not None:
            self.options.append((at["value"], "selected" in at))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def input(self, at: dict[str, Any]) -> None:
        kind = at.get("type", "text")
        value = at.get("value") or ""
        if kind in {"checkbox", "radio"}:
            if "checked" in at:
                self.send(at.get("name"), value)
        elif kind == "number":
            is_kept = _FLOAT.fullmatch(value) and math.isfinite(float(value))
            self.send(at.get("name"), value if is_kept else "")
        elif kind in {"text", "hidden", "search"}:
            self.send(at.get("name"), value if kind == "hidden" else value.replace("\n", ""))
        else:
            assert kind in {"range", "color", "file"}, kind

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "option":
            return
        assert self.open_tags.pop() == tag, f"</{tag}> closes something else"
        if tag == "template":
            self.templates -= 1
        elif tag == "textarea":
            self.send(self.textarea, self.text.removeprefix("\n"))
            self.textarea = None
        elif tag == "select":
            chosen = [value for value, is_chosen in self.options if is_chosen]
            if self.options:
                self.send(self.select, chosen[-1] if chosen else self.options[0][0])
            self.select = None
