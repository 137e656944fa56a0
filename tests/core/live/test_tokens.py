"""Watch tokens: for one object and user, for one day, the same for many pages."""

import time

import pytest

from core.live import tokens
from core.live.tokens import LASTS_S, ROUNDED_TO_S

WHAT = "run:stage"


def test_a_token_says_whose_it_is_and_is_the_same_within_the_hour():
    text = tokens.issue(WHAT, "7")
    assert text == tokens.issue(WHAT, "7")
    token = tokens.verify(WHAT, text)
    assert token is not None
    assert (token.whose, token.is_old, token.is_expired) == ("7", False, False)


@pytest.mark.parametrize("text", ["", "forged", "é", "1.2.3", "\ud800"])
def test_what_is_no_token_is_refused(text):
    assert tokens.verify(WHAT, text) is None


def test_a_token_is_for_its_thing_person_and_time_alone():
    whose, issued, signature = tokens.issue(WHAT, "7").split(".")
    assert tokens.verify("run:row", f"{whose}.{issued}.{signature}") is None
    for changed in (f"8.{issued}", f"*.{issued}", f"7.{int(issued) + 1}"):
        assert tokens.verify(WHAT, f"{changed}.{signature}") is None


def test_a_token_is_old_after_half_a_day_and_expires_after_one(monkeypatch):
    token = tokens.verify(WHAT, tokens.issue(WHAT, "7"))
    assert token is not None
    now, states = time.time(), []
    for later in (0.0, LASTS_S / 2 + 1, LASTS_S + ROUNDED_TO_S):
        monkeypatch.setattr(time, "time", lambda later=later: now + later)
        states.append((token.is_old, token.is_expired))
    assert states == [(False, False), (True, False), (True, True)]
