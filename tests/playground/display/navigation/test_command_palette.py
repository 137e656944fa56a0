"""⌘K: a few letters find models, named things, the user's runs, actions and pages.

The bell's first tab: whose runs it shows, for how long, and its queries.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.html import escape

from catalog.models import Collection
from features.boards.models import Board
from features.flows.models import Flow
from features.library.models import Series
from playground.display import renderers
from playground.display.navigation import command_palette
from playground.display.navigation.destinations import Place
from runs.progress import watch_tokens
from tests.projects.people import make_project
from tests.tables import each_row


def labels_by_group(user: User, text: str) -> dict[str, list[str]]:
    return {
        g.title: [place.label for place in g.places]
        for g in command_palette.find_places(user, text)
    }


def test_typed_letters_find_models_collections_runs_and_pages(member, user, flux, make_run):
    Collection.objects.create(slug="f", title="Flux and friends")
    Collection.objects.create(slug="h", title="Hidden flux", is_published=False)
    make_run(endpoint=flux, user=user, title="a flux of birds")
    matches = labels_by_group(user, "flux")
    assert matches["Models"] == [flux.display_name]
    assert matches["Collections"] == ["Flux and friends"]
    assert matches["Your runs"] == ["a flux of birds"]
    assert labels_by_group(user, "newest")["Pages"] == ["Newest models"]


@pytest.fixture
def things(user: User, flux: Any) -> None:
    """A board, a flow and a series, each with a fox in its name."""
    Board.objects.create(user=user, source=flux, title="Fox portraits", form_token="a")
    Flow.objects.create(user=user, name="Fox to film", definition={})
    Series.objects.create(user=user, name="Forty foxes")


def test_boards_flows_and_series_are_found_by_name(user, things):
    assert labels_by_group(user, "fox") == {
        "Boards": ["Fox portraits"],
        "Flows": ["Fox to film"],
        "Series": ["Forty foxes"],
    }
    assert labels_by_group(user, "film fox")["Flows"] == ["Fox to film"]


def test_each_result_links_to_its_page(member, user, things):
    for group in command_palette.find_places(user, "fox"):
        for place in group.places:
            assert member.get(place.address).status_code == 200, place


def test_deleted_things_and_those_of_others_are_not_found(user, stranger, things):
    assert labels_by_group(stranger, "fox") == {}
    Flow.objects.update(visibility=Flow.Visibility.TEAM)
    assert labels_by_group(stranger, "fox") == {"Flows": ["Fox to film"]}
    for model in (Board, Flow, Series):
        model._default_manager.update(deleted_at=timezone.now())
    assert labels_by_group(user, "fox") == {}


def test_projects_are_found_by_members_alone(user, stranger):
    spring = make_project("Spring campaign", **{user.username: "viewer"})
    make_project("Spring elsewhere", **{stranger.username: "manager"})
    stranger.is_superuser = stranger.is_staff = True
    stranger.save()
    groups = {group.title: group.places for group in command_palette.find_places(user, "spring")}
    assert groups["Projects"] == [
        Place("Spring campaign", "Go to project", spring.get_absolute_url())
    ]
    assert [place.post for place in groups["Work in"]] == ["/projects/spring-campaign/choice/"]
    assert labels_by_group(stranger, "spring") == {
        "Projects": ["Spring elsewhere"],
        "Work in": ["Switch to Spring elsewhere"],
    }
    assert labels_by_group(user, "switch to campaign") == {"Work in": ["Switch to Spring campaign"]}
    assert labels_by_group(user, "elsewhere") == {}


PLACES = [
    ("All models", "gallery, catalogue, models, explore"),
    ("Starred models", "favourites, starred, stars"),
    ("Collections", "collections, curated"),
    ("New models", "what changed, news"),
    ("Leaderboard", "leaderboard, ranking, records, what to use, real prices"),
    ("Marked models", "standings, marks, approved"),
    ("All results", "runs, history, wall, viewer"),
    ("Series", "series, tags, labels"),
    ("Shares", "shares, links, reviews"),
    ("Deleted results", "trash, recently deleted"),
    ("Boards", "boards, compare, judge"),
    ("Flows", "flows, workflows"),
    ("Prompts", "prompts, saved prompts"),
    ("Presets", "presets, preset, styles, house defaults"),
    ("Made here", "restore, recipe"),
    ("Uploaded files", "upload"),
    ("Account", "account, settings, password"),
    ("Inbox", "inbox, bell, told"),
    ("Runs in progress", "tray"),
    ("Notifications", "notifications, slack, webhooks"),
    ("API tokens", "api tokens, tokens"),
    ("Spending", "spending, spend, money, costs"),
    ("Budgets", "budgets, budget, limits"),
    ("Projects", "projects, workspace, workspaces"),
    ("Front page", "home, start"),
    ("New board", "new board, compare models"),
    ("Switch theme", "theme, dark, light"),
    ("Help", "help, keyboard shortcuts"),
    ("Log out", "log out, sign out"),
]


def test_each_word_of_the_house_and_each_old_name_leads_to_its_place(user, make_endpoint):
    every = {word: label for label, words in PLACES for word in words.split(", ")}
    make_endpoint("lab/mention", description=f"A model that mentions {', '.join(every)}.")
    firsts = {word: command_palette.find_places(user, word)[0].places[0].label for word in every}
    assert firsts == every


@pytest.mark.system
def test_every_listed_page_and_action_opens(member, user):
    for group in command_palette.find_places(user, ""):
        for place in group.places:
            assert member.get(place.address).status_code == 200, place


def test_a_strangers_runs_are_not_found(user, stranger, flux, make_run):
    make_run(endpoint=flux, user=user, title="a secret plan")
    assert "Your runs" not in labels_by_group(stranger, "secret")
    assert "Pages" not in labels_by_group(stranger, "admin")


@each_row("text", ["<b>", "\x00", "🦊" * 300, "%_\\'\""])
def test_any_text_is_answered_and_escaped(member, flux, text):
    response = member.get("/jump/", {"q": text})
    assert response.status_code == 200
    assert b"<b>" not in response.content


def test_settings_of_a_run_are_offered_to_the_most_similar_models(
    member, user, make_endpoint, make_run
):
    own = make_endpoint("lab/own", category="text-to-image", group_key="own")
    make_endpoint("lab/own/fast", category="image-to-image", group_key="own")
    make_endpoint("lab/other", category="text-to-image")
    make_endpoint("lab/blocked", category="text-to-image", mark="blocked")
    make_endpoint("lab/film", category="text-to-video")
    run = make_run(endpoint=own, user=user, state="succeeded", output={})
    offered = {
        g.title: [place.namesake for place in g.places]
        for g in command_palette.models_for_run(run, "")
    }
    assert offered == {"Family": ["lab/own/fast"], "Text to image": ["lab/other"]}
    address = f"/runs/{run.pk}/elsewhere/"
    page = member.get(address, {"q": "film"}).content.decode()
    assert f'href="/models/lab/film/?run={run.pk}"' in page
    assert "lab/other" not in page
    assert b'role="listbox"' in member.get(address, {"dialog": ""}).content


def test_gone_models_are_found_last_and_marked(member, user, make_endpoint, make_run):
    for n in range(9):
        make_endpoint(f"lab/bird-{n}", display_name=f"Bird {n}")
    gone = make_endpoint("lab/bird", display_name="Bird", gone_at=timezone.now())
    blocked = {"gone_at": timezone.now(), "mark": "blocked"}
    make_endpoint("lab/bird/old", display_name="Bird old", **blocked)
    models = command_palette.find_places(user, "bird")[0].places
    assert [(place.label, place.mark) for place in models[command_palette.MAX_MODELS :]] == [
        ("Bird", "Removed"),
        ("Bird old", "Removed, Blocked"),
    ]
    assert not any(place.mark for place in models[: command_palette.MAX_MODELS])
    assert b'<span class="badge">Removed</span>' in member.get("/jump/", {"q": "bird"}).content
    labels = [place.label for place in command_palette.find_places(user, "bird is:gone")[0].places]
    assert sorted(labels) == ["Bird", "Bird old"]  # each of them once
    make_run(endpoint=gone, user=user)
    assert command_palette.find_places(user, "")[0].places[0].mark == "Removed"


TRAY = "/inbox/panel/"


def ago(hours: float) -> Any:
    return timezone.now() - timedelta(hours=hours)


def test_runs_in_progress_are_watched_and_can_be_cancelled(
    member, make_run, django_assert_num_queries
):
    runs = [make_run(state=state, title=f"a {state} one") for state in ("created", "running")]
    for _ in range(5):
        make_run(state="queued")
    with django_assert_num_queries(7):
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
def test_ended_runs_are_shown_for_a_while(member, make_run, ended_h, since_h, is_shown):
    make_run(state="succeeded", ended_at=ago(ended_h), title="ended")
    since = "" if since_h is None else quote(ago(since_h).isoformat())
    assert (b">ended<" in member.get(f"{TRAY}?since={since}").content) is is_shown


def test_a_changed_run_swaps_its_tray_item(make_run):
    run = make_run(state="running", title="<b>bold</b>")
    fragments = renderers.changed_fragments(run, "tray")
    assert fragments.lstrip().startswith(f'<li id="tray-{run.pk}"')
    assert 'hx-swap-oob="true"' in fragments
    assert "<b>bold" not in fragments
    run.state = "succeeded"
    fragments = renderers.changed_fragments(run, "tray")
    assert "data-watch" not in fragments
    assert "Cancel" not in fragments
