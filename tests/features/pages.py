"""Pages as tests read them."""

import html
import re
from typing import Any

from django.test import Client


def read_page(client: Client, address: str, **query: str) -> str:
    """Return the markup of a page, with single spaces."""
    return re.sub(r"\s+", " ", client.get(address, query).content.decode())


def read_text(client: Client, address: str, **query: str) -> str:
    """Return the markup of a page, whose texts are unescaped."""
    return html.unescape(client.get(address, query).content.decode())


def text_of(response: Any) -> str:
    """Return a page's text without markup, with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
