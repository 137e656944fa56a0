"""The page of standing trials, and the pages that tell the owner about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from catalog.views import feeds
from features.boards.models import Board, StandingTrial
from features.boards.trials import sending
from runs.models import Run, View
from tests.features.boards.trials.conftest import board, comes, standing

__all__ = ["board", "comes", "standing"]
pytestmark = pytest.mark.django_db
Comes = Callable[..., Endpoint]
FORM = {"state": "on", "q": "price:<1", "versions": "1", "when": "night", "cap": "2.50"}


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_trials_are_off_until_saved(member: Client, board: Board) -> None:
    address = f"{board.get_absolute_url()}trials/"
    page = text_of(member.get(address))
    assert re.search(r'value="off"[^>]* checked', page)
    assert not StandingTrial.objects.exists()
    assert member.post(address, FORM).status_code == 302
    trial = StandingTrial.objects.get()
    assert (trial.state, trial.when, trial.monthly_cap_usd) == ("on", "night", Decimal("2.50"))
    page = text_of(member.get(address))
    assert "3 models fit" in page
    assert "about $0.03" in page
    assert "$0.00 of $2.50 this month" in page
    member.post(f"{address}pause/", {"state": "paused"})
    assert StandingTrial.objects.get().state == "paused"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        pytest.param({"cap": "much"}, "such as 2.50", id="cap"),
        pytest.param({"cap": "0"}, "such as 2.50", id="zero"),
        pytest.param({"q": "in:nonsense"}, "nonsense", id="word"),
        pytest.param({"q": "", "versions": ""}, "there is nothing to try", id="nothing"),
        pytest.param({"saved": "99"}, "This view was deleted", id="saved"),
        pytest.param({"q": "\x00", "versions": "", "cap": "\x00"}, "such as 2.50", id="nul"),
    ],
)
def test_an_invalid_value_is_reported_beside_its_field_and_not_saved(
    member: Client, board: Board, typed: dict[str, str], message: str
) -> None:
    response = member.post(f"{board.get_absolute_url()}trials/", FORM | typed)
    assert response.status_code == 422
    assert message in text_of(response)
    assert not StandingTrial.objects.exists()


def test_a_view_of_models_can_be_chosen(member: Client, board: Board, user: User) -> None:
    mine = View.objects.create(user=user, name="Cheap", line="category=text-to-image", of="models")
    address = f"{board.get_absolute_url()}trials/"
    member.post(address, FORM | {"saved": str(mine.pk)})
    assert StandingTrial.objects.get().params == mine.line
    assert f'value="{mine.pk}" selected' in text_of(member.get(address))
    mine.delete()
    page = text_of(member.get(address))
    assert 'value="kept" selected' in page
    member.post(address, FORM | {"saved": "kept"})
    assert StandingTrial.objects.get().params == "category=text-to-image"


def test_trial_news_are_on_the_front_page_until_seen_and_in_the_feed(
    member: Client, board: Board, standing: StandingTrial, comes: Comes, user: User, stranger: User
) -> None:
    comes("lab/new", display_name="<New>")
    sending.send_due_and_report()
    Run.objects.update(state="succeeded")
    sending.send_due_and_report()
    news = "&lt;New&gt; was tried on 3 rows: look and judge"
    assert news in text_of(member.get("/"))
    assert news in text_of(member.get(f"/changes/feed/{feeds.token(user)}/"))
    assert news not in text_of(member.get(f"/changes/feed/{feeds.token(stranger)}/"))
    assert "tried automatically" in text_of(member.get(board.get_absolute_url()))
    member.get(f"{board.get_absolute_url()}trials/")
    assert news not in text_of(member.get("/"))


def test_a_trial_can_be_sent_dismissed_and_restored(
    member: Client, board: Board, standing: StandingTrial, comes: Comes
) -> None:
    new = comes()
    StandingTrial.objects.update(state="paused")
    sending.send_due_and_report()
    address = f"{board.get_absolute_url()}trials/{board.trials.get().pk}/"
    for do, state in (("dismiss", "dismissed"), ("restore", "waiting"), ("send", "sent")):
        member.post(address, {"do": do})
        assert board.trials.get().state == state
    assert Run.objects.filter(endpoint=new).count() == 3
    member.post(address, {"do": "dismiss"})
    assert board.trials.get().state == "sent"


def test_the_page_takes_as_many_queries_for_many_trials(
    member: Client,
    board: Board,
    standing: StandingTrial,
    comes: Comes,
    django_assert_max_num_queries: Any,
) -> None:
    StandingTrial.objects.update(params="")
    address = f"{board.get_absolute_url()}trials/"
    for number in range(6):
        comes(f"lab/flux/v{number + 2}", group_key="")
    sending.send_due_and_report()
    assert board.trials.count() == 6
    member.get(address)
    with django_assert_max_num_queries(22):
        assert text_of(member.get(address)).count('class="trial"') == 6
