"""A token is made, copied, used and revoked in the browser, at both sizes, without a violation."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import PHONE, Open, open_page
from tests.processes import Up

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


def test_a_token_is_made_used_and_revoked(open_page: Open, vitrine: Up) -> None:
    page = open_page("/account/tokens/", size=PHONE)
    page.get_by_label("Name").fill("browser test")
    page.get_by_role("button", name="Create token").click()
    secret = page.locator("#token").inner_text().strip()
    assert re.fullmatch(r"vitrine_[\w-]{43}", secret)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_clean(page)
    headers = {"Authorization": f"Bearer {secret}"}
    address = f"{vitrine.base}/api/v1/me"
    assert httpx.get(address, headers=headers, timeout=60).json()["token"]["name"] == "browser test"
    page.get_by_role("button", name="Revoke browser test").click()
    expect(page.get_by_text("“browser test” is revoked")).to_be_visible()
    assert httpx.get(address, headers=headers, timeout=60).status_code == 401
    assert_clean(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("“browser test” is valid again")).to_be_visible()
    assert httpx.get(address, headers=headers, timeout=60).status_code == 200
