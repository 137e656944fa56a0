"""Reads the cards of a page."""

from html.parser import HTMLParser
from typing import Any


class Cards(HTMLParser):
    """The endpoints that a page shows, in order."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        endpoint_id = dict(attrs).get("data-endpoint-id")
        if tag == "article" and endpoint_id:
            self.found.append(endpoint_id)


def cards(response: Any) -> list[str]:
    return Cards(response.content).found
