"""A client opens a shared board on a phone, without an account, and votes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from boards.models import RowMark, Vote
from tests.boards.conftest import models, plan_of, send
from tests.boards.judging import Judged, judged, stored
from tests.browser import axe
from tests.browser.contexts import Contexts
from tests.sharing.kinds.walking import share_of

__all__ = ["judged", "models", "plan_of", "send", "stored"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


def test_a_client_sees_and_judges_a_board_on_a_phone(
    user: User, judged: Judged, contexts: Contexts, live_server: Any
) -> None:
    board = judged("flux", "turbo", prompts="quiet zebra\nloud heron")
    RowMark.objects.create(row=board.rows.get(position=0), winner=board.columns.get(position=1))
    share = share_of(user, "board", str(board.pk), shows_models=False, takes_votes=True)
    page = contexts.take(viewport=PHONE).new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.goto(live_server.url + share.get_absolute_url())
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Winner: B")
    first, second = (rows.nth(place).bounding_box() for place in (0, 1))
    assert first
    assert second
    assert second["y"] >= first["y"] + first["height"]
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-row] img')].some(i => i.naturalWidth > 0)"
    )
    axe.assert_usable(page)

    page.get_by_role("link", name="Vote: which one is better?").click()
    page.get_by_label("Your name").fill("Anna")
    axe.assert_usable(page)
    page.get_by_role("button", name="Begin").click()
    for _ in range(2):
        better = page.get_by_role("button", name="This one is better").first
        box = better.bounding_box()
        assert box
        assert box["height"] >= 44
        better.click()
        expect(page.locator("#ballot")).to_contain_text("judged")
    expect(page.locator("#ballot")).to_contain_text("You have judged every pair")
    axe.assert_fits(page)
    assert {vote.guest_name for vote in Vote.objects.all()} == {"Anna"}
    assert problems == []
