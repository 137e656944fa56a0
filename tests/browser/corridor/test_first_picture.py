"""The pages of pictures begin with a picture: tools share one line, or come on demand."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from features.boards.models import Board
from features.notifications import outbox
from runs.models import Artifact
from tests.browser.axe import assert_fits
from tests.browser.contexts import Contexts
from tests.features.boards.conftest import models, plan_of, send
from tests.features.boards.judging import Judged, make_judged_board, stored_picture
from tests.projects.people import logged_in

__all__ = ["make_judged_board", "models", "plan_of", "send", "stored_picture"]
pytestmark = pytest.mark.browser

MOST_PX = {(1440, 900): 190, (390, 844): 230}  # by the size of the window
# A picture counts from 60 x 45 pixels: smaller ones are marks and icons.
FIRST_PX = """() => Math.min(...[...document.querySelectorAll("main :is(img, video)")]
  .map((picture) => picture.getBoundingClientRect())
  .filter(({ width, height }) => width >= 60 && height >= 45)
  .map(({ top }) => top + scrollY))"""
# By name; some are a board's.
ADDRESSES = {
    "Results": "/runs/?as=wall",
    "Compare": "/compare/",
    "board": "/compare/{board}/",
    "Judge": "/compare/{board}/judge/",
    "Report": "/compare/{board}/results/",
    "Inbox": "/inbox/",
}


@pytest.fixture
def board(live_server: LiveServer, make_judged_board: Judged) -> Board:
    board = make_judged_board()
    Artifact.objects.update(thumbnail=Artifact.objects.all()[0].file)
    outbox.notify(board.user, "vote_opened", subject="Vote", key="vote", about=board)
    return board


@pytest.mark.parametrize("size", MOST_PX)
def test_the_first_picture_is_near_the_top(
    contexts: Contexts, live_server: LiveServer, board: Board, user: User, size: tuple[int, int]
) -> None:
    page = contexts.open_as(logged_in(user), live_server.url, size)
    distances = {}
    for name, address in ADDRESSES.items():
        distances[name] = first_picture_px(page, address.format(board=board.pk))
        assert_fits(page, name)
    assert {name: px for name, px in distances.items() if px > MOST_PX[size]} == {}


def first_picture_px(page: Page, address: str) -> float:
    """Return the distance of a page's first picture from its top."""
    page.goto(address)
    page.locator("main :is(img, video)").first.wait_for()
    return float(page.evaluate(FIRST_PX))
