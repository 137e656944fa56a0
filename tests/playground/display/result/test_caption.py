"""What stands with a result: its prompt, seed and cost, whatever the form beside it holds."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from playground.display.result import caption
from runs.models import Charge, Run, Worker
from tests import charged


@pytest.fixture
def made(flux: Any, make_run: Any) -> Any:
    """A result of a priced model, which was asked for a fox."""
    type(flux).objects.update(unit_price_usd=Decimal("0.025"), price_unit="images", currency="USD")
    flux.refresh_from_db()
    return make_run(
        endpoint=flux,
        state="succeeded",
        arguments={"prompt": "a fox\nin snow", "seed": 5},
        title="a fox",
        output={"seed": 7},
        billable_units="2",
    )


def test_the_whole_prompt_stands_with_the_result(made: Any) -> None:
    assert caption.prompt_of(made) == "a fox\nin snow"
    made.arguments = {}
    assert caption.prompt_of(made) == "a fox"


@pytest.mark.parametrize(
    ("arguments", "seed"),
    [
        ({"seed": 5}, "5"),
        ({"seed": 10**18}, str(10**18)),
        ({"seed": True}, ""),
        ({"seed": "5"}, ""),
        ({"seed": 1 << 300}, ""),
        ([5], ""),
    ],
)
def test_a_seed_that_was_asked_for_is_a_whole_number(made: Any, arguments: Any, seed: str) -> None:
    made.arguments = arguments
    assert caption.requested_seed(made) == seed


def test_the_cost_is_what_was_billed_and_free_on_the_sandbox(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_known_yet = ("runs.progress.current_upstream._known", (None, 0.0))
    monkeypatch.setattr(*not_known_yet)
    assert caption.billed(made) == "≈ $0.05 · 2 images"
    assert caption.billed_together([made, made]) == "≈ $0.10"
    charged.bill(made, "0.04")
    made.refresh_from_db()
    assert caption.billed(made) == "$0.04 billed by fal"
    assert caption.billed_together([made, made]) == "$0.08"
    Charge.objects.update(state="released")
    Run.objects.update(billable_units="")
    made.refresh_from_db()
    assert caption.billed(made) == caption.UNKNOWN
    monkeypatch.setattr(*not_known_yet)
    Worker.objects.create(
        name="w", upstream="sandbox", upstream_host="127.0.0.1", beat_at=timezone.now()
    )
    assert caption.billed(made) == "free (sandbox)"
    made.state = "running"
    assert caption.billed(made) == caption.billed_together([made]) == ""


def test_the_stage_says_what_it_shows_though_the_form_holds_other_words(
    member: Client, made: Any
) -> None:
    made.artifacts.create(position=0, kind="image", url="https://v3.fal.media/a.png")
    page = member.get(f"{made.stage_address}&input=%7B%22prompt%22%3A%22a+hare%22%7D")
    text = page.content.decode()
    stage = text[text.index('id="stage"') : text.index('id="strip"')]
    assert "a hare" in text
    assert "a hare" not in stage
    for words in ("a fox\nin snow", "≈ $0.05 · 2 images", '<span class="mono">7</span>'):
        assert words in stage


def test_five_verbs_stand_around_one_picture_and_each_verb_once_on_the_page(
    member: Client, made: Any
) -> None:
    made.artifacts.create(position=0, kind="image", url="https://v3.fal.media/a.png")
    text = member.get(made.stage_address).content.decode()
    verbs = text[text.index('class="run-actions verbs"') : text.index('class="menu-list"')]
    assert verbs.count('class="button"') == 6  # and "…"
    for name in ("Use as…: ", "Star ", "Download "):
        assert verbs.count(f'aria-label="{name}') == 1
    for word in ("Then…", "Compare with…", "Share", "Run again", "Try on another model"):
        found = re.findall(rf">{word}(?!s<)|{word}\n", text)  # the menu has a page "Shares"
        assert len(found) == 1, word
