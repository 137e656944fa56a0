"""The bell's first tab: whose runs it shows, for how long, and what that costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from playground.display import renderers
from runs.progress import watch_tokens

TRAY = "/inbox/panel/"


def ago(hours: float) -> Any:
    return timezone.now() - timedelta(hours=hours)


def test_runs_in_progress_are_watched_and_can_be_cancelled(
    member: Client, make_run: Any, django_assert_num_queries: Any
) -> None:
    runs = [make_run(state=state, title=f"a {state} one") for state in ("created", "running")]
    for _ in range(5):
        make_run(state="queued")
    with django_assert_num_queries(5):
        page = member.get(TRAY).content.decode()
    for run in runs:
        assert f'data-watch="{escape(watch_tokens.data_watch(run, "tray"))}"' in page
        assert f"/runs/{run.pk}/cancellation/" in page
        assert f"?shown={run.pk}" in page
        assert run.title in page


@pytest.mark.parametrize(
    ("ended_h", "since_h", "is_shown"),
    [(1, 2, True), (2, 1, False), (1, None, False), (20, 30, False)],
)
def test_ended_runs_are_shown_for_a_while(
    member: Client, make_run: Any, ended_h: float, since_h: float | None, is_shown: bool
) -> None:
    make_run(state="succeeded", ended_at=ago(ended_h), title="ended")
    since = "" if since_h is None else quote(ago(since_h).isoformat())
    assert (b">ended<" in member.get(f"{TRAY}?since={since}").content) is is_shown


def test_a_changed_run_swaps_its_tray_item(make_run: Any) -> None:
    run = make_run(state="running", title="<b>bold</b>")
    fragments = renderers.changed_fragments(run, "tray")
    assert fragments.lstrip().startswith(f'<li id="tray-{run.pk}"')
    assert 'hx-swap-oob="true"' in fragments
    assert "<b>bold" not in fragments
    run.state = "succeeded"
    fragments = renderers.changed_fragments(run, "tray")
    assert "data-watch" not in fragments
    assert "Cancel" not in fragments
