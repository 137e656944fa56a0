"""Runs in a shared project: which members see and list them, and what they do with others' runs."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.utils import timezone

from accounts.sessions.cache import SessionUser
from projects.models import Membership, Project
from runs.live import renewal
from runs.live.wire import WatchedRun
from runs.models import Artifact, Run
from runs.ownership import deletion
from runs.progress import watch_tokens
from tests.playground.projects.people import signed_in
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
MEMBERS = ("ana", "ben", "cleo", "dan")


@pytest.fixture
def acme(user: User, stranger: User) -> Project:
    return make_project("Acme", ana="manager", ben="maker", cleo="viewer", dan="maker")


@pytest.fixture
def bens(acme: Project, make_run: Any) -> Run:
    """A successful run of Ben's."""
    run: Run = make_run(
        user=person("ben"), project=acme, title="quokka", state="succeeded", output={}
    )
    return run


def test_each_member_is_offered_what_their_role_may_do(bens):
    address = bens.get_absolute_url()
    for name in ("ana", "dan", "cleo", "ben"):
        page = signed_in(name).get(address).content.decode()
        assert '<a href="/projects/acme/">Acme</a>' in page
        assert ("by ben" in page) == (name != "ben")
        assert ("Run again" in page) == (name != "cleo")
        assert (f'id="delete-{bens.pk}"' in page) == (name in {"ana", "ben"})
        assert ("Seen by" in page) == (name == "ben")


def test_a_hidden_run_is_its_users_alone(bens):
    path = f"/runs/{bens.pk}/visibility/"
    ben = signed_in("ben")
    toggle = ben.post(path, {"hidden": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-pressed="true"' in toggle
    assert [signed_in(n).get(bens.get_absolute_url()).status_code for n in ("ana", "ben")] == [
        404,
        200,
    ]
    assert "quokka" not in signed_in("ana").get("/runs/?project=acme").content.decode()
    ben.post(path, {"hidden": "0"})
    assert signed_in("ana").get(bens.get_absolute_url()).status_code == 200


def test_managers_delete_runs_and_bring_them_back(bens):
    assert [
        signed_in(name).post("/runs/deletion/", {"run": str(bens.pk)}).status_code
        for name in ("dan", "cleo")
    ] == [403, 403]
    signed_in("stranger").post("/runs/deletion/", {"run": str(bens.pk)})
    assert Run.objects.kept().count() == 1
    signed_in("ana").post("/runs/deletion/", {"run": str(bens.pk)})
    assert not Run.objects.kept().exists()
    assert "quokka" in signed_in("ana").get("/runs/?state=deleted&project=acme").content.decode()
    assert (
        "quokka" not in signed_in("dan").get("/runs/?state=deleted&project=acme").content.decode()
    )
    signed_in("dan").post("/runs/recovery/", {"run": str(bens.pk)})
    assert not Run.objects.kept().exists()
    signed_in("ben").post("/runs/recovery/", {"run": str(bens.pk)})
    assert Run.objects.kept().exists()


def test_a_manager_deletes_no_run_of_another_project(bens, make_run):
    other = make_project("Other", ben="manager", ana="maker")
    theirs = make_run(user=person("ben"), project=other, state="succeeded")
    both = {"run": [str(bens.pk), str(theirs.pk)]}
    ana = signed_in("ana")
    page = ana.post("/runs/deletion/", both, follow=True).content.decode()
    assert "Not deleted: 1 selected run." in page
    assert list(Run.objects.kept()) == [theirs]
    assert ana.post("/runs/deletion/", {"run": str(theirs.pk)}).status_code == 403


def test_lists_show_the_project_and_narrow_it_to_a_member(bens, make_run):
    make_run(user=person("ana"), project=bens.project, title="wombat", state="succeeded")
    make_run(user=person("ana"), title="kiwi", state="succeeded")
    ana = signed_in("ana")

    def find_titles(query: str) -> set[str]:
        page = ana.get(f"/runs/?{query}").content.decode()
        return {title for title in ("quokka", "wombat", "kiwi") if title in page}

    assert find_titles("project=acme") == {"quokka", "wombat"}
    assert find_titles("project=acme&whose=ben") == {"quokka"}
    assert find_titles("project=acme&scope=all") == {"wombat", "kiwi"}
    assert find_titles("project=private") == {"kiwi"}
    suggested = ana.get("/runs/suggestions/?project=acme&q=by:").context["suggestions"]
    assert "by:ben" in {suggestion.word for suggestion in suggested}
    # the address of a tab that earlier versions had
    of_model = f"{bens.endpoint.get_absolute_url()}?tab=runs&project=acme"
    assert "quokka" in ana.get(of_model, follow=True).content.decode()
    latest = ana.get("/runs/latest/?project=acme").content.decode()
    assert ("quokka" in latest, "kiwi" in latest) == (True, False)


def test_a_rerun_stays_in_the_project_or_goes_where_its_user_works(bens):
    Run.objects.update(is_hidden=False)
    signed_in("dan").post(f"/runs/{bens.pk}/repetition/")
    again = Run.objects.get(user=person("dan"))
    assert (again.project, again.is_hidden) == (bens.project, False)
    refused = signed_in("cleo").post(f"/runs/{bens.pk}/repetition/?project=acme")
    assert (refused.status_code, b"data-refused" in refused.content) == (403, True)
    signed_in("cleo").post(f"/runs/{bens.pk}/repetition/?project=private")
    assert Run.objects.get(user=person("cleo")).project.is_private
    assert Run.objects.count() == 3


def test_tries_and_stage_are_ones_own_in_the_project(acme, make_run):
    theirs = make_run(user=person("ben"), project=acme, title="quokka", state="running")
    elsewhere = make_run(user=person("ana"), endpoint=theirs.endpoint)
    mine = make_run(user=person("ana"), project=acme, endpoint=theirs.endpoint)
    page = signed_in("ana").get(f"{theirs.endpoint.get_absolute_url()}?project=acme")
    text = page.content.decode()
    assert f'id="try-{mine.pk}"' in text
    assert f'id="run-{mine.pk}"' in text
    assert str(theirs.pk) not in text
    assert str(elsewhere.pk) not in text


def test_deleted_results_are_readable_by_who_may_restore_them(bens):
    Artifact.objects.create(run=bens, position=0, path="x", kind="image", url="https://a.test/a")
    Run.objects.update(deleted_at=timezone.now())
    readers = [
        name
        for name in ("ana", "ben", "dan", "cleo", "sam")
        if deletion.readable_artifacts(bens.pk, person(name)).exists()
    ]
    assert readers == ["ana", "ben"]


def test_tokens_name_the_member_and_end_with_the_membership(bens):
    views = {name: watch_tokens.view_for(person(name), bens, "stage") for name in MEMBERS}
    keys = {name: person(name).pk for name in MEMBERS}
    assert views == {
        "ana": f"stage-only.see.cancel.star.delete.{keys['ana']}",
        "ben": "stage",
        "cleo": f"stage-only.look.{keys['cleo']}",
        "dan": f"stage-only.see.star.{keys['dan']}",
    }
    text = watch_tokens.run_token(bens, views["dan"])
    token = watch_tokens.verify(bens.pk, views["dan"], text)
    assert token is not None
    reader = SessionUser(keys["dan"], may_see_runs=False)
    assert watch_tokens.allows(token, reader)
    assert not watch_tokens.allows(token, SessionUser(keys["cleo"], may_see_runs=False))
    watched = [(WatchedRun(bens.pk, 0, views["dan"]), token)]
    assert not async_to_sync(renewal.withdrawn)(reader, watched)
    Membership.objects.filter(user=person("dan"), project=bens.project).delete()
    assert async_to_sync(renewal.withdrawn)(reader, watched) == {watched[0][0]}


def test_no_query_asks_what_one_may_do_with_ones_own_runs(bens, django_assert_num_queries):
    ben, ana = person("ben"), person("ana")
    with django_assert_num_queries(0):
        watch_tokens.view_for(ben, bens, "row")
    viewer = watch_tokens.Viewer(ana)
    with django_assert_num_queries(1):
        assert len({viewer.view_of(bens, "row") for _ in range(5)}) == 1
