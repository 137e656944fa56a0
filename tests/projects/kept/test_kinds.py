"""Behaviour that all kinds of stored objects share, tested for each; a new model is included."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.kept.models import GRACE, PURGE_EVERY_S, Kept, kinds, purge_step, rows_of
from projects.models import Project
from projects.models.project import private_project
from runs.ownership import handover, moving
from runs.promises.keeping import Keeps
from runs.promises.registry import registered
from tests.accounts.audit.audited import events
from tests.accounts.things import make_things
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db
# Presets have no page of their own: tests/playground/form/test_presets.py.
WITH_PAGE = [kind for kind in kinds() if kind.route]
kind_with_page = pytest.mark.parametrize("kind", WITH_PAGE, ids=lambda kind: kind.slug)


@pytest.fixture
def project() -> Project:
    return make_project("Acme", ana="maker", ben="maker", max="manager", vera="viewer")


@pytest.fixture
def make(make_endpoint: Any, project: Project) -> Any:
    endpoint = make_endpoint("lab/flux")

    def row_of(kind: type[Kept], **values: Any) -> Kept:
        make_things(person("ana"), endpoint, "", project, word="Fox", **values)
        row: Kept = rows_of(kind).get()
        return row

    return row_of


def address(row: Kept, part: str) -> str:
    if part == "undo":
        return reverse("undo", args=[row.slug, row.pk])
    app = row.route.partition(":")[0]
    return reverse(f"{app}:{row.slug}-{part}", args=[row.pk])


def client_of(name: str) -> Client:
    return logged_in(person(name))


def search_by_jump(client: Client) -> str:
    return client.get("/jump/", {"q": "fox"}).content.decode()


@kind_with_page
def test_it_is_found_deleted_and_brought_back(kind, make):
    row = make(kind)
    ana = client_of("ana")
    assert str(row.pk) in search_by_jump(ana)
    answer = ana.post(address(row, "deletion"))
    listed = ana.get(answer.headers["Location"]).content.decode()
    assert address(row, "undo") in listed
    assert not rows_of(kind).kept().exists()
    assert str(row.pk) not in search_by_jump(ana)
    back = ana.post(address(row, "undo"))
    assert back.headers["Location"] == row.get_absolute_url()
    assert str(row.pk) in search_by_jump(ana)
    entries = events().filter(event__in=("deleted", "restored")).values_list("event", "object_repr")
    assert list(entries) == [("deleted", str(row)), ("restored", str(row))]


@kind_with_page
def test_the_audit_log_says_no_name_of_what_is_private(kind, make):
    row = make(kind, is_hidden=True)
    client_of("ana").post(address(row, "deletion"))
    names = events().filter(event="deleted").values_list("object_repr", flat=True)
    assert list(names) == [f"private {kind._meta.verbose_name} {row.pk}"]


@kind_with_page
@pytest.mark.parametrize("typed", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_what_is_not_there_is_not_brought_back(kind, make, typed):
    make(kind)
    assert client_of("ana").post(f"/undo/{kind.slug}/{typed}/").status_code == 404


@pytest.mark.parametrize("typed", ["nonsense/1", "/\x00"])
def test_only_a_kind_and_a_key_offer_an_undo(typed):
    page = client_of("ana").get("/projects/", {"undo": typed})
    assert "/undo/" not in page.content.decode()
    assert client_of("ana").post("/undo/nonsense/1/").status_code == 404


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.slug)
def test_it_is_purged_once_it_cannot_be_brought_back(kind, make):
    row = make(kind)
    for age, is_there in ((GRACE - timedelta(hours=1), True), (GRACE + timedelta(hours=1), False)):
        rows_of(kind).filter(pk=row.pk).update(deleted_at=timezone.now() - age)
        assert rows_of(kind).restorable(row.user).exists() == is_there
        while purge_step() < PURGE_EVERY_S:
            pass
        assert rows_of(kind).filter(pk=row.pk).exists() == (is_there or not kind.is_purged)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.slug)
def test_it_moves_and_is_handed_over(kind, make):
    row = make(kind)
    assert str(kind._meta.verbose_name_plural) in {
        part.label for part in handover.belongings(row.user) if part.number
    }
    assert moving.kinds().get(kind.slug) == kind
    chosen = moving.choose(row.user, {kind.slug: [str(row.pk)]})
    moving.move(row.user, chosen, private_project(row.user))
    row.refresh_from_db()
    assert row.project == private_project(row.user)


def test_no_two_kinds_have_one_name():
    slugs = [kind.slug for kind in kinds()]
    others = [name for owner in registered(Keeps) for name in owner.movable()]
    assert len({*slugs, *others}) == len([*slugs, *others])


@kind_with_page
def test_a_project_holds_a_number_of_each_at_most(kind, make, monkeypatch, project):
    make(kind)
    monkeypatch.setattr(kind, "most_in_project", 1)
    with pytest.raises(ValueError, match=r"would have 2 .*, but only 1 fit"):
        rows_of(kind).require_room(project)
