"""The pages that make a share, set its options, list a user's shares, and end one."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from features.library.models import Series, SeriesItem
from features.library.selection import ResultKey
from features.notifications.models import Channel
from features.sharing.models import Share
from features.sharing.own.audiences import FOR_WHOM
from house.operations import doctor
from house.operations.findings import findings
from projects.models import Membership
from projects.models.project import private_project
from runs.models import View, WantedCopy
from tests.accounts.audit.audited import events
from tests.conftest import grant
from tests.features.sharing.conftest import PROMPT
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db
SHARES = "/shares/"
LINK = {"for_whom": "link"}
OPTIONS = {"title": "Posters", "audience": "link", "expires": "", "allows_download": "on"}


def share_of(response: Any) -> Share:
    """Return the share to which a post has redirected."""
    assert response.status_code == 302, response.content
    match = re.fullmatch(r"/shares/([0-9a-f-]{36})/", response.url)
    assert match
    return Share.objects.get(pk=match[1])


def numbers_and_keys(share: Share) -> list[tuple[int, ResultKey]]:
    rows = share.items.filter(is_gone=False).values_list("number", "run_id", "position")
    return [(number, ResultKey(run, position)) for number, run, position in rows if run]


def test_selected_results_are_shared_in_their_order(member, make_picture):
    first, second = make_picture(2), make_picture()
    chosen = [f"{second.pk}/0", f"{first.pk}/1"]
    share = share_of(member.post(SHARES, LINK | {"artifact": chosen}))
    keys = [ResultKey(second.pk, 0), ResultKey(first.pk, 1)]
    assert numbers_and_keys(share) == list(enumerate(keys, start=1))
    assert share.title == "2 pictures"
    assert Client().get(f"/s/{share.token}/").status_code == 200
    assert ("shared", "results") in [(entry.event, entry.detail) for entry in events()]


def test_a_title_is_asked_for_once_and_the_only_prompt_is_suggested(member, make_picture):
    keys = [f"{make_picture().pk}/0"]
    asked = member.post("/shares/", {"artifact": keys}).content.decode()
    field = re.search(r'<input[^>]*name="title"[^>]*>', asked)
    assert field
    assert re.findall(r' value="([^"]*)"', field[0]) == [PROMPT]
    fields = {"artifact": keys, "for_whom": "client", "title": " Posters, first round "}
    share = share_of(member.post("/shares/", fields))
    assert share.title == "Posters, first round"
    page = Client().get(share.get_absolute_url()).content.decode()
    assert '<h1 dir="auto">Posters, first round</h1>' in page
    assert PROMPT not in page
    other = share_of(member.post("/shares/", fields | {"title": "Second round"}))
    assert other.pk != share.pk


def test_an_address_under_another_secret_key_is_renewed(user, make_picture, settings):
    share = share_of(logged_in(user).post(SHARES, LINK | {"run": str(make_picture().pk)}))
    former, page = share.token, f"/shares/{share.pk}/"
    Channel.objects.create(user=user, method="slack", address="https://hooks.example/x")
    first, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 9
    member = logged_in(user)
    assert b"Renew address" in member.get(SHARES).content
    assert b"Renew address" in member.get(page).content
    assert Client().get(f"/s/{former}/").status_code == 200
    sentences = [finding.msg for finding in findings([doctor._secrets])]
    assert [sentence.split(":")[0][-8:] for sentence in sentences] == ["e shares", "ications"]
    member.post(page, OPTIONS | {"title": "Renamed"})
    settings.SECRET_KEY_FALLBACKS = [first]
    share.refresh_from_db()
    assert (share.title, share.token) == ("Renamed", former), "a save loses nothing"
    settings.SECRET_KEY_FALLBACKS = []
    renewed: Any = member.post(f"{page}address/")
    assert renewed.url == page
    share.refresh_from_db()
    assert f"/s/{share.token}/" in member.get(page).content.decode()
    statuses = [Client().get(f"/s/{token}/").status_code for token in (former, share.token)]
    assert statuses == [404, 200]
    Share.objects.update(token="")
    assert member.post(f"{page}revocation/").status_code == 302


def test_share_asks_for_whom_before_a_link_exists(member, make_picture):
    chosen = {"artifact": [f"{make_picture(2).pk}/1"]}
    for headers in ({}, {"hx-request": "true"}):
        question = member.post(SHARES, chosen, headers=headers).content.decode()
        assert "For whom?" in question
        assert "data-share " not in question
        assert f'name="artifact" value="{chosen["artifact"][0]}"' in " ".join(question.split())
    assert not Share.objects.exists()
    share = share_of(member.post(SHARES, chosen | {"for_whom": "client", "note": " Which one? "}))
    assert share.opens_review
    assert share.note == "Which one?"
    assert share_of(member.post(SHARES, chosen | {"for_whom": "link"})) != share


def test_the_same_shared_again_is_the_same_share(member, make_picture):
    run, other = make_picture(2), make_picture()
    first = share_of(member.post(SHARES, LINK | {"run": str(run.pk)}))
    assert share_of(member.post(SHARES, LINK | {"run": str(run.pk)})) == first
    assert share_of(member.post(SHARES, LINK | {"run": str(other.pk)})) != first
    member.post(f"/shares/{first.pk}/revocation/")
    assert share_of(member.post(SHARES, LINK | {"run": str(run.pk)})) != first


def test_all_that_a_list_found_is_shared(member, make_picture):
    bridge, _ = make_picture(title="bridge", arguments={"prompt": "a bridge"}), make_picture()
    share = share_of(member.post(SHARES, LINK | {"all": "1", "filters": "q=bridge"}))
    assert [key for _, key in numbers_and_keys(share)] == [ResultKey(bridge.pk, 0)]


def test_what_cannot_be_shared_is_said(member):
    response = member.post(SHARES, LINK | {"artifact": "nonsense"})
    assert response.status_code == 422
    assert b"data-refused" in response.content
    assert not Share.objects.exists()


def test_others_work_cannot_be_shared_nor_an_example(member, stranger, make_picture):
    theirs = make_picture(user=stranger)
    example = make_picture(user=stranger, is_example=True)
    for run in (theirs, example):
        assert member.post(SHARES, LINK | {"run": str(run.pk)}).status_code == 422
    own = make_picture()
    response = member.post(SHARES, LINK | {"run": [str(own.pk), str(theirs.pk)]}, follow=True)
    assert b"1 selected result left out" in response.content
    assert [key.run for _, key in numbers_and_keys(Share.objects.get())] == [own.pk]


def test_a_viewer_shares_nothing_and_a_maker_does(client, user, stranger, make_picture):
    project = make_project("Acme", **{user.username: "viewer", stranger.username: "manager"})
    run = make_picture(user=stranger, project=project)
    client.force_login(user)
    assert client.post(SHARES, LINK | {"run": str(run.pk)}).status_code == 422
    Membership.objects.filter(project=project, user=user).update(role=Membership.Role.MAKER)
    assert share_of(client.post(SHARES, LINK | {"run": str(run.pk)})).project == project


def test_results_of_several_projects_are_shared_privately(member, user, make_picture):
    project = make_project("Acme", **{user.username: "maker"})
    runs = [make_picture(project=project), make_picture()]
    share = share_of(member.post(SHARES, LINK | {"run": [str(run.pk) for run in runs]}))
    assert share.project == private_project(user)


@pytest.fixture
def series(user: User, make_picture: Any) -> Series:
    """A series of two pictures."""
    made = Series.objects.create(user=user, name="Second round")
    for place in range(2):
        SeriesItem.objects.create(series=made, run=make_picture(), position=0, place=place)
    return made


def test_a_series_is_kept_as_it_was_or_followed(member, series, make_picture):
    share = share_of(member.post(SHARES, LINK | {"kind": "series", "source": str(series.pk)}))
    assert share.title == "Second round"
    before = numbers_and_keys(share)
    later = make_picture()
    SeriesItem.objects.create(series=series, run=later, position=0, place=0)
    Client().get(share.get_absolute_url())
    assert numbers_and_keys(share) == before
    member.post(f"/shares/{share.pk}/", {**OPTIONS, "follows": "on"})
    Client().get(share.get_absolute_url())
    assert sorted(numbers_and_keys(share)) == [*before, (3, ResultKey(later.pk, 0))]
    SeriesItem.objects.filter(run=later).delete()
    member.post(f"/shares/{share.pk}/", OPTIONS)  # the share keeps the series as it is now
    SeriesItem.objects.all().delete()
    Client().get(share.get_absolute_url())
    assert numbers_and_keys(share) == before


def test_a_view_shares_what_it_finds(member, user, make_picture):
    bridge, _ = make_picture(title="bridge", arguments={"prompt": "a bridge"}), make_picture()
    view = View.objects.create(user=user, name="Bridges", line="bridge")
    share = share_of(member.post(SHARES, LINK | {"kind": "view", "source": str(view.pk)}))
    assert numbers_and_keys(share) == [(1, ResultKey(bridge.pk, 0))]
    member.post(f"/shares/{share.pk}/", {**OPTIONS, "follows": "on"})
    later = make_picture(title="bridge", arguments={"prompt": "another bridge"})
    Client().get(share.get_absolute_url())
    keys = [(2, ResultKey(later.pk, 0)), (1, ResultKey(bridge.pk, 0))]
    assert numbers_and_keys(share) == keys


def test_a_stranger_shares_no_series(client, stranger, series):
    client.force_login(stranger)
    response = client.post(SHARES, LINK | {"kind": "series", "source": str(series.pk)})
    assert response.status_code == 422
    assert b"Second round" not in response.content


def test_options_are_saved_and_audited(member, share, user):
    project = make_project("Acme", **{user.username: "maker"})
    posted = OPTIONS | {
        "title": "  New\nposters ", "note": "Which one?", "audience": "project",
        "for_project": str(project.pk), "expires": "week", "password": "open sesame",
    }  # fmt: skip
    assert member.post(f"/shares/{share.pk}/", posted).status_code == 302
    token = share.token
    share.refresh_from_db()
    assert (share.title, share.note, share.for_project) == ("New posters", "Which one?", project)
    assert share.expires_at
    assert share.expires_at > timezone.now() + timedelta(days=6)
    assert share.password
    assert "sesame" not in share.password
    assert not share.shows_models
    assert not share.shows_settings
    assert share.token == token
    (entry,) = events()
    assert entry.event == "changed"
    assert "password" in entry.detail
    assert "sesame" not in entry.detail
    password = share.password
    member.post(f"/shares/{share.pk}/", posted | {"password": "", "expires": "date"})
    share.refresh_from_db()
    assert share.password == password  # an empty field keeps the password


@pytest.mark.parametrize("answer", FOR_WHOM)
def test_one_answer_sets_all_that_it_means(member, share, answer):
    Share.objects.update(takes_ratings=True, shows_prices=True, expires_at=timezone.now())
    page = member.post(f"/shares/{share.pk}/", {"for_whom": answer.name}, follow=True)
    (pressed,) = re.findall(r'value="(\w+)"\s+aria-pressed="true"', page.content.decode())
    assert pressed == answer.name
    share.refresh_from_db()
    assert {name: getattr(share, name) for name in answer.options} == answer.options
    days = share.expires_at and (share.expires_at - timezone.now()).days + 1
    assert days == answer.days
    (entry,) = events()
    assert entry.event == "changed"


def test_a_share_for_a_client_opens_the_review_and_tells_no_model(member, make_picture):
    run = make_picture()
    share = share_of(member.post(SHARES, {"run": str(run.pk), "for_whom": "client"}))
    page = Client().get(share.get_absolute_url())
    assert page.status_code == 200
    text = page.content.decode()
    assert str(run.endpoint) not in text
    share.refresh_from_db()
    assert share.views == 1
    assert WantedCopy.objects.exists()  # the copies are ordered before the first visit
    # Another share of the same result is a new one: the client's stays as it is.
    assert share_of(member.post(SHARES, LINK | {"run": str(run.pk)})) != share


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"audience": "project"}, "Choose the project"),
        ({"expires": "date", "expires_on": "2001-01-01"}, "in the future"),
        ({"password": "short"}, "at least 6"),
    ],
)
def test_wrong_options_are_said_and_change_nothing(member, share, wrong, said):
    response = member.post(f"/shares/{share.pk}/", OPTIONS | {"title": "Else"} | wrong)
    assert response.status_code == 422
    assert said in response.content.decode()
    share.refresh_from_db()
    assert share.title == "Posters"


def test_a_share_ends_by_a_click_and_the_end_can_be_undone(member, share):
    response = member.post(f"/shares/{share.pk}/revocation/", follow=True)
    assert b"Undo" in response.content
    assert Client().get(share.get_absolute_url()).status_code == 410
    member.post(f"/undo/share/{share.pk}/")
    assert Client().get(share.get_absolute_url()).status_code == 200
    assert member.delete(f"/shares/{share.pk}/revocation/").status_code == 204
    assert Client().get(share.get_absolute_url()).status_code == 410
    assert [entry.event for entry in events()] == ["ended", "restored", "ended"]


def test_an_admin_sees_everybodys_shares_and_ends_them(client, stranger, share):
    client.force_login(stranger)
    assert b"Posters" not in client.get(f"{SHARES}?of=all").content
    grant(stranger, "sharing.see_all_shares")
    page = client.get(f"{SHARES}?of=all").content.decode()
    assert "Posters" in page
    assert share.user.username in page
    assert share.token not in page
    assert client.post(f"/shares/{share.pk}/revocation/").status_code == 302
    share.refresh_from_db()
    assert share.revoked_at


def test_the_list_costs_the_same_for_one_share_and_for_many(
    member, make_share, make_picture, django_assert_max_num_queries
):
    run = make_picture()
    for number in range(12):
        make_share(run, title=f"Share {number}")
    Share.objects.filter(title="Share 3").update(revoked_at=timezone.now())
    with django_assert_max_num_queries(12):
        page = member.get(SHARES).content.decode()
    assert page.count("share-row") >= 12
