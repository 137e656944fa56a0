"""Deleting the large result: the undo takes its place, and only some users get the button.

The page of all presets: those offered in the project, found by name and model.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from playground.display import renderers
from runs.models import Preset, Run
from runs.progress import watch_tokens
from tests.conftest import grant

pytestmark = pytest.mark.django_db


def post(client: Client, path: str, run: Run) -> Any:
    return client.post(path, {"run": str(run.pk)}, headers={"hx-request": "true"})


def test_a_deleted_run_is_replaced_by_an_undo_button(member, make_run):
    run = make_run(state="succeeded", output={"text": "a poem"})
    response = post(member, "/runs/deletion/", run)
    text = response.content.decode()
    assert f'id="run-{run.pk}"' in text
    assert 'action="/runs/recovery/"' in text
    assert response.headers["HX-Trigger-After-Settle"] == '{"run:left": {}}'
    assert not Run.objects.kept().exists()
    text = post(member, "/runs/recovery/", run).content.decode()
    assert f'id="run-{run.pk}"' in text
    assert "a poem" in text
    assert Run.objects.kept().exists()


def test_an_unfinished_run_cannot_be_deleted_on_the_page(member, make_run):
    run = make_run(state="running")
    response = post(member, "/runs/deletion/", run)
    assert response.status_code == 204
    assert "Nothing was deleted" in response.headers["HX-Trigger"]
    assert Run.objects.kept().exists()


def test_a_live_fragment_offers_only_permitted_actions(make_run, stranger):
    run = make_run(state="succeeded", output={"text": "a poem"})

    def offered_actions(person: User) -> tuple[bool, ...]:
        view = watch_tokens.view_for(person, run, "stage")
        text = renderers.changed_fragments(run, view)
        return tuple(f"/{name}/" in text for name in ("deletion", "star", "repetition"))

    assert offered_actions(run.user) == (True, True, True)
    assert offered_actions(stranger) == (False, False, False)
    grant(stranger, "playground.delete_run")
    assert offered_actions(User.objects.get(pk=stranger.pk)) == (True, False, True)
    grant(stranger, "playground.change_run")
    assert offered_actions(User.objects.get(pk=stranger.pk)) == (True, True, True)


def test_users_with_equal_rights_share_a_live_view(make_run, stranger):
    run, another = make_run(state="running"), User.objects.create_user("eva")
    names = [
        watch_tokens.view_for(viewer, run, "stage") for viewer in (run.user, stranger, another)
    ]
    assert names == ["stage", "stage-only", "stage-only"]
    grant(another, "playground.cancel_any_run")
    view = watch_tokens.view_for(User.objects.get(pk=another.pk), run, "stage")
    assert view == "stage-only.see.cancel"
    assert watch_tokens.kind_of(view) == "stage"
    assert watch_tokens.same_rights(view, "copies") == "copies-only.see.cancel"


def test_presets_of_all_models_are_listed_and_searched(
    member, user, stranger, make_endpoint, django_assert_max_num_queries
):
    flux, turbo = make_endpoint("lab/flux"), make_endpoint("lab/turbo")
    for owner, endpoint, name, is_shared in (
        (user, flux, "Calm", False),
        (user, turbo, "Loud", False),
        (stranger, flux, "Ours", True),
        (stranger, flux, "Secret", False),
    ):
        Preset.objects.create(
            user=owner, endpoint=endpoint, name=name, arguments={}, is_shared=is_shared
        )
    assert "No presets yet" not in member.get("/presets/").content.decode()
    with django_assert_max_num_queries(6):
        page = member.get("/presets/").content.decode()
    assert [name in page for name in ("Calm", "Loud", "Ours", "Secret")] == [
        True,
        True,
        True,
        False,
    ]
    html = member.get("/presets/", {"q": "turbo"}).content.decode()
    assert ("Loud" in html, "Calm" in html) == (True, False)
    assert "Nothing found" in member.get("/presets/", {"q": "x y"}).content.decode()
