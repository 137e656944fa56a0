"""Logs in with the link that `manage.py up` prints: its page has a button that uses the link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from playwright.sync_api import Page

_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def by_link(client: httpx.Client, link: str) -> httpx.Response:
    """Press the button of the link's page; the client gets the session."""
    page = client.get(link).text
    token = _FIELD.search(page)
    assert token, page
    return client.post(link, data={"csrfmiddlewaretoken": token[1]})


def in_browser(page: Page, link: str) -> None:
    """Press the button of the link's page in a browser."""
    page.goto(link)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda address: "/login/" not in address)
