"""A team decides with people outside: a designer, a client, a manager, a reader of the board.

The designer shares four pictures and a film; the client, on a phone and without an account, picks
two and comments on a frame; the designer answers with a new version; the manager votes on a shared
board and sends it to a stranger, who prints it.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.boards.test_judging import INPUT, MODELS, board_of
from tests.browser.contexts import Contexts
from tests.browser.hand import Hand, Record
from tests.browser.journeys import PHONE
from tests.browser.people.house import Browsers, invite, join, make_project
from tests.browser.sharing.test_review import pick
from tests.browser.waiting import eventually
from tests.processes import Up

pytestmark = pytest.mark.browser
RUN = re.compile(r"[?&](?:run|shown)=([0-9a-f-]{36})")
PICTURES, FILMS = "sandbox/aurora/lite", "sandbox/drift/text-to-video"
FILM = 5  # the video's number on the share
ENDED_MS = 90_000
CLIPBOARD: dict[str, Any] = {"permissions": ["clipboard-read", "clipboard-write"]}
WISH = "The boat should be larger here"
# Two clicks from the selection to the copied address; the other numbers are of whole journeys.
TO_ADDRESS, DESIGNER, CLIENT, MANAGER = 2, 8, 7, 4
IS_PLAYABLE = "film => film.readyState >= 1"


@pytest.fixture
def browsers(contexts: Contexts, vitrine: Up) -> Iterator[Browsers]:
    """One browser for each person; console errors fail the test."""
    browsers = Browsers(contexts, vitrine.base)
    yield browsers
    contexts.close()
    vitrine.hurry()
    # A browser repeats the request for a stripped video until the copy is ready.
    troubles = [trouble for trouble in browsers.troubles if "503" not in trouble]
    assert not troubles, troubles


def make(page: Page, model: str, project: str, prompt: str) -> str:
    """Run a model in a project; return the key of its run once it has ended."""
    page.goto(f"/models/{model}/?project={project}")
    page.locator("[name=prompt]").fill(prompt)
    page.locator("#run-button").click()
    page.wait_for_url(RUN)
    match = RUN.search(page.url)
    assert match
    ended = page.locator(f"[data-run-id='{match[1]}'][data-run-state='succeeded']").first
    ended.wait_for(timeout=ENDED_MS)
    return match[1]


def share_by_click(hand: Hand, button: Locator, whom: str) -> str:
    """Share with two clicks; return the path of the copied address. The dialog stays open."""
    hand.click(button)
    hand.click(hand.page.get_by_role("dialog", name="Share").get_by_role("button", name=whom))
    dialog = hand.page.get_by_role("dialog", name="Shared")
    expect(dialog.get_by_text("The address is copied.")).to_be_visible()
    copied: str = hand.page.evaluate("navigator.clipboard.readText()")
    assert copied == dialog.locator("[data-share]").inner_text()
    assert_clean(hand.page, "the dialog", within="dialog.share")
    return urlsplit(copied).path


def save(hand: Hand) -> None:
    """Save the options of the open dialog."""
    dialog = hand.page.get_by_role("dialog", name="Shared")
    hand.click(dialog.get_by_role("button", name="Save"))
    expect(dialog.get_by_text("Saved.")).to_be_visible()


def assert_good(page: Page) -> None:
    """Assert that the page is accessible and fits at its width."""
    assert_clean(page)
    assert_fits(page)


@pytest.mark.exhaustive
def test_a_designer_a_client_and_a_manager_decide(
    browsers: Browsers, session: list[Any], record_property: Record
) -> None:
    key = uuid.uuid4().hex[:6]
    team = f"Harbour {key}"
    admin = browsers.open(session)
    project = make_project(admin, team)
    designer, manager = (browsers.open(**CLIPBOARD) for _ in range(2))
    join(designer, invite(admin, "Member", (team, "Maker")), f"dora-{key}")
    join(manager, invite(admin, "Member", (team, "Manager")), f"max-{key}")

    # The designer shares five results: two clicks to a copied address.
    keys = [make(designer, FILMS, project, "A boat that leaves the harbour")]
    keys += [make(designer, PICTURES, project, f"A boat at dawn, number {n}") for n in range(1, 5)]
    designer.goto("/runs/?as=wall")
    for run in keys[::-1]:  # in the order of the wall, the video last
        tile = designer.locator(f"[data-artifact-id='{run}/0']")
        tile.hover()
        tile.get_by_role("checkbox").check()
    designers = Hand(designer)
    button = designer.get_by_role("button", name="Share").first
    address = share_by_click(designers, button, "A client")
    assert designers.clicks <= TO_ADDRESS
    dialog = designer.get_by_role("dialog", name="Shared")
    expect(dialog.get_by_role("button", name="A client")).to_have_attribute("aria-pressed", "true")
    designers.click(dialog.get_by_text("More options", exact=True))
    dialog.get_by_label("Title").fill(f"Posters {key}")
    dialog.get_by_label("Most picks of each visitor").fill("2")
    save(designers)
    answers = dialog.get_by_role("link", name="See the answers")
    designers.click(answers)
    expect(designer.get_by_text("No answers yet.")).to_be_visible()
    assert_good(designer)
    designer.evaluate("window.isTheSamePage = true")

    # The client picks two and comments on a frame of the film, on a phone, without an account.
    client = browsers.open(size=PHONE, has_touch=True)
    client.goto(address)
    thumb = Hand(client)
    assert_good(client)
    expect(client.locator(".review-tile")).to_have_count(FILM)
    assert_good(client)
    thumb.tap(pick(client, 1))
    question = client.get_by_role("dialog", name="Your name")
    question.get_by_label("Your name").fill("Anna")
    thumb.press("Enter")
    expect(question).not_to_be_visible()
    thumb.tap(pick(client, 3))
    expect(client.get_by_text("2 of 2 chosen")).to_be_visible()
    expect(designer.locator(".review-facts bdi", has_text="Anna")).to_have_count(2)
    thumb.tap(client.locator(f"#item-{FILM}").get_by_role("link", name="Comment"))
    film = client.locator("video")

    eventually(client, lambda: bool(film.evaluate(IS_PLAYABLE)))
    film.evaluate("film => { film.currentTime = 0.6 }")
    thumb.tap(client.get_by_role("button", name="Use the current time"))
    expect(client.get_by_label("At", exact=True)).to_have_value("0:00.6")
    client.get_by_label("Your comment").fill(WISH)
    thumb.tap(client.get_by_role("button", name="Send").last)
    expect(client.get_by_role("link", name="0:00.6")).to_be_visible()
    assert_good(client)

    # The designer sees it without a reload, and answers with a new version.
    expect(designer.get_by_text(WISH)).to_be_visible()
    expect(designer.get_by_role("link", name="0:00.6")).to_be_visible()
    assert designer.evaluate("window.isTheSamePage"), "it was loaded anew"
    assert_good(designer)
    review = designer.url
    larger = make(designer, FILMS, project, "A larger boat that leaves the harbour")
    designer.goto(review)
    film_remark = designer.locator(f"#item-{FILM}")
    designers.click(film_remark.get_by_role("link", name="New version"))
    assert_good(designer)
    designers.click(designer.locator(f"label:has([value='{larger}/0'])"))
    designers.click(designer.get_by_role("button", name="Send the result"))
    expect(designer.get_by_text("The new version is sent.")).to_be_visible()
    version = client.get_by_role("link", name="Version 2 answers Anna\u2019s comment")
    thumb.tap(version)
    expect(version).to_have_attribute("aria-current", "page")
    expect(client.get_by_text(WISH)).to_be_visible()
    assert_good(client)
    tell(designers, record_property, "designer", DESIGNER)
    tell(thumb, record_property, "client", CLIENT)

    # The manager votes on a board that the designer shares with the project.
    designer.goto(f"/compare/new/?{MODELS}&input={INPUT}&project={project}")
    board = board_of(designer)
    designer.goto(board)
    button = designer.get_by_role("button", name="Share").first
    board_share = share_by_click(Hand(designer), button, "Colleagues")
    dialog.get_by_text("More options", exact=True).click()
    dialog.get_by_label("Who can open it", exact=True).select_option("project")
    dialog.get_by_label("Blind votes").check()
    save(Hand(designer))
    managers = Hand(manager)
    manager.goto(board_share)
    assert_good(manager)
    managers.click(manager.get_by_role("link", name="Vote: which one is better?"))
    assert_good(manager)
    managers.click(manager.get_by_role("button", name="A is better"))
    expect(manager.locator("#judge")).to_contain_text("You have judged every pair")
    assert_good(manager)

    # The manager sends the board to the person who decides: its page prints as a report.
    manager.goto(board)
    assert_good(manager)
    button = manager.get_by_role("button", name="Share").first
    report = share_by_click(managers, button, "Everybody with the link")
    tell(managers, record_property, "manager", MANAGER)

    # A visitor with the link reads and prints it, and sees nothing else.
    stranger = browsers.open()
    stranger.goto(report)
    expect(stranger.get_by_role("heading", level=1)).to_have_count(1)
    expect(stranger.locator(".share-file img")).to_have_count(2)
    expect(stranger.locator("body")).not_to_contain_text(key)
    assert_good(stranger)
    stranger.emulate_media(media="print")
    expect(stranger.locator(".share-file img").first).to_be_visible()
    for unprinted in stranger.locator("button, form, .foot").all():
        expect(unprinted).to_be_hidden()
    stranger.emulate_media(media="screen")
    for closed in (board, board_share):
        stranger.goto(closed)
        expect(stranger).to_have_url(re.compile("/login/"))


def tell(hand: Hand, record: Record, person: str, most: int) -> None:
    """Check, print and record the clicks of one person."""
    hand.tell(lambda name, value: record(f"{person}_{name}", value), most)
