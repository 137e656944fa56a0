"""Watch tokens: valid for their user, run and view only."""

import time

import pytest
from django.contrib.auth.models import User

from core.live import tokens
from runs.live import long_poll
from runs.models import Run
from tests.conftest import grant
from tests.runs.live.polling import ask, entry_of, markup, serve

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_view_of_an_earlier_version_keeps_nothing_from_other_tabs(make_run, user):
    old, run = make_run(user=user, version=2), make_run(user=user, version=2)
    polled = [entry_of(old, 1, "variation"), entry_of(run, 1)]
    response = serve(lambda client: ask(client, *polled))
    assert response.status_code == 200
    assert str(run.pk) in markup(response)
    assert f'id="run-{old.pk}' not in markup(response)


def test_staff_and_readers_of_an_example_may_watch(make_run, stranger):
    example = make_run(
        user=stranger,
        version=2,
        is_example=True,
        state="succeeded",
        output={},
    )
    assert serve(lambda client: ask(client, entry_of(example, 1, "copies"))).status_code == 200
    other = make_run(user=stranger, version=2)
    assert serve(lambda client: ask(client, entry_of(other, 1))).status_code == 286
    grant(User.objects.get(username="ana"), "playground.view_run")
    assert serve(lambda client: ask(client, entry_of(other, 1))).status_code == 200


def test_only_the_users_own_runs_are_sent(make_run, stranger):
    mine, theirs = make_run(version=2), make_run(user=stranger, version=2)
    text = markup(serve(lambda client: ask(client, entry_of(mine, 1), entry_of(theirs, 1))))
    assert str(mine.pk) in text
    assert str(theirs.pk) not in text


def test_an_open_page_gets_renewed_tokens(make_run, stranger, monkeypatch):
    mine, theirs = make_run(), make_run(user=stranger, is_example=True, state="succeeded")
    marked = [entry_of(mine), entry_of(theirs, view="copies")]
    fresh = serve(lambda client: ask(client, entry_of(mine, 0)))
    assert fresh.json()["renewed"] == []
    later = time.time() + 30 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    response = serve(lambda client: ask(client, *marked))
    assert markup(response) == ""
    renewed = response.json()["renewed"]
    assert [(new["run"], new["view"]) for new in renewed] == [
        (str(mine.pk), "stage"),
        (str(theirs.pk), "copies"),
    ]
    again = serve(lambda client: ask(client, renewed[0] | {"version": "0"}))
    assert (again.status_code, again.json()["renewed"]) == (200, [])


@pytest.mark.parametrize("passed_s", [0, tokens.LASTS_S + 1])
def test_a_withdrawn_example_is_no_longer_watched(make_run, stranger, monkeypatch, passed_s):
    theirs = make_run(user=stranger, version=2, is_example=True, state="succeeded", output={})
    marked = entry_of(theirs, 1, "copies")
    Run.objects.filter(pk=theirs.pk).update(is_example=False)
    later = time.time() + passed_s
    monkeypatch.setattr(time, "time", lambda: later)
    assert serve(lambda client: ask(client, marked)).status_code == long_poll.STOP_POLLING
