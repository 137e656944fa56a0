"""A share is published later the more pages show it, within a limit; its end never waits."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from core.live.broker import Broker
from features.sharing.live.pages import LONGEST_PAUSE_S, NewsOfShare, ShareState


def watch_share(share: uuid.UUID, after: int, pages: int = 100) -> NewsOfShare:
    """Return what an open page that has this version waits for, as one of `pages` open pages."""
    broker = cast("Broker", SimpleNamespace(waiting_for=lambda source, key: pages))
    return NewsOfShare(share, after, "all", broker)


def state(version: int, **other: Any) -> ShareState:
    return ShareState(version, "all", is_revoked=False, expires_at=None)._replace(**other)


def publish(share: uuid.UUID, after: int, newest: ShareState) -> ShareState:
    return async_to_sync(watch_share(share, after).answer)({share: newest})


def test_the_first_news_goes_out_at_once_and_the_next_after_a_pause():
    share = uuid.uuid4()
    first, second = {share: state(1)}, {share: state(2)}
    assert watch_share(share, 1).due_in(first) is None
    assert (watch_share(share, 0).due_in(first) or 0.0) <= 0
    assert publish(share, 0, state(1)) == state(1)
    assert 0.1 < (watch_share(share, 1).due_in(second) or 0.0) <= 0.25
    assert 0.5 < (watch_share(share, 1, 10_000).due_in(second) or 0.0) <= LONGEST_PAUSE_S
    assert watch_share(share, 2).due_in(second) is None


@pytest.mark.parametrize(
    "end",
    [
        pytest.param({}, id="no-such-share"),
        pytest.param({"is_revoked": True}, id="revoked"),
        pytest.param({"expires_at": timezone.now() - timedelta(seconds=1)}, id="expired"),
        pytest.param({"stamp": "members"}, id="others-admitted"),
    ],
)
def test_an_end_waits_for_nothing(end):
    share = uuid.uuid4()
    publish(share, 0, state(1))
    rows = {share: state(1, **end)} if end else {}
    assert watch_share(share, 1).due_in(rows) == 0
    answer = async_to_sync(watch_share(share, 0).answer)(rows)
    assert answer.is_over or answer.stamp == "members"
